"""Figures and tables as the report prints them: picture or cells, caption, alt text and data kind.

Caption and alt text are computed beside the picture, from the same rows, so they cannot say something
else than the picture shows. What rests on synthetic data carries the word in its caption and, in a
figure, in a strip under the picture.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.datakind import DataKind
from analysis.sources.sourced import together

if TYPE_CHECKING:  # rendering reads exhibits without drawing them, and need not wait for these
    import pandas as pd
    from matplotlib.figure import Figure

    from analysis.results import Result

FOLDER = "exhibits"
NARROW = ".smal"  # after the id, in the name of the picture for a narrow screen
MARK_ID = "synthetic-mark"
_STRIP = 21.6  # points that the strip with the mark is high
SYNTHETIC_MARK = "SYNTHETISCHE GEGEVENS – GEEN BEVINDING"
ALT_CHARACTERS = 250  # a screen reader reads an alt text in one breath and cannot go back in it
SYNTHETIC_CAPTION = "Synthetische gegevens, geen bevinding."
# A hundredth of a point is finer than any screen or printer shows; more digits only make the page heavy.
_COORDINATES = re.compile(rb' (?:d|x|y)="[^"]*"')
# More digits than a picture shows, fewer than differ between machines.
_TABLE_FLOAT = "%.7g"
_DIGITS = re.compile(rb"(\.\d\d)\d+")
_MANY, _FEWER = 4000, re.compile(rb"(\.\d)\d+")  # of a path so long, a tenth will do
_UPRIGHT_STROKE = re.compile(rb"M (\S+ )(\S+) \s*L \1(\S+) \s*")  # of which such a path may have a thousand
# The letters of the PDF, which Typst brings along; the page has those of its tables and captions. matplotlib
# measures with a wider type than any of these, so that no text is longer than the room it was given.
FAMILY = "'Libertinus Serif', system-ui, 'Segoe UI', 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
_SIZE = re.compile(r'height="[\d.]+pt" viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')
_LETTERS = re.compile(r"""font-family: [^;"]*; ?""")
_UPRIGHT = re.compile(r""" transform="rotate\(-?0 [^"]*\)\"""")
# A text that begins where another ends is written as its continuation: how long the first is, only the type
# that it is read in can say.
BEGIN, CONTINUED, LINES = "begin", "vervolg", "regels"
_SEVERAL = re.compile(
    rf'(?P<lines><g id="{LINES}-(?P<anchor>\w+)-(?P<x>-?[\d.]+)-\d+">.*?(?:</text>\s*)+</g>)', re.DOTALL
)
_LINE_START = re.compile(r'(<text [^>]*?)transform="translate\([-\d.]+ ([-\d.]+?\.?\d{0,2})\d*\)"')
_TEXT = (
    r'<g id="{}-(?P<number>\w+)">(?P<ground>(?:(?!<text).)*)'
    r"(?P<open><text [^>]*>)(?P<said>[^<]*)</text>\s*</g>"
)
_FIGURE_ID = re.compile(r"fig-[a-z0-9-]+")
_TABLE_ID = re.compile(r"tbl-[a-z0-9-]+")


@dataclass(frozen=True)
class FigureExhibit:
    """A figure ready for the report.

    Attributes
    ----------
    id : str
        Cross-reference, ``fig-…``.
    figure : matplotlib.figure.Figure or None
        None where `drawn` holds what it gave.
    caption, alt : str
        Dutch. The caption says what is shown; the alt text says what there is to see, in few words.
    source : str
        Source keys, separated by "; ".
    table : pandas.DataFrame or None
        The numbers behind the figure, as they may be released.
    narrow : matplotlib.figure.Figure or None
        The same picture for a narrow screen, see :mod:`analysis.figures.narrow`.
    drawn : (bytes, bytes or None, bytes or None) or None
        Picture, numbers and narrow picture as they are written, where they were drawn before.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> figure = Figure(figsize=(6, 3))
    >>> _ = figure.subplots().plot([2023, 2025], [71.5, 74.0])
    >>> exhibit = FigureExhibit(
    ...     "fig-opkomst-pad",
    ...     figure,
    ...     caption="Opkomst per jaar.",
    ...     alt="Een lijn van 71,5 procent in 2023 naar 74,0 procent in 2025.",
    ...     kind="real",
    ...     source="kiesraad",
    ... )
    >>> exhibit.svg() == exhibit.svg()
    True
    """

    id: str
    figure: Figure | None
    caption: str
    alt: str
    kind: DataKind
    source: str
    table: pd.DataFrame | None = None
    narrow: Figure | None = None
    drawn: tuple[bytes, bytes | None, bytes | None] | None = None

    def __post_init__(self) -> None:
        _check(self, _FIGURE_ID)
        if len(self.alt.strip()) < 20:
            raise ValueError(f"{self.id}: the alt text must say what there is to see, got {self.alt!r}")
        if len(self.alt) > ALT_CHARACTERS:
            raise ValueError(
                f"{self.id}: the alt text has {len(self.alt)} characters, at most {ALT_CHARACTERS}: say the "
                f"finding; numbers stand in the table below. Got {self.alt!r}"
            )

    @property
    def full_caption(self) -> str:
        return _full_caption(self)

    def svg(self) -> bytes:
        """The picture, the same bytes at every run: no dates or random ids, and text that can be searched."""
        return self.drawn[0] if self.drawn is not None else self._written(self.figure)

    def narrow_svg(self) -> bytes | None:
        """The same for a narrow screen, None where there is no picture of that width."""
        if self.drawn is not None:
            return self.drawn[2]
        return None if self.narrow is None else self._written(self.narrow)

    def _written(self, figure: Figure) -> bytes:
        import matplotlib as mpl

        _align(figure)
        buffer = io.BytesIO()
        with mpl.rc_context({"svg.hashsalt": self.id, "svg.fonttype": "none"}):
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        picture = _lettered(_COORDINATES.sub(_shortened, buffer.getvalue()))
        return _marked(picture) if self.kind is DataKind.SYNTHETIC else picture

    def numbers(self) -> bytes | None:
        """The table as it is written, None where there is none."""
        if self.drawn is not None:
            return self.drawn[1]
        if self.table is None:
            return None
        text = self.table.to_csv(index=False, lineterminator="\n", float_format=_TABLE_FLOAT)
        return text.encode("utf-8")

    def _repr_html_(self) -> str:
        import html

        picture = self.svg().decode("utf-8")
        picture = picture[picture.index("<svg") :]
        return (
            f'<figure><div role="img" aria-label="{html.escape(self.alt, quote=True)}">{picture}</div>'
            f"<figcaption>{html.escape(self.full_caption)}</figcaption></figure>"
        )


