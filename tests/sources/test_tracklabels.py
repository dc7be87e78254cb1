"""Labels of types of education as survey files have them."""

import pytest

from analysis.sources.tracklabels import is_missing, level_named

LABELS = {
    "vmbo-b": [
        "VMBO-B",
        "vmbo_b",
        "vmbo-bb",
        "BBL",
        "VMBO basisberoepsgericht",
        "vmbo basisberoepsgerichte leerweg",
        "Pre-vocational basic (VMBO-B)",
        "Basic vocational",
    ],
    "vmbo-k": ["vmbo kb", "KBL", "VMBO kaderberoepsgericht", "Middle vocational", "vmbo-k"],
    "vmbo-gt": [
        "vmbo-gt",
        "TL",
        "GTL",
        "mavo",
        "MAVO",
        "vmbo-t",
        "vmbo_tl",
        "VMBO gemengd/theoretisch",
        "Theoretical",
        "vmbo gemengde leerweg",
        "Pre-vocational theoretical (VMBO-GT)",
    ],
    "vmbo": ["vmbo", "VMBO", "vmbo-bb/kb", "vmbo (alle leerwegen)", "Pre-vocational education", "bbl/kbl"],
    "havo": ["havo", "HAVO", "Senior general (HAVO)", "Senior general secondary education", "havo 3"],
    "vwo": [
        "vwo",
        "VWO (atheneum)",
        "gymnasium",
        "Atheneum",
        "atheneum/gymnasium",
        "vwo+",
        "Pre-university (VWO)",
        "Pre-university education",
        "tweetalig vwo",
    ],
    "havo/vwo": ["havo/vwo", "HAVO_VWO", "vwo/havo", "Mixed HAVO/VWO", "havo/atheneum", "havo/vwo brugklas"],
    "vmbo/havo": ["vmbo-gt/havo", "mavo/havo", "vmbo t / havo", "TL/HAVO"],
    "vmbo/havo/vwo": ["vmbo/havo/vwo", "mavo-havo-vwo"],
    "praktijkonderwijs": ["praktijkonderwijs", "PrO", "Practical training"],
    "brugklas": ["brugklas", "Brugjaar", "onderbouw"],
}


@pytest.mark.parametrize(
    ("level", "label"), [(level, label) for level, many in LABELS.items() for label in many]
)
def test_a_label_names_its_level(level, label):
    assert level_named(label) == level


@pytest.mark.parametrize("label", ["Mixed", "gemengd", "low", "1", "", "Other", "speciaal", "b", "t"])
def test_a_label_that_names_none_is_none(label):
    assert level_named(label) is None


def test_labels_of_missing_answers():
    assert all(map(is_missing, ["Omitted", "Not administered", "Invalid", "<Missing>", "Onbekend"]))
    assert not any(map(is_missing, ["vmbo", "havo", ""]))
