"""A figure is drawn again only if what it is drawn from, or the code that draws it, is another."""

import dataclasses
import os
import sys
import threading
from enum import Enum

import numpy as np
import pandas as pd
import pytest

from analysis.build.closure import Memory
from analysis.build.fingerprint import Fingerprints
from analysis.chapters import of_notebook
from analysis.datakind import DataKind
from analysis.exhibits import write_exhibit
from analysis.figures import narrow
from analysis.figures.absent import absent
from analysis.figures.kept import found_by, kept
from analysis.figures.power import power_curve
from analysis.release.content import content
from analysis.release.draw import Drawer
from analysis.results import Released, Result, Series
from analysis.workspace import Workspace

POWER = {
    "id": "fig-x-vermogen",
    "outcome_label": "kennis",
    "unit": "punten",
    "kind": "real",
    "source": "bron",
    "caption": "Kans om een effect te zien.",
}
TABLE = pd.DataFrame(
    {
        "estimator": ["main"] * 3,
        "label": ["Hoofdschatting"] * 3,
        "effect": [0.0, 1.0, 2.0],
        "power": [0.05, 0.5, 0.9],
    }
)


class Colour(Enum):
    RED = 1


@dataclasses.dataclass(frozen=True)
class Pair:
    left: float
    right: object = None


@pytest.fixture
def drawer(tmp_path):
    return Drawer(Workspace.current(), tmp_path / "drawn", Fingerprints(), Memory())


def test_what_differs_has_another_content():
    frame = pd.DataFrame({"a": [1, 2]})
    values = [
        1, 1.0, "1", True, None, "None", [1], (1,), {"a": 1}, {"a": 2}, np.float64(1), np.array([1.0]),
        np.array([[1.0]]), frame, frame.astype(float), frame.rename(columns={"a": "b"}), frame["a"],
        frame.set_index("a", drop=False), Colour.RED, Pair(1.0), Pair(1.0, 2), Pair(float("nan")), {1},
        {1, 2}, pd.DataFrame({"a": [1, None]}), pd.DataFrame({"a": [0.1 + 0.2]}), pd.DataFrame({"a": [0.3]}),
    ]  # fmt: skip
    said = [str(content(value)) for value in values]
    assert len(set(said)) == len(values)
    assert said == [str(content(value)) for value in values]
    with pytest.raises(TypeError, match="what a object says is not known"):
        content([{"a": object()}])


def test_a_figure_comes_back_as_it_was_drawn(drawer, tmp_path, monkeypatch):
    plain = absent(
        id="fig-x-y", caption="Een kop.", why="niet vast te stellen: te kort", kind="real", source="bron"
    )
    table = power_curve(TABLE, **POWER)
    with found_by(drawer.figure):
        for folder in ("first", "second"):
            for exhibit in (
                absent(
                    id="fig-x-y",
                    caption="Een kop.",
                    why="niet vast te stellen: te kort",
                    kind="real",
                    source="bron",
                ),
                power_curve(TABLE, **POWER),
            ):
                write_exhibit(exhibit, tmp_path / folder)
            monkeypatch.setattr("analysis.figures.theme.finished", lambda figure: pytest.fail("drawn again"))
    for exhibit in (plain, table):
        write_exhibit(exhibit, tmp_path / "plain")
    files = sorted(path.name for path in (tmp_path / "plain").iterdir())
    assert "fig-x-vermogen.svg" in files
    for name in files:
        written = {(tmp_path / folder / name).read_bytes() for folder in ("plain", "first", "second")}
        assert len(written) == 1, name


def test_other_rows_or_other_code_draw_it_again(drawer):
    calls = []

    @kept
    def drawn(value, **options):
        if not narrow.is_narrow():  # of each drawing there is a narrow one
            calls.append(value)
        return absent(
            id="fig-x-y",
            caption=f"Kop {value}.",
            why="onbekend: zo",
            kind=DataKind.REAL,
            source="b",
            **options,
        )

    drawn.__wrapped__.__module__ = "analysis.figures.absent"
    with found_by(drawer.figure):
        captions = [drawn(value).caption for value in (1, 1, 1.0, 1)]
        assert captions == ["Kop 1.", "Kop 1.", "Kop 1.0.", "Kop 1."]
        assert calls == [1, 1.0]
        drawn(lambda: 1)  # of which nothing is known: drawn each time
        drawn(lambda: 1)
        assert len(calls) == 4
        drawer._codes["analysis.figures.absent"] = {"analysis/figures/absent.py": "another"}
        drawn(1)
    assert len(calls) == 5
    assert drawn(1).drawn is None  # alone it is drawn


