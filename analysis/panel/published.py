"""Published figures, and the real files that are there to reproduce them from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.design.gap import gap_design
from analysis.sources.facts import iccs_means, published_validation
from analysis.sources.iccs import describe_name, find_iccs, read_iccs
from analysis.sources.iccs_contract import PV_COLUMNS
from analysis.sources.pisa import FILE as PISA_FILE
from analysis.sources.pisa import read_pisa2003
from analysis.sources.pisa_contract import DOMAINS, REPLICATE_COLUMNS, pv_columns
from analysis.workspace import Workspace

CIVIC_KNOWLEDGE = "civic_knowledge"


@dataclass(frozen=True)
class Sample:
    """The pupils of one system in one cycle of a study.

    Attributes
    ----------
    study : str
        ICCS or PISA.
    system : str
        Three letters or digits.
    file, source : str
        Name of the file, and its key in ``data/manifest.toml``.
    measures : dict of str to list of str
        Columns with the plausible values of each measure.
    weights : dict of str to object
        Column names: ``weight`` with ``zone`` and ``rep``, or with a list of ``replicates``.
    """

    study: str
    cycle: int
    system: str
    file: str
    source: str
    frame: pd.DataFrame
    measures: dict[str, list[str]]
    weights: dict[str, object]

    @property
    def key(self) -> tuple[str, int, str]:
        return self.study, self.cycle, self.system


def samples(workspace: Workspace | None = None) -> list[Sample]:
    """Every ICCS and PISA file in the data folder, read and checked.

    Raises
    ------
    ValueError
        If one of them is damaged or breaks its contract.
    """
    workspace = workspace or Workspace.current()
    found: list[Sample] = []
    for path in find_iccs(workspace.data):
        system, cycle = describe_name(path)
        if twin := next((one for one in found if one.key == ("ICCS", cycle, system)), None):
            raise ValueError(
                f"{twin.file}, {path.name}: 2 files of the pupils of {system} in {cycle}; keep one of them"
            )
        found.append(
            Sample(
                "ICCS",
                cycle,
                system,
                path.name,
                f"iccs{cycle}",
                read_iccs(path),
                {CIVIC_KNOWLEDGE: list(PV_COLUMNS)},
                {"weight": "weight", "zone": "zone", "rep": "rep"},
            )
        )
    path = workspace.data / PISA_FILE
    if path.is_file():
        found.append(
            Sample(
                "PISA",
                2003,
                "NLD",
                path.name,
                "pisa2003",
                read_pisa2003(path, gap_design(workspace).programmes),
                {domain: pv_columns(domain) for domain in DOMAINS},
                {"weight": "weight", "replicates": list(REPLICATE_COLUMNS)},
            )
        )
    return found


def references(present: list[Sample], workspace: Workspace | None = None) -> pd.DataFrame:
    """What to reproduce, one row a figure.

    All published figures; for each ICCS file that is there without one, the mean that others computed
    from the public file, or else a row without a value.

    Returns
    -------
    pandas.DataFrame
        Columns ``id, study, cycle, system, measure, statistic, group, value, se, decimals, se_decimals,
        source, status``; ``status`` is published, recomputed or unknown. An absent value is NaN, an absent
        group "".
    """
    published = published_validation(workspace)
    known = set(zip(published["study"], published["cycle"], published["system"], strict=True))
    means = iccs_means(workspace).set_index(["cycle", "system"])
    extra = []
    for sample in present:
        if sample.study != "ICCS" or sample.key in known:
            continue
        row = {
            "id": f"iccs{sample.cycle}_{sample.system.lower()}_mean",
            "study": sample.study,
            "cycle": sample.cycle,
            "system": sample.system,
            "measure": CIVIC_KNOWLEDGE,
            "statistic": "mean",
            "status": "unknown",
            "source": "",
            "decimals": 1,
            "se_decimals": 1,
        }
        if (sample.cycle, sample.system) in means.index:
            others = means.loc[(sample.cycle, sample.system)]
            row |= {
                "value": others["mean"],
                "se": others["se"],
                "source": others["mean_source"],
                "status": others["mean_status"],
            }
        extra.append(row)
    columns = [
        "id", "study", "cycle", "system", "measure", "statistic", "group", "value", "se", "decimals",
        "se_decimals", "source", "status",
    ]  # fmt: skip
    rows = [*published[columns].to_dict("records"), *extra]
    table = pd.DataFrame(rows, columns=columns)
    text = ["id", "study", "system", "measure", "statistic", "group", "source", "status"]
    return table.assign(**{name: table[name].fillna("").astype(str) for name in text})
