"""Values that are not written as in the microdata: scaled, in another base or alphabet, drawn, backwards.

All are planted at once, some in git and some not, and the tree is looked through once; beside them lies noise
of the same kinds.
"""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from planted import planted

from analysis.privacy.check import check
from analysis.privacy.codes import Codes, sequences
from analysis.privacy.order import LENGTH, Orders, streams
from analysis.privacy.unfold import decode

ITEMS = [f"Q{k}" for k in range(30)]
SCORES = [f"S{k}" for k in range(5)]
RNG = np.random.default_rng(20261128)


def pupils(n: int, first: int) -> pd.DataFrame:
    ability = RNG.normal(0, 1, n)
    return pd.DataFrame(
        {
            "nr": first + RNG.permutation(90_000 * 100)[:n],
            **{name: (500 + 80 * ability + RNG.normal(0, 45, n)).round(3) for name in SCORES},
            "deel": RNG.beta(4, 3, n).round(4),
            **{name: np.clip(np.round(3 + 0.5 * ability + RNG.normal(0, 1.1, n)), 1, 5) for name in ITEMS},
        }
    )


FEW, MANY = pupils(60, 10_000_000), pupils(1200, 300_000_000)
SOME = MANY.sample(40, random_state=1)  # in no order
NEXT = MANY.iloc[500:560]  # neighbours in the file
ANSWERS, FEW_ANSWERS = SOME[ITEMS].astype(int), FEW[ITEMS].astype(int)
CSV = SOME[SCORES].set_axis(list("abcde"), axis=1).to_csv(index=False)
WORDS = {1: "helemaal oneens", 2: "oneens", 3: "geen mening", 4: "eens", 5: "helemaal eens"}
PACKED = gzip.compress(CSV.encode(), mtime=0)
FACES = dict(enumerate("😡🙁😐🙂😀", start=1))
LETTERS = dict(enumerate("ABCDE", start=1))


def table(frame: pd.DataFrame, **options) -> str:
    return frame.set_axis([f"k{j}" for j in range(frame.shape[1])], axis=1).to_csv(index=False, **options)


def strings(frame: pd.DataFrame, signs: dict) -> str:
    return "\n".join("".join(signs[int(cell)] for cell in row) for row in frame.to_numpy())


def lines(values, form: str) -> str:
    return "\n".join(format(value, form) for value in values)


def drawing(inside: str) -> str:
    return f'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><g>{inside}</g></svg>'


def height(values: pd.Series) -> pd.Series:
    return 300 - 250 * (values - values.min()) / (values.max() - values.min())