@dataclass(frozen=True)
class TableExhibit:
    """A table ready for the report.

    Attributes
    ----------
    id : str
        Cross-reference, ``tbl-…``.
    cells : pandas.DataFrame
        Text as printed (Dutch numbers already); the columns are the header row.
    align : str
        One of ``l``, ``r``, ``c`` a column; numbers right.
    widths : sequence of int or None
        Relative widths, for tables with long texts.
    links : mapping of str to sequence of str
        By column, where each of its cells leads: a section of the document that shows the table (``sec-x``),
        one of another (``verantwoording.html#sec-x``), or "" for a cell that leads nowhere.
    english : sequence of str
        Words in its cells that are English, as titles of studies are: a screen reader speaks them so.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"Jaar": ["2023", "2025"], "Opkomst": ["71,5%", "74,0%"]})
    >>> TableExhibit("tbl-opkomst", cells, "Opkomst per jaar.", "real", "kiesraad", align="lr").align
    'lr'
    """

    id: str
    cells: pd.DataFrame
    caption: str
    kind: DataKind
    source: str
    align: str = ""
    widths: Sequence[int] | None = None
    links: Mapping[str, Sequence[str]] = field(default_factory=dict)
    english: Sequence[str] = ()

    def __post_init__(self) -> None:
        _check(self, _TABLE_ID)
        columns = self.cells.shape[1]
        object.__setattr__(self, "align", self.align or "l" * columns)
        if len(self.align) != columns or set(self.align) - set("lrc"):
            raise ValueError(f"{self.id}: align {self.align!r} does not fit {columns} columns of l, r or c")
        if self.widths is not None and len(self.widths) != columns:
            raise ValueError(f"{self.id}: {len(self.widths)} widths for {columns} columns")
        for column, targets in self.links.items():
            if column not in self.cells.columns or len(targets) != len(self.cells):
                raise ValueError(
                    f"{self.id}: links of column {column!r} do not fit its {len(self.cells)} rows"
                )
        blank = [str(column) for column in self.cells.columns if not str(column).strip()]
        if blank:
            raise ValueError(f"{self.id}: a column has no heading; a screen reader needs one")
        if not self.cells.map(lambda cell: isinstance(cell, str)).to_numpy().all():
            raise TypeError(f"{self.id}: every cell is text as printed; format numbers with analysis.dutch")

    @property
    def full_caption(self) -> str:
        return _full_caption(self)

    def _repr_html_(self) -> str:
        import html

        table = self.cells.to_html(index=False, border=0)
        return table.replace(">\n", f">\n<caption>{html.escape(self.full_caption)}</caption>\n", 1)


Exhibit = FigureExhibit | TableExhibit


class Gallery(list):
    """Exhibits in order, which Jupyter shows as they will be printed."""

    def _repr_html_(self) -> str:
        return "\n".join(exhibit._repr_html_() for exhibit in self)


def sources_of(rows: Iterable[Result]) -> str:
    """The sources of all rows together, each once, in the order in which they come."""
    return together(*(row.source for row in rows))


