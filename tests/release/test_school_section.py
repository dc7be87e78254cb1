"""The sentence on how alike pupils of a school are follows what is known of them."""

from analysis.release.school_section import write_school_section
from analysis.results import Released, Result
from analysis.unknown import NotEstimable


def said(folder, *rows):
    write_school_section(Released(rows), folder)
    return (folder / "uitkomst-meten-scholen.qmd").read_text(encoding="utf-8")


def row(name, value, kind="real"):
    return Result(f"meten.{name}", "x", value, "%", kind, "iccs2022", n=900)


def test_without_a_file_only_mathematics_is_known(tmp_path):
    for rows in ((), (row("spreiding_iccs2022_vmbo", NotEstimable("er is geen bestand"), "fact"),)):
        text = said(tmp_path, *rows)
        assert "niet openbaar" in text
        assert "iccs2022" not in text


def test_a_file_with_tracks_says_it_of_civic_knowledge(tmp_path):
    text = said(tmp_path, row("spreiding_iccs2022_vmbo", 17.0), row("leerlingen_needed_iccs2022_vmbo", 76.0))
    assert "niet openbaar" not in text
    assert "{{< var meten.spreiding_iccs2022_vmbo.full >}} van de spreiding in burgerschapskennis" in text
