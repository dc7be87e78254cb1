"""The pages of the report in a browser, made again whenever one of their sources changes.

``make watch`` runs this after a build. It follows everything that a page is made of: documents, the sections
they include, style sheet, filters, template and generated fragments; and what these are computed from: design
files, notebooks and code. Where one of the latter changes, what is due is run first. A mistake is told as a
render would tell it, and the last good page stays. Only the pages are made; paper takes longer.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from analysis.release.release import missing_notebooks
from analysis.render.check import check_documents
from analysis.render.claims import check_claims
from analysis.render.embedded import write_page
from analysis.render.labelling import check_labelling
from analysis.render.project import RenderError, read_projects
from analysis.render.source import fill, read_lines
from analysis.render.stage import sources, staged
from analysis.results import ROWS_FILE, read_rows
from analysis.workspace import Workspace

PORT = 8765
VERSION = "/versie"  # asked by the page once a second
_RELOAD = """<script>
const first = fetch('/versie').then(answer => answer.text());
setInterval(async () => {
  const now = await fetch('/versie').then(answer => answer.text()).catch(() => first);
  if (now !== await first) location.reload();
}, 1000);
</script></body>"""


@dataclass
class Preview:
    """The pages of the report in `root`, kept up to date in `folder`.

    Attributes
    ----------
    root, folder : Path
    say : callable
        Told what was made, and what is wrong.
    build : callable or None
        Called where something changed that results are computed from.
    version : int
        Goes up by one with every new set of pages.
    """

    root: Path
    folder: Path
    say: Callable[[str], None] = print
    build: Callable[[], None] | None = None
    version: int = 0
    _seen: dict[Path, int] = field(default_factory=dict)
    _computed_from: dict[Path, int] = field(default_factory=dict)

    def update(self) -> bool:
        """Make the pages again if a source changed since the last time; whether it did."""
        inputs = _times(_inputs(self.root))
        changed = inputs != self._computed_from
        if changed and self._computed_from and self.build is not None:
            self.build()
        self._computed_from = inputs
        found = _times(sources(self.root))
        if found == self._seen and not changed:
            return False
        self._seen = found
        try:
            self._write()
        except RenderError as error:
            self.say(str(error))
        return True

    def _write(self) -> None:
        start = time.perf_counter()
        projects = read_projects(self.root)
        check_documents(projects, also=(check_labelling, *self._claims()))
        with staged(self.root, only_read=True) as stage:
            for project in (project.at(stage) for project in projects):
                write_page(project, fill(read_lines(project), project), self.folder)
        self.version += 1
        pages = ", ".join(project.page for project in projects)
        self.say(f"{pages} in {time.perf_counter() - start:.1f} s")

    def _claims(self) -> list[Callable]:
        """The check that needs released rows, where there are some."""
        released = self.root / "data" / "build" / "released"
        if not (released / ROWS_FILE).is_file():
            return []
        rows = read_rows(released / ROWS_FILE)
        return [functools.partial(check_claims, rows=rows, incomplete=bool(missing_notebooks(released)))]


def _inputs(root: Path) -> Iterator[Path]:
    """What decides results or sentences and people write."""
    for folder, pattern in (("data/design", "*.toml"), ("notebooks", "*.ipynb"), ("analysis", "**/*.py")):
        yield from sorted((root / folder).glob(pattern))


def _times(paths: Iterable[Path]) -> dict[Path, int]:
    """When each of `paths` was written; an editor may have just replaced one."""
    return {path: path.stat().st_mtime_ns for path in paths if path.exists()}


def _build(root: Path) -> None:
    """In a process of its own, which sees code as it is now; it says itself what is wrong."""
    subprocess.run([sys.executable, "-m", "analysis", "build", "--as-before"], cwd=root, check=False)


class _Pages(SimpleHTTPRequestHandler):
    """Serves the folder of a preview; a page reloads itself when it was made again."""

    def __init__(self, *arguments, preview: Preview, **options) -> None:
        self._preview = preview
        super().__init__(*arguments, directory=str(preview.folder), **options)

    def do_GET(self) -> None:
        page = self._preview.folder / self.path.partition("?")[0].strip("/")
        if self.path == VERSION:
            self._answer(str(self._preview.version).encode(), "text/plain")
        elif page.parent == self._preview.folder and page.suffix == ".html" and page.is_file():
            text = page.read_text(encoding="utf-8").replace("</body>", _RELOAD)
            self._answer(text.encode("utf-8"), "text/html; charset=utf-8")
        else:
            super().do_GET()

    def _answer(self, content: bytes, medium: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", medium)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_) -> None:
        """Nothing: what is worth telling is what was made."""


def serve(preview: Preview, port: int = PORT) -> ThreadingHTTPServer:
    """A server of the pages on this machine alone, running in a thread of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Pages, preview=preview))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> int:
    """Follow the sources until Ctrl+C."""
    root = Workspace.current().root.resolve()
    with tempfile.TemporaryDirectory(prefix="preview-") as folder:
        preview = Preview(root, Path(folder), build=functools.partial(_build, root))
        preview.update()
        server = serve(preview)
        for page in sorted(Path(folder).glob("*.html")):
            print(f"http://127.0.0.1:{server.server_port}/{page.name}")
        print("Following the sources; stop with Ctrl+C")
        try:
            while True:
                time.sleep(0.4)
                preview.update()
        except KeyboardInterrupt:
            server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