def write_exhibit(exhibit: Exhibit, folder: Path) -> None:
    """Write ``<id>.json`` with ``<id>.svg`` and/or ``<id>.csv`` into `folder`.

    Raises
    ------
    FileExistsError
        If an exhibit of that name was drawn already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    description = folder / f"{exhibit.id}.json"
    if description.exists():
        raise FileExistsError(f"{exhibit.id} is drawn twice: give each exhibit its own id")
    content = {
        "id": exhibit.id,
        "caption": exhibit.full_caption,
        "kind": str(exhibit.kind),
        "source": exhibit.source,
    }
    if isinstance(exhibit, FigureExhibit):
        content["alt"] = exhibit.alt
        (folder / f"{exhibit.id}.svg").write_bytes(exhibit.svg())
        narrow = exhibit.narrow_svg()
        if narrow is not None:
            (folder / f"{exhibit.id}{NARROW}.svg").write_bytes(narrow)
        numbers = exhibit.numbers()
        if numbers is not None:
            (folder / f"{exhibit.id}.csv").write_bytes(numbers)
    else:
        content["align"] = exhibit.align
        content["widths"] = list(exhibit.widths) if exhibit.widths is not None else None
        columns = list(exhibit.cells.columns)
        links = {str(columns.index(column)): list(targets) for column, targets in exhibit.links.items()}
        content |= {"links": links} if links else {}
        content |= {"english": list(exhibit.english)} if exhibit.english else {}
        exhibit.cells.to_csv(folder / f"{exhibit.id}.csv", index=False, lineterminator="\n")
    description.write_text(
        json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


def _check(exhibit: Exhibit, pattern: re.Pattern) -> None:
    if not pattern.fullmatch(exhibit.id):
        raise ValueError(f"exhibit id {exhibit.id!r}: expected {pattern.pattern}")
    object.__setattr__(exhibit, "kind", DataKind(exhibit.kind))
    if not exhibit.caption.strip():
        raise ValueError(f"{exhibit.id}: no caption given")
    if not exhibit.source:
        raise ValueError(f"{exhibit.id}: no source given")


def _full_caption(exhibit: Exhibit) -> str:
    caption = exhibit.caption.strip()
    if exhibit.kind is not DataKind.SYNTHETIC:
        return caption
    return f"{caption} {SYNTHETIC_CAPTION}"


def _shortened(match: re.Match) -> bytes:
    if len(match[0]) <= _MANY:
        return _DIGITS.sub(rb"\1", match[0])
    return _UPRIGHT_STROKE.sub(rb"M\1\2V\3", _FEWER.sub(rb"\1", match[0]))


def _align(figure: Figure) -> None:
    """Name each text of several lines by where its lines end or have their middle.

    matplotlib writes where each line begins in its own type, which is not the type it is read in.
    """
    from matplotlib.text import Text

    several = [text for text in figure.findobj(Text) if "\n" in text.get_text() and text.get_ha() != "left"]
    if several:
        figure.draw_without_rendering()
    for number, text in enumerate(several):
        box = Text.get_window_extent(text)
        anchor, x = ("end", box.x1) if text.get_ha() == "right" else ("middle", (box.x0 + box.x1) / 2)
        text.set_gid(f"{LINES}-{anchor}-{x:.2f}-{number}")


def _anchored(match: re.Match) -> str:
    """The lines of a text at the place that its name tells."""
    place = rf'\1text-anchor="{match["anchor"]}" x="{match["x"]}" y="\2"'
    return _LINE_START.sub(place, match["lines"])


def _lettered(picture: bytes) -> bytes:
    """`picture` in the letters of the document, each text in one piece."""
    svg = _UPRIGHT.sub("", _LETTERS.sub("", picture.decode("utf-8")))
    svg = _SEVERAL.sub(_anchored, svg)
    later = {match["number"]: match for match in re.finditer(_TEXT.format(CONTINUED), svg, re.DOTALL)}
    for match in later.values():
        svg = svg.replace(match[0], f"<g>{match['ground']}</g>")

    def whole(match: re.Match) -> str:
        rest = f'<tspan style="font-weight: 400">{later[match["number"]]["said"]}</tspan>'
        return f"<g>{match['ground']}{match['open']}{match['said']}{rest}</text></g>"

    svg = re.sub(_TEXT.format(BEGIN), whole, svg, flags=re.DOTALL)
    return svg.replace("<svg ", f'<svg font-family="{FAMILY}" ', 1).encode("utf-8")


def _marked(picture: bytes) -> bytes:
    """`picture` with the synthetic mark in a strip under it."""
    svg = picture.decode("utf-8")
    size = _SIZE.search(svg)
    width, height = float(size["width"]), float(size["height"])
    whole = height + _STRIP
    svg = svg.replace(size[0], f'height="{whole:g}pt" viewBox="0 0 {width:g} {whole:g}"', 1)
    place = f'x="{width / 2:g}" y="{whole - _STRIP / 2 + 3.5:g}"'
    mark = (
        f'<g id="{MARK_ID}">'
        f'<rect y="{height:g}" width="{width:g}" height="{_STRIP:g}" style="fill: #fdf1e3"/>'
        f'<text {place} style="font-size: 10px; font-weight: 700; text-anchor: middle; fill: #7c3500">'
        f"{SYNTHETIC_MARK}</text></g>"
    )
    start, end = svg.rsplit("</svg>", 1)
    return f"{start}{mark}</svg>{end}".encode()
