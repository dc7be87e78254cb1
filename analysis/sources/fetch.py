"""Fetch the open sources that the manifest has an address for; what cannot be had is said, not fatal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from analysis.manifest import Source, read_manifest
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Fetched:
    """What became of one file: fetched now, there already, or not to be had and why."""

    source: str
    file: str
    state: str  # fetched, present, missing
    said: str

    def __str__(self) -> str:
        if self.state == "missing":  # the reason names the file
            return f"{self.source}: missing: {self.said}"
        return f"{self.source}: {self.file}: {self.state}{': ' if self.said else ''}{self.said}"


def fetch(
    workspace: Workspace,
    keys: Iterable[str] = (),
    *,
    again: bool = False,
    manners: object | None = None,
    show: bool = False,
) -> Iterator[Fetched]:
    """Fetch the files of `keys` (all if none), one after the other, and say what became of each.

    Parameters
    ----------
    again : bool
        Fetch what is there too, replacing it only when the new file is whole and right.
    manners : analysis.sources.download.Manners or None
    show : bool
        Draw a progress bar.

    Raises
    ------
    ValueError
        If a key is unknown or names a source that cannot be fetched.
    """
    sources = _chosen(read_manifest(workspace), list(keys))
    unreachable: set[str] = set()
    with _bars(show) as bar:
        for source in sources:
            for name, how in source.fetch.items():
                target = workspace.data / name
                if target.is_file() and not again:
                    yield Fetched(source.key, name, "present", "")
                    continue
                yield _one(source, name, dict(how), target, manners, bar, unreachable)


def incomplete(results: Iterable[Fetched]) -> list[Fetched]:
    return [result for result in results if result.state == "missing"]


def _chosen(manifest: dict[str, Source], keys: list[str]) -> list[Source]:
    unknown = [key for key in keys if key not in manifest]
    if unknown:
        raise ValueError(f"unknown source {', '.join(unknown)}; `python -m analysis sources` lists them")
    closed = [key for key in keys if not manifest[key].fetch]
    if closed:
        raise ValueError(
            f"{', '.join(closed)} cannot be fetched: {'; '.join(manifest[key].access for key in closed)}. "
            "Get the files from the publisher and put them in the folder with real files"
        )
    return [source for key, source in manifest.items() if source.fetch and (not keys or key in keys)]


def _one(
    source: Source,
    name: str,
    how: dict,
    target: Path,
    manners: object,
    bar: Callable,
    unreachable: set[str],
) -> Fetched:
    """Fetch one file; hosts that cannot be reached are added to `unreachable` and asked only once."""
    from analysis.sources.cbs import fetch_statline
    from analysis.sources.download import DownloadError, Unreachable, download

    url = str(how["url"])
    host = urlsplit(url).netloc
    if host in unreachable:
        return Fetched(source.key, name, "missing", f"{name}: {host} cannot be reached, as said above")
    checksum = source.sha256.get(name, "")
    try:
        if how["form"] == "statline":
            bar(name)
            receipt = fetch_statline(
                how["table"],
                target,
                url=url,
                select=how.get("select", ()),
                where=how.get("where", ""),
                manners=manners,
            )
        else:
            receipt = download(url, target, how["form"], sha256=checksum, manners=manners, progress=bar(name))
    except DownloadError as error:
        if isinstance(error, Unreachable):
            unreachable.add(host)
        still = "the file of before is kept" if target.is_file() else ""
        return Fetched(source.key, name, "missing", "; ".join(filter(None, (str(error), still))))
    return Fetched(source.key, name, "fetched", f"{receipt.bytes:,} bytes, sha256 {receipt.sha256[:12]}…")


@contextmanager
def _bars(show: bool) -> Iterator[Callable[[str], Callable[[int, int | None], None]]]:
    """A bar a file, on a terminal; nothing elsewhere."""
    if not show:
        yield lambda name: lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def begin(name: str) -> Callable[[int, int | None], None]:
            task = progress.add_task(name, total=None)
            return lambda done, total: progress.update(task, completed=done, total=total)

        yield begin
