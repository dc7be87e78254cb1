"""Fetch a file from a public address: whole, checked and politely, or not at all.

Pooch compares the checksum and puts the file in place in one move; the connection under it is ours, because
a dropped connection should go on where it stopped, a busy server should be given time, and a web page that
says "try again later" must not be taken for data. What came in so far waits under a hidden name
(``.<name>.part``) and is used again only if the server says that the file has not changed since.
"""

from __future__ import annotations

import email.utils
import json
import logging
import os
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pooch
import requests
import urllib3

from analysis.sources.receipts import Receipt, write_record

FORMS = ("csv", "json", "xml", "zip")
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_CHUNK = 2**16
_AGENT = f"impactanalyse (python-requests/{requests.__version__})"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Progress = Callable[[int, int | None], None]
Answer = TypeVar("Answer")


class DownloadError(OSError):
    """A file could not be fetched; the message names file, address and cause, and what to do."""


class Unreachable(DownloadError):
    """No connection was made at all: no network, or the host is down."""


@dataclass(frozen=True)
class Manners:
    """How patient and how polite a download is.

    Attributes
    ----------
    attempts : int
        Times a file is asked for at most.
    knocks : int
        Times a connection is tried at most where none is made.
    first_wait, longest_wait : float
        Seconds before the second attempt; doubled each time up to the longest. A server that asks for more
        than the longest is left alone.
    connect, read : float
        Seconds without an answer or without bytes after which an attempt is given up.
    whole : float
        Seconds one file may take in all, so that a server that drips does not hold the build.
    largest : int
        Bytes; a larger file is not the one meant.
    sleep : callable
    """

    attempts: int = 5
    knocks: int = 2
    first_wait: float = 1.0
    longest_wait: float = 60.0
    connect: float = 10.0
    read: float = 60.0
    whole: float = 1800.0
    largest: int = 2 * 2**30
    sleep: Callable[[float], None] = time.sleep

    @property
    def timeout(self) -> tuple[float, float]:
        return self.connect, self.read


def download(
    url: str,
    target: Path,
    form: str,
    *,
    sha256: str = "",
    manners: Manners | None = None,
    progress: Progress | None = None,
) -> Receipt:
    """Fetch `url` into `target`, replacing it in one move, and note it in the record of receipts.

    Parameters
    ----------
    url : str
        https; http for this machine only.
    form : str
        What the file must be, one of :data:`FORMS`.
    sha256 : str
        Of the file, 64 hexadecimal digits; "" where not known.
    progress : callable or None
        Called with bytes so far and bytes in all (None if the server does not say).

    Raises
    ------
    DownloadError
        If the file cannot be had, is of another form or size, or has another checksum. `target` is then as
        it was.
    ValueError
        If the address or form is none.
    """
    require_address(url)
    if form not in FORMS:
        raise ValueError(f"{target.name}: form {form!r}; expected one of {', '.join(FORMS)}")
    manners = manners or Manners()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")

    def fetch_checked(address: str, output: str, _pooch: object) -> None:
        _fetch(address, part, manners, progress, target.name)
        _require_form(part, form, target.name, address)
        os.replace(part, output)

    pooch.get_logger().setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as folder:
        try:
            pooch.retrieve(url, sha256 or None, target.name, folder, downloader=fetch_checked)
        except ValueError as error:  # pooch's word for a wrong checksum
            raise DownloadError(
                f"{target.name}: {url} has another checksum than data/manifest.toml says. The publisher may "
                "have renewed the file: look at it, and put its checksum in the manifest if it is right"
            ) from error
        return put_in_place(Path(folder) / target.name, target, url)


def put_in_place(made: Path, target: Path, url: str) -> Receipt:
    """Move a complete file under its final name and note it in the record of receipts."""
    receipt = Receipt(
        target.name, url, pooch.file_hash(str(made)), made.stat().st_size, date.today().isoformat()
    )
    os.replace(made, target)
    write_record(target.parent, receipt)
    return receipt


def require_address(url: str) -> None:
    """Raise unless `url` is one to fetch from: https, or http on this machine."""
    parts = urlsplit(url)
    if not (parts.hostname and (parts.scheme == "https" or _local(parts.scheme, parts.hostname))):
        raise ValueError(f"address {url!r}: expected https://…")


def _require_safe(url: str, name: str) -> None:
    try:
        require_address(url)
    except ValueError as error:
        raise DownloadError(f"{name}: the server sends on to {url}, which is not safe") from error


def _local(scheme: str, host: str) -> bool:
    return scheme == "http" and host in _LOOPBACK


def politely(ask: Callable[[], Answer], place: str, manners: Manners) -> Answer:
    """The answer of `ask`, asked again after a pause while the server is busy or the line drops.

    Raises
    ------
    DownloadError
        If no attempt succeeded, or an answer says that asking again will not help.
    """
    wait = manners.first_wait
    for attempt in range(1, manners.attempts + 1):
        try:
            return ask()
        except requests.RequestException as error:
            response = _response(error)
            if response is not None and response.status_code not in _BUSY:
                raise DownloadError(f"{place}: {_meaning(response)}") from error
            if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
                raise DownloadError(f"{place}: {error}") from error
            pause = max(wait, _asked_pause(response))
            if pause > manners.longest_wait:
                raise DownloadError(
                    f"{place}: the server asks to wait {pause:.0f} seconds; try again later"
                ) from error
            if attempt >= manners.knocks and _no_connection(error):
                raise Unreachable(
                    f"{place}: no connection. Is there a network? The build goes on without this file"
                ) from error
            if attempt == manners.attempts:
                said = _meaning(response) if response is not None else _short(error)
                raise DownloadError(
                    f"{place}: {said}, {manners.attempts} times in a row; try again later. The build goes "
                    "on without this file"
                ) from error
            manners.sleep(pause)
            wait = min(2 * wait, manners.longest_wait)
    raise AssertionError("the last attempt returns or raises")


