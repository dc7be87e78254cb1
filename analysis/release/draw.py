"""Exhibits, drawn from what was released and nothing else; kept by the content of what decides them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.beside import beside
from analysis.build.closure import FirstParty, Memory, closure
from analysis.build.fingerprint import Fingerprints, digest_of
from analysis.build.kept import Kept
from analysis.build.linked import linked
from analysis.release.content import content
from analysis.results import Released, Result, Series
from analysis.workspace import Workspace

if TYPE_CHECKING:
    from analysis.exhibits import Exhibit, FigureExhibit
    from analysis.figures.kept import Draw

DONE, PICTURES = "drawn.json", "pictures"


@dataclass(frozen=True)
class NotDrawn:
    """A chapter of which the exhibits could not be made."""

    notebook: str
    message: str


@dataclass(frozen=True)
class _Chapter:
    """What a chapter is drawn from.

    Attributes
    ----------
    of : tuple of str
        The notebook, "" for what is drawn of all together, and the part: "", or that of the trials.
    module : str
        The one that draws it.
    seen : list of Result and Series
    draw : callable
    """

    of: tuple[str, str]
    module: str
    seen: list[Result | Series]
    draw: Callable[[], Iterable[Exhibit]]


class Drawer:
    """Draws chapters into a folder; a chapter whose rows, code and facts did not change is taken as it was.

    Of a chapter that did change, a figure is drawn only if what it is drawn from or its own code did.

    Parameters
    ----------
    workspace : Workspace
    cache : Path
        Where what was drawn is kept.
    first_party : FirstParty, optional
        The code, where it was read before.
    """

    def __init__(
        self,
        workspace: Workspace,
        cache: Path,
        fingerprints: Fingerprints,
        memory: Memory,
        first_party: FirstParty | None = None,
    ) -> None:
        self.workspace, self.cache = workspace, cache
        self._fingerprints, self._memory = fingerprints, memory
        self._first_party = first_party or FirstParty.of(workspace)
        self._committed = digest_of(
            {
                path.relative_to(workspace.root).as_posix(): fingerprints.of(path)
                for folder in (workspace.facts, workspace.design)
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
        )
        self._pictures = Kept(cache / PICTURES)
        self._codes: dict[str, str] = {}
        self._keys: dict[tuple[str, str], str] = {}  # of what each chapter draws, by notebook and part
        self.runs: dict[str, str] = {}  # key of the run each exhibit is drawn from

    def draw(self, notebooks: Iterable[str], released: Released, target: Path) -> list[NotDrawn]:
        """Write the exhibits of all `notebooks`, of the results and of the trials on twins, into `target`."""
        order, parts = list(notebooks), (released, released.trial())
        chapters: list[_Chapter] = []
        failed: list[NotDrawn] = []
        for notebook in order:
            for part in parts:
                with _costs_itself(notebook, failed):
                    chapters += self._of_notebook(notebook, part)
        self._draw_beside(chapters)
        for chapter in chapters:
            with _costs_itself(chapter.of[0], failed):
                for name in self._exhibits(chapter, target):
                    self.runs[name] = _run(name, chapter.seen)
        self._whole(released, target)
        return sorted(failed, key=lambda item: order.index(item.notebook))

    def prune(self) -> None:
        """Forget what was drawn before and not used now."""
        self._pictures.prune()
        for folder in self.cache.iterdir() if self.cache.is_dir() else ():
            if folder.name not in {PICTURES, *self._keys.values()}:
                shutil.rmtree(folder, ignore_errors=True)

    def _draw_beside(self, chapters: Iterable[_Chapter]) -> None:
        """Draw what is new, every other chapter of it in a copy of this process."""

        def draw(some: Iterable[_Chapter]) -> bytes:
            for chapter in some:
                with suppress(Exception):
                    self._drawn(chapter)
            return b""

        new: list[_Chapter] = []
        for chapter in chapters:
            with suppress(Exception):  # who puts it in its place draws it again, and says what is wrong
                new += [] if self._kept(chapter) else [chapter]
        if len(new) > 1:
            with beside(lambda: draw(new[1::2])) as others:
                draw(new[::2])
                others()

    def _of_notebook(self, notebook: str, released: Released) -> list[_Chapter]:
        """The chapter; none where there is no trial, or the notebook failed."""
        from analysis.chapters import of_notebook

        module, own = self._drawn_by(notebook)
        seen = [item for item in (*released.rows, *released.series) if item.section in own]

        def draw() -> Iterable[Exhibit]:
            return of_notebook.exhibits(notebook, released, self.workspace)

        return [_Chapter((notebook, released.part), module, seen, draw)] if seen else []

    def _whole(self, released: Released, target: Path) -> None:
        """What is drawn of all notebooks together."""
        from analysis.chapters import of_notebook

        def draw() -> Iterable[Exhibit]:
            return of_notebook.whole(released, self.workspace)

        seen = [*released.rows, *released.series]
        self._exhibits(_Chapter(("", released.part), of_notebook.WHOLE, seen, draw), target)

    def _drawn_by(self, notebook: str) -> tuple[str, tuple[str, ...]]:
        """The module that draws `notebook`, and the sections it draws.

        Chapters bring along what they draw with: one is asked again only if its code or the design changed.
        """
        from analysis.chapters import of_notebook

        def ask() -> bytes:
            module = of_notebook.chapter(notebook).__name__
            return json.dumps([module, of_notebook.sections(notebook, self.workspace)]).encode()

        code = self._code(of_notebook.module_name(notebook))
        asked = self._fingerprints.of(Path(of_notebook.__file__))
        decides = ["sections", notebook, code, asked, self._committed]
        module, sections = json.loads(self._pictures.get(decides, ask))
        return module, tuple(sections)

    def _exhibits(self, chapter: _Chapter, target: Path) -> list[str]:
        """Put what a chapter draws in `target`, drawn only if that is new; the names of its exhibits."""
        folder = self._drawn(chapter)
        names = sorted(path.name for path in folder.iterdir() if path.name != DONE)
        for name in names:
            if name.endswith(".json") and (target / name).exists():
                raise FileExistsError(f"{Path(name).stem} is drawn twice: give each exhibit its own id")
            linked(folder / name, target / name)
        return [Path(name).stem for name in names]

    def _drawn(self, chapter: _Chapter) -> Path:
        """The folder with what a chapter draws."""
        from analysis.exhibits import write_exhibit
        from analysis.figures.kept import found_by

        folder = self._folder(chapter)
        if not self._kept(chapter):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            with found_by(self.figure):
                for exhibit in chapter.draw():
                    write_exhibit(exhibit, folder)
            (folder / DONE).write_text(json.dumps(_digests(folder)), encoding="utf-8")
        return folder

    def _kept(self, chapter: _Chapter) -> bool:
        """Whether it was drawn before, and nobody wrote in it since: what was released is the same files."""
        folder = self._folder(chapter)
        try:
            return json.loads((folder / DONE).read_text(encoding="utf-8")) == _digests(folder)
        except (OSError, ValueError):
            return False

    def _folder(self, chapter: _Chapter) -> Path:
        if chapter.of not in self._keys:
            said = [_content(item) for item in chapter.seen]
            self._keys[chapter.of] = digest_of(
                [chapter.of, self._code(chapter.module), self._committed, said]
            )
        return self.cache / self._keys[chapter.of]

    def _code(self, module: str) -> str:
        """Hash of the first-party modules that `module` reaches, and of itself."""
        if module not in self._codes:
            reached = closure(f"import {module}", self._first_party, self._memory)
            files = {name: self._fingerprints.of(path) for name, path in reached.files.items()}
            self._codes[module] = digest_of(files)
        return self._codes[module]

    def figure(self, draw: Draw, arguments: tuple, options: Mapping[str, Any]) -> FigureExhibit:
        """What `draw` gives at both widths, without drawing it where it did so before."""
        from analysis.exhibits import FigureExhibit
        from analysis.figures.narrow import at_both_widths, drawn_narrow

        try:
            asked = content([arguments, options])
        except TypeError:  # something whose content is not known
            return at_both_widths(draw, arguments, options)
        decides = {
            "figure": f"{draw.__module__}.{draw.__qualname__}",
            "code": self._code(draw.__module__),
            "committed": self._committed,
            "asked": asked,
        }

        def small() -> bytes:
            made = drawn_narrow(draw, arguments, options)
            return made.svg() if made else b""

        def make() -> bytes:
            with beside(small) as other:
                made = draw(*arguments, **options)
                files = [made.svg(), made.numbers(), other()]
            told = {name: str(getattr(made, name)) for name in ("id", "caption", "alt", "kind", "source")}
            return json.dumps(
                {"told": told, "files": [file.decode() if file else None for file in files]}
            ).encode()

        found = json.loads(self._pictures.get(decides, make))
        drawn = tuple(text and text.encode() for text in found["files"])
        return FigureExhibit(figure=None, drawn=drawn, **found["told"])


def changed_pictures(old: Path, new: Path) -> list[str] | None:
    """Names of the pictures in the folder `new` that look different from `old`.

    None where something else differs: a caption, a number, an exhibit more or less.
    """
    files = {path.name: path for path in new.iterdir()}
    if {path.name for path in old.iterdir()} != files.keys():
        return None
    changed = [name for name, path in sorted(files.items()) if path.read_bytes() != (old / name).read_bytes()]
    return changed if all(name.endswith(".svg") for name in changed) else None


def drawer_of(workspace: Workspace) -> Drawer:
    """For who draws a picture outside a release: what was drawn before is taken, and the new is kept."""
    cache = workspace.build / "cache"
    known = Fingerprints(cache / "hashes.json"), Memory(cache / "mentions.json")
    return Drawer(workspace, workspace.build / "drawn", *known)


@contextmanager
def _costs_itself(notebook: str, failed: list[NotDrawn]) -> Iterator[None]:
    """A chapter that cannot be drawn costs that chapter: it is noted in `failed`, and the others go on."""
    try:
        yield
    except Exception as error:
        failed.append(NotDrawn(notebook, f"{type(error).__name__}: {error}"))


def _digests(folder: Path) -> dict[str, str]:
    read = Fingerprints()  # as they are now: those of this build know what stood there when it began
    return {path.name: read.of(path) for path in sorted(folder.iterdir()) if path.name != DONE}


def _run(exhibit: str, seen: list) -> str:
    """The run whose question the exhibit names, or the first of the notebook."""
    own = [item for item in seen if item.question and item.question in exhibit] or seen
    return own[0].stamp.run if own else ""


def _content(item) -> list:
    """All that a row or a series says, but for what produced it."""
    fields = {
        name: value for name, value in vars(item).items() if name != "stamp" and not name.startswith("_")
    }
    if "points" in fields:
        points = fields["points"]
        fields["points"] = [(name, str(kind), points[name].tolist()) for name, kind in points.dtypes.items()]
    return sorted((name, str(value)) for name, value in fields.items())