PATH = "M " + " L ".join(f"{k} {v:.3f}" for k, v in enumerate(NEXT["S0"]))
DOTS = "".join(
    f'<use x="{x:.3f}" y="{y:.3f}"/>' for x, y in zip(height(NEXT["S0"]), height(NEXT["S1"]), strict=True)
)
PLANTS = {
    "identifiers in hexadecimal": ("n/h1.txt", lines(SOME["nr"], "x")),
    "identifiers in hexadecimal, capitals": ("n/h2.csv", lines(SOME["nr"], "#010X")),
    "identifiers of the small file": ("n/h3.json", str([format(one, "x") for one in FEW["nr"][:30]])),
    "identifiers from behind": ("n/h4.txt", "\n".join(str(one)[::-1] for one in SOME["nr"])),
    "without the point": ("n/s1.csv", table((SOME[SCORES] * 1000).round().astype(int))),
    "as hundredths": ("n/s2.csv", table((SOME[SCORES] / 100).round(5))),
    "percent for fraction": ("n/s3.csv", table((SOME[[*SCORES[:2], "deel"]] * 100).round(2))),
    "standard scores": ("n/s4.csv", table(((NEXT[SCORES] - 500) / 100).round(5))),
    "standard scores of the small file": ("_report/s5.csv", table(((FEW[SCORES] - 500) / 90).round(5))),
    "logarithms": ("n/s6.txt", lines(np.log(NEXT["S2"]), ".7f")),
    "counted from above": ("n/s7.csv", table(1000 - NEXT[SCORES])),
    "ranks": ("n/s8.txt", lines(MANY["S1"].rank().astype(int), "d")),
    "decimal commas": ("n/s9.csv", table((NEXT[SCORES] - 500) / 100, sep=";", decimal=",")),
    "fixed width without gaps": (
        "n/f1.dat",
        "\n".join("".join(f"{cell * 10:04.0f}" for cell in row) for row in NEXT[SCORES].to_numpy()),
    ),
    "values in a path": ("_report/v1.svg", drawing(f'<path d="{PATH}"/>')),
    "dots of a drawing": ("reports/v2.svg", drawing(DOTS)),
    "bars of a page": (
        "_report/v3.html",
        "<html><body>" + "".join(f"<i style='height:{v:.3f}px'></i>" for v in height(NEXT["S3"])) + "</body>",
    ),
    "file from behind": ("n/r1.txt", CSV[::-1]),
    "lines from behind": ("n/r2.txt", "\n".join(line[::-1] for line in CSV.splitlines())),
    "base85": ("n/e1.txt", base64.b85encode(CSV.encode())),
    "Ascii85 in lines": ("n/e2.txt", base64.a85encode(CSV.encode(), adobe=True, wrapcol=76)),
    "base85 of gzip in code": (
        "tools/e3.py",
        f"D = {base64.b85encode(PACKED)}",
    ),
    "EBCDIC": ("n/e4.txt", CSV.encode("cp500")),
    "letters": ("n/l1.csv", table(ANSWERS.replace(LETTERS))),
    "letters that nothing parts": ("n/l2.txt", strings(FEW_ANSWERS, LETTERS)),
    "words": ("_report/l3.html", f"<html><body>{ANSWERS.replace(WORDS).to_html()}</body></html>"),
    "words in a table": ("n/l4.csv", table(ANSWERS.replace(WORDS), sep=";")),
    "faces": ("n/l5.txt", strings(ANSWERS, FACES)),
    "letters, backwards": ("n/l6.csv", table(ANSWERS.iloc[:, ::-1].replace(LETTERS))),
    "counted down": ("n/l7.csv", table(6 - ANSWERS)),
    "percents": ("n/l8.csv", table(ANSWERS * 25 - 25)),
    "words of one question": ("n/l9.txt", "\n".join(MANY["Q7"].map(WORDS))),
}
REFUSED = {"base85", "Ascii85 in lines", "base85 of gzip in code", "EBCDIC"}
NOISE = np.random.default_rng(6)
CURVE = "M " + " L ".join(f"{k} {300 + 200 * np.sin(k / 9):.3f}" for k in range(900))
DECOYS = {
    "scores": pd.DataFrame(NOISE.normal(500, 90, (400, 5))).round(3).to_csv(index=False),
    "standard": pd.DataFrame(NOISE.normal(0, 1, (900, 3))).round(5).to_csv(index=False),
    "answers": pd.DataFrame(NOISE.integers(1, 6, (400, 30))).to_csv(index=False),
    "letters": "\n".join("".join(NOISE.choice(list("ABCDE"), 60)) for _ in range(600)),
    "words": "\n".join(NOISE.choice(list(WORDS.values()), 900)),
    "checksums": "\n".join(NOISE.bytes(32).hex() for _ in range(600)),
    "short": "\n".join(NOISE.bytes(4).hex() for _ in range(900)),
    "curve": drawing(f'<path d="{CURVE}"/>'),
    "saw": drawing("".join(f'<path d="M {k} {NOISE.random():.4f} L {k} 0"/>' for k in range(600))),
    "rule": "\n".join("-" * 70 + "+" + "=" * 70 for _ in range(90)),
    "digits": "\n".join("".join(map(str, NOISE.integers(0, 10, 40))) for _ in range(600)),
    "accents": "één geïnteresseerde leerling, naïef en reëel",
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory) -> list[str]:
    root = tmp_path_factory.mktemp("disguised")
    files = dict(PLANTS.values()) | {f"besides/{name}.txt": text for name, text in DECOYS.items()}
    workspace = planted(root, files, tracked=("n/h1.txt", "n/l1.csv", "reports"))
    FEW.to_csv(workspace.data / "klein.csv", sep=";", index=False)
    pyreadstat.write_sav(MANY, workspace.data / "groot.sav")
    return [str(one) for one in check(workspace)[0]]


@pytest.mark.parametrize("plant", PLANTS)
def test_a_disguise_is_seen_through(findings, plant):
    said = " ".join(one for one in findings if one.startswith(PLANTS[plant][0]))
    words = ("not looked at", "not opened") if plant in REFUSED else ("klein.csv", "groot.sav")
    assert any(word in said for word in words), said


def test_noise_of_the_same_kinds_is_no_finding(findings):
    assert [one for one in findings if one.startswith("besides/")] == []


def test_an_order_is_known_whatever_was_done_to_the_values():
    values = np.random.default_rng(2).normal(0, 1, 200)
    orders = Orders.of([values])
    for made in (values, -values, np.exp(values), values[::-1], values.round(4), 7 - 3 * values):
        assert orders.found([made[50 : 50 + LENGTH + 2]]) == 3
    assert orders.found([np.sort(values), np.sin(np.arange(400) / 5), np.tile([0.0, 1.0], 300)]) == 0
    assert orders.found([np.random.default_rng(3).normal(0, 1, 200_000)]) == 0


def test_columns_stand_at_a_fixed_distance_or_in_slices():
    text = "\n".join(f"{k}.5 x {k * 7 % 11}.25" for k in range(40))
    assert any(np.array_equal(one, [k * 7 % 11 + 0.25 for k in range(40)]) for one in streams(text))
    sliced = "\n".join(f"{k:06d}{k * 37 % 1000:03d}{k:05d}" for k in range(40))
    assert any(np.array_equal(one, [k * 37 % 1000 for k in range(40)]) for one in streams(sliced))


def test_answers_are_alike_whatever_they_are_called():
    answers = np.random.default_rng(4).integers(1, 5, (300, 40)).astype(float)
    codes = Codes.of(list(answers.T))
    said = ["".join("wxyz"[int(cell) - 1] for cell in row) for row in answers[7:9]]
    found = codes.owners(sequences(said, [], min(codes.runs)))
    assert found == {7, 8}
    said = [" ".join(str(int(cell)) for cell in row[::-1]) for row in answers[11:12]]
    assert codes.owners(sequences(said, [], min(codes.runs))) == {11}


def test_a_text_of_high_codes_only_is_no_western_one():
    assert decode("één reëel idee".encode("cp1252")) == "één reëel idee"
    assert decode(b"1,5;2,5\n".decode().encode("cp500")) is None