def test_a_chapter_of_which_nothing_changed_is_not_even_imported(tmp_path, monkeypatch):
    """Chapters bring along all they draw with: a restyled figure waits only for its own."""
    value = Result("los.waarde", "Waarde", 1.0, "punten", "real", "bron", n=40)
    pad = Series(
        "los.pad", "Pad", "", "real", "bron", pd.DataFrame({"a": ["x"], "b": [1.0]}), measures=("b",)
    )

    def drawn(name, *items):
        rows = tuple(item for item in items if isinstance(item, Result))
        released = Released(rows, tuple(item for item in items if isinstance(item, Series)))
        drawer = Drawer(Workspace.current(), tmp_path / "drawn", Fingerprints(), Memory())
        (tmp_path / name).mkdir()
        assert drawer.draw(["los"], released, tmp_path / name) == []
        drawer.prune()
        return {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    first = drawn("first", value, pad)
    assert "tbl-los.csv" in first
    with monkeypatch.context() as context:
        for asked in ("chapter", "sections", "exhibits", "whole"):
            context.setattr(of_notebook, asked, lambda *_: pytest.fail("asked again"))
        assert drawn("second", value, pad) == first
    others = [
        (dataclasses.replace(value, value=2.0), pad),
        (value, pad.with_points(pad.points.assign(b=2.0))),
        (value, pad.with_points(pad.points.assign(b=1))),
        (value, dataclasses.replace(pad, note="een noot")),
    ]
    exhibits = of_notebook.exhibits
    for number, other in enumerate(others):
        asked = []
        monkeypatch.setattr(of_notebook, "exhibits", lambda *a, asked=asked: asked.append(1) or exhibits(*a))
        drawn(f"other-{number}", *other)
        assert asked == [1]


ROWS = tuple(
    Result(f"{name}.waarde", "Waarde", 1.0, "punten", "real", "bron", n=40) for name in ("los", "vast")
)


def together(folder, released, notebooks=("los", "vast")):
    """What two chapters draw, and what could not be drawn."""
    folder.mkdir(exist_ok=True)
    drawer = Drawer(Workspace.current(), folder / "drawn", Fingerprints(), Memory())
    target = folder / f"target-{len(list(folder.iterdir()))}"
    target.mkdir()
    failed = drawer.draw(notebooks, released, target)
    return {path.name: path.read_bytes() for path in target.iterdir()}, failed


def test_what_was_changed_by_hand_is_drawn_again(tmp_path):
    """What is released may be the same file as what is kept."""
    first, _ = together(tmp_path, Released(ROWS, ()))
    for path in tmp_path.glob("target-*/tbl-los.*"):
        path.write_bytes(b"anders")
    assert together(tmp_path, Released(ROWS, ()))[0] == first


def test_chapters_drawn_beside_one_another_are_as_when_drawn_in_turn(tmp_path, monkeypatch):
    copies = []
    fork = os.fork
    linux = sys.platform == "linux"
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # those of a runner of tests hold nothing
    monkeypatch.setattr(os, "fork", lambda: copies.append(1) or fork())
    beside, failed = together(tmp_path / "a", Released(ROWS, ()))
    assert failed == []
    monkeypatch.setattr("analysis.build.beside.sys.platform", "other")
    assert together(tmp_path / "b", Released(ROWS, ())) == (beside, [])
    assert {"tbl-los.csv", "tbl-vast.csv"} <= beside.keys()
    assert len(copies) == linux


def test_a_chapter_that_fails_in_a_copy_is_told_and_costs_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    exhibits = of_notebook.exhibits

    def failing(notebook, *rest):
        if notebook == "vast":
            raise ValueError("kan niet")
        return exhibits(notebook, *rest)

    monkeypatch.setattr(of_notebook, "exhibits", failing)
    drawn, failed = together(tmp_path, Released(ROWS, ()))
    assert "tbl-los.csv" in drawn
    assert [(item.notebook, item.message) for item in failed] == [("vast", "ValueError: kan niet")]
