"""What a section says of its sources follows what rests on them."""

from __future__ import annotations

import json

from analysis.datakind import DataKind
from analysis.manifest import read_manifest
from analysis.release.remarks import remarks
from analysis.results import Result, publish
from analysis.unknown import NotEstimable
from analysis.workspace import find_root

NO_TRACK = "geen schoolsoort bevestigd"


def told(tmp_path, value, kind, source="iccs2022"):
    row = Result("kenniskloof.gap", "verschil", value, "punten", kind, source, n=900)
    return " ".join(remarks(publish(row), tmp_path, read_manifest())["kenniskloof"])


def test_a_source_that_gave_a_result_lacks_nothing(tmp_path):
    assert NO_TRACK in told(tmp_path, NotEstimable("er is geen bestand"), DataKind.FACT)
    assert NO_TRACK in told(tmp_path, NotEstimable("geen kolom bekend"), DataKind.REAL)
    said = told(tmp_path, 120.0, DataKind.REAL)
    assert NO_TRACK not in said
    assert "ICCS 2022" in said


def test_what_is_always_true_is_always_said(tmp_path):
    for value, kind in ((NotEstimable("geen"), DataKind.FACT), (4.0, DataKind.REAL)):
        assert "afgeschermd" in told(tmp_path, value, kind, "duo_leerlingen")


def test_the_exhibits_of_a_placebo_are_no_source_of_its_chapter(tmp_path):
    content = {"id": "tbl-kenniskloof-lengte", "source": "duo_leerlingen"}
    (tmp_path / "tbl-kenniskloof-lengte.json").write_text(json.dumps(content), encoding="utf-8")
    row = Result("kenniskloof.gap", "verschil", 120.0, "punten", DataKind.REAL, "iccs2022", n=900)
    title = read_manifest()["duo_leerlingen"].title
    for beside, there in (((), True), (("kenniskloof-lengte",), False)):
        said = remarks(publish(row), tmp_path, read_manifest(), beside=beside)["kenniskloof"]
        assert (title in " ".join(said)) is there


def test_no_remark_is_of_absence():
    """What is true only without the file stands under `lacking`."""
    for source in read_manifest().values():
        assert "bevestigd" not in source.remark, source.key
    assert (find_root() / "data" / "manifest.toml").read_text().count("\nlacking = ") == 2
