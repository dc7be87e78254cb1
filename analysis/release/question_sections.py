"""A section for every question, so that a new one is in the report without a line of prose.

``vraag-<id>.qmd`` holds heading, question and sentence; ``vragen-<chapter>.qmd`` all of a chapter. The first
answer of a chapter has its table and figure; those of the others are in ``vragen-paden.qmd``, for the
technical document.
The checks of an answer that no text places are in
``vragen-controles.qmd``. The trials on twins get ``proef-<id>.qmd`` and ``proeven.qmd``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from analysis import dutch
from analysis.answers.zekerheid_names import checks_of
from analysis.datakind import DataKind
from analysis.design.questions import Question
from analysis.release.markdown import escape
from analysis.release.shown import CONCLUSIONS, FOLDER
from analysis.results import TRIAL, Released, Result

LATER = (
    "De [schattingen naast elkaar en het verloop](verantwoording.html#sec-proef-zekerheid-paden) staan in de "
    "verantwoording."
)
ALL = 100.0  # per cent


def write_question_sections(asked: Iterable[Question], released: Released, folder: Path) -> None:
    """Write the sections of all questions of which there are results into `folder`."""
    by_chapter: dict[str, list[str]] = {}
    trials: list[str] = []
    paths: dict[str, list[Question]] = {}
    checks = []
    for question in asked:
        if question.placebo:
            checks += [question] if _value(released, f"{question.prefix}.effect") is not None else []
            continue
        by_chapter.setdefault(question.chapter, [])
        if f"{question.prefix}.effect" in released:
            name = f"vraag-{question.id}"
            effect = released.row(f"{question.prefix}.effect")
            drawn = effect.value is not None and question.chapter not in paths
            if effect.value is not None:
                paths.setdefault(question.chapter, []).append(question)
            _write(folder / f"{name}.qmd", _section(question, effect, released, drawn=drawn))
            by_chapter[question.chapter].append(name)
        trial = released.find(f"{TRIAL}.{question.prefix}.effect")
        if trial is not None and not trial.reason:
            name = f"proef-{question.id}"
            _write(folder / f"{name}.qmd", _trial(question, released))
            trials.append(name)
    for chapter, names in by_chapter.items():
        _write(folder / f"vragen-{chapter}.qmd", _includes(names))
    if by_chapter:
        _write(folder / "proeven.qmd", _includes(trials))
        later = [*(question for asked in paths.values() for question in asked[1:]), *checks]
        told = [
            f"{kind}-{question.id}{end}" for question in later for kind, end in (("tbl", ""), ("fig", "-pad"))
        ]
        _write(folder / "vragen-paden.qmd", _includes(told))


def write_measured_sections(asked: Iterable[Question], drawn: Iterable[str], folder: Path) -> None:
    """``vragen-gemeten.qmd``: of every question what was measured and how alike places were, where drawn.

    A table that says what that of an earlier question says is named, and not repeated; so is one that differs
    in the name of its outcome alone.
    """
    drawn = set(drawn)
    told: list[str] = []
    first: dict[tuple[str, str], str] = {}
    for question in asked:
        for kind in ("fig-{}-verloop", "tbl-{}-metingen", "tbl-zekerheid-{}-balans"):
            id = kind.format(question.id)
            if id not in drawn:
                continue
            earlier = first.setdefault((kind, _cells(folder, id, question)), id)
            about = f"{escape(question.exposure.label)}, {escape(dutch.lower(question.title))}"
            told.append(
                f"{{{{< include {FOLDER}/{id}.qmd >}}}}"
                if earlier == id
                else f"@{earlier} geldt ook voor {about}."
            )
    _write(folder / "vragen-gemeten.qmd", _joined(told))


def write_check_sections(
    asked: Iterable[Question], released: Released, drawn: Iterable[str], reports: Path, folder: Path
) -> None:
    """``vragen-controles.qmd``: of every answered question its checks, but for what a text already places.

    A table that says what that of an earlier question says is named, and not repeated.

    Parameters
    ----------
    drawn : iterable of str
        Ids of the exhibits there are.
    reports : Path
        Folder of the texts.
    """
    by_hand = "\n".join(path.read_text(encoding="utf-8") for path in sorted(reports.glob("_*.qmd")))
    left = {id for id in drawn if f"{FOLDER}/{id}.qmd" not in by_hand}
    sections = []
    first: dict[tuple[str, str], str] = {}  # the table that says this first, by its kind
    for question in asked:
        effect = released.find(f"{question.prefix}.effect")
        if effect is None or effect.value is None:
            continue
        ids = {kind: kind.format(question.id) for kind in _CHECKS}
        earlier = {id: first.setdefault((kind, _cells(folder, id, question)), id) for kind, id in ids.items()}
        told = [id for id in ids.values() if id in left and earlier[id] == id]
        if ids[_CHECKS[0]] not in told:
            continue
        again = [f"@{earlier[id]}" for id in ids.values() if id in left and earlier[id] != id]
        verb = "geldt" if len(again) == 1 else "gelden"
        same = f"Ook hier {verb} {dutch.join(again)}.\n\n" if again else ""
        heading = f"### {escape(question.exposure.label)}: {escape(dutch.lower(question.title))}"
        sections.append(f"{heading} {{#sec-controles-{question.id}}}\n\n{same}{_includes(told)}")
    text = "\n".join(sections) or f"{NO_OTHERS}\n"
    _write(folder / "vragen-controles.qmd", text)


def _cells(folder: Path, id: str, question: Question) -> str:
    """What a table says below its caption, but for the name of the outcome of `question` and the widths of
    its columns, which follow from that; of a picture, and of what is not there, its own name."""
    path = folder / f"{id}.qmd"
    if not id.startswith("tbl-") or not path.is_file():
        return id
    cells = path.read_text(encoding="utf-8").rpartition("\n\n: ")[0]
    return re.sub("-{3,}", "---", cells.replace(escape(question.outcome.label), ""))


NO_OTHERS = "Andere beantwoorde vragen zijn er niet."
_CHECKS = (
    "tbl-zekerheid-{}", "tbl-{}-opzet", "tbl-zekerheid-{}-voorloop", "tbl-zekerheid-{}-grenzen",
    "tbl-zekerheid-{}-alarm", "fig-zekerheid-{}-curve", "fig-zekerheid-{}-provincies",
    "fig-zekerheid-{}-vermogen",
)  # fmt: skip


def write_placebo_section(drawn: Iterable[str], folder: Path) -> None:
    """``vragen-schijn.qmd``: the questions whose answer must be nothing, or that none was asked."""
    table = "tbl-schijnvragen"
    told = (
        "Een schijnvraag gaat over iets dat het programma niet kan veranderen. Vindt de toets daar toch een "
        "effect, dan is er iets anders waardoor plaatsen met en zonder start verschillen. Een schijnvraag "
        "telt nergens als antwoord mee."
    )
    if table in set(drawn):
        parts = [
            f"{told} @{table} zet haar naast de hoofdvraag.",
            f"{{{{< include {FOLDER}/{table}.qmd >}}}}",
        ]
    else:
        parts = [f"{told} In dit plan staat er geen."]
    _write(folder / "vragen-schijn.qmd", _joined(parts))


def write_reach_sections(
    names: Iterable[str], drawn: Iterable[str], released: Released, folder: Path
) -> None:
    """``uitkomst-bereik-<programme>.qmd``: its cost and what it leaves out, and the tables that were drawn.

    Parameters
    ----------
    names : iterable of str
        Of the programmes.
    drawn : iterable of str
        Ids of the exhibits there are.
    """
    drawn = set(drawn)
    for name in names:
        tables = [f"tbl-bereik-{name}{part}" for part in ("", "-jaren", "-verlies")]
        there = [table for table in tables if table in drawn]
        told = {
            tables[0]: f"@{tables[0]} geeft activiteiten en bereik per provincie",
            tables[1]: f"@{tables[1]} geeft activiteiten en bereik per jaar",
            tables[2]: f"@{tables[2]} noemt regels die niet of anders tellen, of dubbel staan",
        }
        text = [f"{'; '.join(told[table] for table in there)}."] if there else []
        includes = [f"{{{{< include {FOLDER}/{table}.qmd >}}}}" for table in there]
        parts = [
            *_priced(released, name),
            *_uncounted(released, name),
            *_nowhere(released, name),
            *text,
            *includes,
        ]
        _write(folder / f"uitkomst-bereik-{name}.qmd", _joined(parts))


def _priced(released: Released, name: str) -> list[str]:
    """What someone reached cost; nothing where there is no reach, of which is said why."""
    id = f"bereik.{name}_cost"
    if released.find(id) is None or _value(released, f"bereik.{name}_young_people") is None:
        return []
    return [f"Het bedrag uit de brief, gedeeld door dat bereik, is {{{{< var {id}.full >}}}}."]


def _nowhere(released: Released, name: str) -> list[str]:
    """Why a registration does not tell reach by province, where it is there and does not."""
    id = f"bereik.{name}_provincies"
    series = released.points(id) if id in released else None
    if series is None or not series.reason or series.kind is not DataKind.REAL:
        return []
    return [f"Het bereik per provincie is {series.unknown}."]


def _uncounted(released: Released, name: str) -> list[str]:
    """That some activities have no number of young people, where that is so."""
    id = f"bereik.{name}_uncounted"
    row, reach = released.find(id), released.find(f"bereik.{name}_young_people")
    if row is None or not row.value or reach.value is None:
        return []
    return [
        f"Van {{{{< var {id}.value >}}}} van de {{{{< var bereik.{name}_activities.full >}}}} is het aantal "
        "jongeren onbekend; het bereik hierboven telt die niet mee."
    ]


def write_outcome_sections(released: Released, reports: Path, folder: Path) -> None:
    """``uitkomst-<section>.qmd``: the text of ``_uitkomst-<section>.qmd`` where the section has an outcome.

    Without one its tables and figures would say the same reason line after line, and the section has said it.
    """
    known = {
        item.section
        for item in (*released.rows, *released.series)
        if item.kind is not DataKind.FACT and not (item.reason or item.withheld)
    }
    for path in sorted(reports.glob("_uitkomst-*.qmd")):
        section = path.stem.removeprefix("_uitkomst-")
        shown = f"{{{{< include {path.name} >}}}}" if section in known else ""
        _write(folder / f"uitkomst-{section}.qmd", f"{shown}\n")


def _section(question: Question, effect: Result, released: Released, *, drawn: bool) -> str:
    """Heading, question, sentence and what does not go with it.

    With a table where there is an estimate, and its path where `drawn`. Where places are left out, who was
    compared is told: a reader would count them. Where there is no estimate, the sentence says the question
    again: it stands alone.
    """
    heading = f"## {escape(question.title)} {{#sec-{question.id}}}"
    sentence = f"{{{{< var {CONCLUSIONS}.{question.prefix}.value >}}}}"
    if effect.value is None:
        return _joined([heading, sentence])
    who = f" Vergeleken zijn {escape(question.population.text)}." if question.population.exclude else ""
    parts = [heading, f"**Vraag.** {escape(question.text)}{who}", sentence]
    table, path = _exhibits(question, "")
    parts += [against] if (against := _against(question, released)) else []
    if not drawn:
        return _joined([*parts, LATER])
    parts.append(
        f"@tbl-{question.id} geeft de schatting met [elke rekenwijze](verantwoording.html#sec-methode-did); "
        f"@fig-{question.id}-pad laat zien hoe het verschil zich vóór en na de start ontwikkelde."
    )
    return _joined([*parts, table, path])


def _against(question: Question, released: Released) -> str:
    """What does not go with the estimate, each by its name and number; "" where everything does."""
    from analysis.chapters.effect import BESIDE
    from analysis.chapters.zekerheid import CHECKED, CHOSEN, NOTHING_THERE

    named = question.places().named
    effect, checks = question.prefix, checks_of(question.prefix)
    row = released.row(f"{effect}.effect")
    main, alpha = row.value, 1 - row.level
    told = []
    others = {
        f"{effect}.{method}": name
        for method, name in BESIDE.items()
        if (value := _value(released, f"{effect}.{method}")) is not None and value * main < 0
    }
    if others:
        who = "Een andere rekenwijze komt" if len(others) == 1 else "Andere rekenwijzen komen"
        told.append(f"{who} aan de andere kant van nul uit: {_each(others, released)}.")
    apart = [
        f"{name} (p-waarde {{{{< var {effect}.{method}.p >}}}})"
        for method, name in BESIDE.items()
        if row.p_value is not None
        and (beside := released.find(f"{effect}.{method}")) is not None
        and beside.p_value is not None
        and (beside.p_value < alpha) != (row.p_value < alpha)
    ]
    if apart:
        told.append(
            f"Met {'een andere rekenwijze' if len(apart) == 1 else 'andere rekenwijzen'} is het verschil "
            f"{'niet' if row.p_value < alpha else 'wel'} van toeval te onderscheiden: {dutch.join(apart)}."
        )
    sign = _value(released, f"{checks}.curve_sign")
    if sign is not None and sign < ALL:
        told.append(_signs(released, checks, main))
    chosen = [
        f"{dutch.lower(named(CHECKED[name]))} ({{{{< var {checks}.{name}.value >}}}})"
        for name in CHOSEN
        if (value := _value(released, f"{checks}.{name}")) is not None and value * main < 0
    ]
    if chosen:
        choices = "een andere keuze" if len(chosen) == 1 else "andere keuzes"
        told.append(
            f"Met {choices} komt de schatting ook aan de andere kant van nul uit: {dutch.join(chosen)}."
        )
    seen = [
        f"{dutch.lower(named(CHECKED[name]))} ({{{{< var {checks}.{name}.full >}}}}; p-waarde "
        f"{{{{< var {checks}.{name}.p >}}}})"
        for name in NOTHING_THERE
        if (row := released.find(f"{checks}.{name}")) is not None
        and row.p_value is not None
        and row.p_value < alpha
    ]
    if seen:
        told.append(f"De toets slaat ook aan waar geen effect kan zijn: {dutch.join(seen)}.")
    parallel = _value(released, f"{effect}.pretrend_p")
    if parallel is not None and parallel < alpha:
        told.append(
            "De ontwikkeling liep vóór de start al uiteen "
            f"(p-waarde {{{{< var {effect}.pretrend_p.value >}}}})."
        )
    shared = released.find(f"{checks}.alarm_shared")
    if shared is not None and shared.value is not None and shared.value - 2 * (shared.se or 0) > 100 * alpha:
        told.append(
            "Delen de provincies aan de rand een schok, dan slaat de toets te vaak vals alarm: in "
            f"{{{{< var {shared.id}.value >}}}}% van de nabootsingen."
        )
    return f"**Wat daar niet bij past.** {' '.join(told)}" if told else ""


def _each(names: dict[str, str], released: Released) -> str:
    """``imputatie op …`` for each name by the id of its row; an interval just read is not read again."""
    told, before = [], set()
    for id, name in names.items():
        full = released.row(id).variables()["full"]
        same = full in before and released.row(id).low is not None
        told.append(
            f"{name} op {{{{< var {id}.value >}}}}, met hetzelfde interval"
            if same
            else f"{name} op {{{{< var {id}.full >}}}}"
        )
        before.add(full)
    return dutch.join(told)


def _signs(released: Released, checks: str, main: float) -> str:
    """That not all choices lead to this side of zero; the share known is that of the sign most of them give.

    Where most agree, that is what goes with the estimate: the sentence is about the others.
    """
    share, median = f"{{{{< var {checks}.curve_sign.value >}}}}%", _value(released, f"{checks}.curve_median")
    if median is None or median * main >= 0:
        return f"Niet alle combinaties van keuzes geven een schatting aan dezelfde kant van nul: wel {share}."
    return (
        f"In {share} van alle combinaties van keuzes ligt de schatting juist aan de andere kant van nul; de "
        f"middelste is {{{{< var {checks}.curve_median.full >}}}}."
    )


def _value(released: Released, id: str) -> float | None:
    row = released.find(id)
    return None if row is None else row.value


def _trial(question: Question, released: Released) -> str:
    prefix = f"{TRIAL}.{question.prefix}"
    parts = [
        f"## {escape(question.title)} {{#sec-{TRIAL}-{question.id}}}",
        f"**Vraag.** {escape(question.text)}",
        f"{{{{< var {CONCLUSIONS}.{prefix}.value >}}}}",
    ]
    if f"{prefix}.truth" in released:
        parts.append(f"Voor de tweeling is een effect gekozen van {{{{< var {prefix}.truth.full >}}}}.")
    parts += _exhibits(question, f"{TRIAL}-")
    return _joined(parts)


def _exhibits(question: Question, part: str) -> list[str]:
    names = (f"tbl-{part}{question.id}", f"fig-{part}{question.id}-pad")
    return [f"{{{{< include {FOLDER}/{name}.qmd >}}}}" for name in names]


def _includes(names: list[str]) -> str:
    return _joined([f"{{{{< include {FOLDER}/{name}.qmd >}}}}" for name in names]) if names else "\n"


def _joined(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