def require_data(text: bytes, name: str, url: str) -> None:
    """Raise if what came in begins as a web page does."""
    start = text.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        raise DownloadError(
            f"{name}: {url} gave a web page instead of data; look at the address in a browser, the file may "
            "have moved or the service may be down"
        )


def _fetch(url: str, part: Path, manners: Manners, progress: Progress | None, name: str) -> None:
    deadline = time.monotonic() + manners.whole

    def attempt() -> None:
        have, validator = _begun(part, url)
        headers = {"Accept-Encoding": "identity", "User-Agent": _AGENT}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": validator}
        with requests.get(url, headers=headers, timeout=manners.timeout, stream=True) as response:
            if response.status_code == 416:  # what we have is no beginning of what is there now
                _forget(part)
                raise requests.ConnectionError("the file changed while it was fetched")
            response.raise_for_status()
            _require_safe(response.url, name)
            resumed = response.status_code == 206 and _starts_at(response, have)
            if response.status_code == 206 and not resumed:
                _forget(part)
                raise requests.ConnectionError("the server resumed elsewhere than asked")
            have = have if resumed else 0
            length = response.headers.get("Content-Length", "")
            total = have + int(length) if length.isdigit() else None
            _require_size(total or 0, manners, name, url)
            _note(part, url, response)
            with part.open("ab" if resumed else "wb") as output:
                for chunk in response.iter_content(_CHUNK):
                    output.write(chunk)
                    have += len(chunk)
                    _require_size(have, manners, name, url)
                    if time.monotonic() > deadline:
                        raise DownloadError(
                            f"{name}: not in after {manners.whole:.0f} seconds; {url} is too slow now"
                        )
                    if progress is not None:
                        progress(have, total)
            if total is not None and have != total:
                raise requests.ConnectionError(f"{have} of {total} bytes came in")

    try:
        politely(attempt, f"{name}: {url}", manners)
    except DownloadError:
        if not part.is_file() or part.stat().st_size == 0:
            _forget(part)
        raise
    _validator_file(part).unlink(missing_ok=True)


def _validator_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator_file(part).unlink(missing_ok=True)


def _note(part: Path, url: str, response: requests.Response) -> None:
    """Remember by what the server will know that the rest still belongs to the beginning."""
    etag = response.headers.get("ETag", "")
    validator = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", "")
    if validator:
        note = {"url": url, "validator": validator}
        _validator_file(part).write_text(json.dumps(note), encoding="utf-8")
    else:
        _validator_file(part).unlink(missing_ok=True)


def _begun(part: Path, url: str) -> tuple[int, str]:
    """Bytes in hand and the validator they came with; (0, "") if the server gave none to go by."""
    try:
        note = json.loads(_validator_file(part).read_text(encoding="utf-8"))
        size = part.stat().st_size
        return (size, note["validator"]) if note["url"] == url and size else (0, "")
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""


def _starts_at(response: requests.Response, byte: int) -> bool:
    return response.headers.get("Content-Range", "").replace(" ", "").startswith(f"bytes{byte}-")


def _require_size(count: int, manners: Manners, name: str, url: str) -> None:
    if count > manners.largest:
        raise DownloadError(
            f"{name}: {url} is larger than {manners.largest / 2**20:.0f} MB; this is not the file meant"
        )


def _require_form(part: Path, form: str, name: str, url: str) -> None:
    with part.open("rb") as handle:
        start = handle.read(4096)
    try:
        if not start.strip():
            raise DownloadError(f"{name}: {url} gave an empty file")
        require_data(start, name, url)
        if form == "json":
            try:
                json.loads(part.read_bytes())
            except ValueError as error:
                raise DownloadError(f"{name}: {url} gave something that is not JSON: {error}") from error
        elif form == "zip" and not zipfile.is_zipfile(part):
            raise DownloadError(f"{name}: {url} gave something that is not a whole zip archive")
        elif form == "xml" and not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise DownloadError(f"{name}: {url} gave something that is not XML")
        elif form == "csv" and b"\0" in start:
            raise DownloadError(f"{name}: {url} gave something that is not text")
    except DownloadError:
        _forget(part)
        raise


def _response(error: requests.RequestException) -> requests.Response | None:
    """The answer behind an error; packages that wrap an error leave it in the cause."""
    if error.response is not None:
        return error.response
    return getattr(error.__cause__, "response", None)


def _asked_pause(response: requests.Response | None) -> float:
    """Seconds of Retry-After, which is a number or a date; 0 if there is none."""
    asked = "" if response is None else response.headers.get("Retry-After", "").strip()
    if not asked:
        return 0.0
    if asked.isdigit():
        return float(asked)
    try:
        moment = email.utils.parsedate_to_datetime(asked)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else 0.0


def _meaning(response: requests.Response) -> str:
    known = {
        401: "asks for a login",
        403: "refuses",
        404: "does not know the file; has it moved?",
        410: "says the file is gone",
        429: "says it is asked too often",
    }
    return f"the server {known.get(response.status_code, 'answers')} (status {response.status_code})"


def _no_connection(error: requests.RequestException) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _short(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    dropped = requests.ConnectionError | requests.exceptions.ChunkedEncodingError
    return "the connection dropped" if isinstance(error, dropped) else str(error)[:200]
