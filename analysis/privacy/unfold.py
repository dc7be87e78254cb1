"""What is packed in a file, unfolded in memory to what can be read; what cannot be is refused, not passed.

A file that is neither text, nor a picture or a page that is understood here, nor a package that the standard
library opens, is refused whatever its name: so is a data file with a byte before it, or a format not known.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import lzma
import pickletools
import re
import string
import tarfile
import urllib.parse
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log2

from analysis.privacy.encoded import array_text, encoded

FILE_MB = 16  # a larger file is not opened
UNFOLDED_MB = 32  # all that one file unfolds to
MEMBERS = 5000  # of one package
DEPTH = 6  # packages within packages

_MB = 2**20
_KEEP = "data files stay in data/real"
_SIGNATURES = (
    (b"$FL2", "an SPSS data file"),
    (b"$FL3", "an SPSS data file"),
    (b"<stata_dta>", "a Stata data file"),
    (b"HEADER RECORD*******LIBRARY", "a SAS transport file"),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "a SAS data file"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, such as .xls"),
    (b"RDX", "an R data file"),
    (b"A\n2\n", "an R data file"),
    (b"A\n3\n", "an R data file"),
    (b"X\n\0\0\0", "an R data file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"Rar!\x1a\x07", "a rar archive"),
)
_STATA = re.compile(rb"[\x69-\x73][\x01\x02]\x01\x00")  # before version 117
_PORTABLE, _LINE_END = 520, re.compile(rb"[\r\n]+")  # bytes of a portable file in which its name stands
_STREAMS = ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ\0", lzma), (b"\x5d\0\0", lzma))
_DAMAGED = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError,
            NotImplementedError, RuntimeError, KeyError)  # fmt: skip
_PNG = b"\x89PNG\r\n\x1a\n"
_WORKBOOKS = ("xl/", "content.xml")
_LEADING = 16  # bytes that may stand before a signature
_BLOB = re.compile(r"(?:[A-Za-z0-9+/_-]{24,}\s{0,12})+[A-Za-z0-9+/_-]*={0,2}")
_BLOB_CHARACTERS = 160
_HEX = re.compile(r"[0-9a-fA-F]+")  # is no base64: checksums, or bytes that are read as such
_SHORTEST = 32  # bytes in a data: link; fewer hold no row
_OPAQUE_BLOB = 2000  # as many that decode to nothing readable are refused
_LINK = re.compile(r"data:[\w/+.-]*((?:;[\w=.+-]+)*),([^\"'<>(){}\s]*)", re.IGNORECASE)
_WRITTEN = re.compile(rb"[\x20-\x7e\t]{8,}")
_HIGH, _MOST_HIGH = [bytes([code]) for code in range(128, 256)], 0.3
_RUN, _WRAPPED = re.compile(r"(?<![!-~])(?:[!-~]{60,}\s{0,2})+"), re.compile(r"\s+")
_UNREADABLE_RUN = 400  # characters without a blank, but for ends of lines
_UNREADABLE_BITS = 5.4  # of a character in one: code, prose and numbers have 4.9 at most
_PLAIN, _OTHER_SIGNS = (
    frozenset(string.ascii_letters + string.digits + "+/=_-"),
    0.08,
)  # base64 is read instead
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True)
class Leaf:
    """One readable thing in a file: `inside` says where in it, "" for the file itself.

    Exactly one of the others: `text`; `pdf`, the bytes of a PDF; `said`, why it is refused.
    """

    inside: str = ""
    text: str | None = None
    pdf: bytes | None = None
    said: str = ""


@dataclass
class _Budget:
    left: int
    hidden: bool = True

    def read(self, handle, what: str) -> bytes:
        content = handle.read(self.left + 1)
        self.left -= len(content)
        if self.left < 0:
            raise _TooLarge(f"{what} unfolds to more than UNFOLDED_MB = {UNFOLDED_MB} MB: not looked at")
        return content


class _TooLarge(Exception):
    """More than a limit allows; the message names the limit."""


def unfold(content: bytes, most_mb: int | None = None, *, hidden: bool = True) -> Iterator[Leaf]:
    """All that stands in a file's `content`: texts, PDF files, and what is refused.

    Parameters
    ----------
    most_mb : int, optional
        In the place of :data:`UNFOLDED_MB`.
    hidden : bool
        Also what stands between the parts of a package, and what a text holds in another writing.
    """
    try:
        yield from _unfold("", content, _Budget((most_mb or UNFOLDED_MB) * _MB, hidden), DEPTH)
    except _TooLarge as error:
        yield Leaf(said=str(error))


def _unfold(inside: str, content: bytes, budget: _Budget, depth: int) -> Iterator[Leaf]:
    if depth == 0:
        yield Leaf(inside, said=f"packed deeper than DEPTH = {DEPTH}, and so not looked at")
        return
    if said := _data_file(content):
        yield Leaf(inside, said=f"this is {said}; {_KEEP}")
        return
    if budget.hidden and (words := written(_around(content))):
        yield Leaf(_within(inside, "between its parts"), text=words)
    for signature, module in _STREAMS:
        if content.startswith(signature):
            yield from _stream(inside, content, module, budget, depth)
            return
    if content[:1] == b"\x78" and (plain := _deflated(content, budget)) is not None:
        yield from _unfold(_within(inside, "packed inside"), plain, budget, depth - 1)
        return
    if content.startswith(_PNG):
        yield from _png(inside, content, budget, depth)
    elif content[:1024].lstrip().startswith(b"%PDF-"):
        yield Leaf(inside, pdf=content)
    elif content.startswith(b"PK\x03\x04") or zipfile.is_zipfile(io.BytesIO(content)):
        yield from _zip(inside, content, budget, depth)
    elif content[257:262] == b"ustar":
        yield from _tar(inside, content, budget, depth)
    elif (text := decode(content)) is None:
        yield Leaf(
            inside, said="a binary file of a kind that is not opened here; publish text, PNG, SVG or PDF"
        )
    else:
        yield Leaf(inside, text=text)
        if budget.hidden:
            yield from _blobs(inside, text, budget, depth)


def _data_file(content: bytes) -> str:
    start = content[:64]
    for signature, said in _SIGNATURES:
        place = start.find(signature)
        binary = place > 0 and decode(content[:4096]) is None
        if place == 0 or (0 < place <= _LEADING and (binary or signature.startswith(b"$FL"))):
            return said
    if _STATA.match(content):
        return "a Stata data file"
    if b"SPSSPORT" in _LINE_END.sub(b"", content[:_PORTABLE]):
        return "an SPSS portable file"
    return "a pickle, which is never opened" if _is_pickle(content) else ""


def _is_pickle(content: bytes) -> bool:
    """By its instructions, none of which is carried out; the oldest protocol is text."""
    if content[:1] != b"\x80" and not content.rstrip().endswith(b"."):
        return False
    count = 0
    try:
        with warnings.catch_warnings(action="ignore"):
            for _ in pickletools.genops(content):
                count += 1
    except Exception:  # anything: these are bytes of another kind
        return content[:1] == b"\x80" and content[1:2] in b"\2\3\4\5" and count > 3
    return count > 5


def _around(content: bytes) -> bytes:
    """Of a package all: names, remarks, and what belongs to no part of it. Of a PDF what is outside it."""
    if content.startswith((_PNG, b"PK", *(start for start, _ in _STREAMS))) or content[257:262] == b"ustar":
        return content
    start = content[:1024].find(b"%PDF-")
    return content[:start] + b"\0" + content[content.rfind(b"%%EOF") :] if start >= 0 else b""


def written(content: bytes) -> str:
    """The runs of letters, digits and signs in bytes that are no text, one a line."""
    return "\n".join(match[0].decode("ascii") for match in _WRITTEN.finditer(content))


def _deflated(content: bytes, budget: _Budget) -> bytes | None:
    try:
        return _inflated(content, budget) or None
    except zlib.error:
        return None


def decode(content: bytes) -> str | None:
    """The text that `content` is, or None. UTF-16 is known by its zero bytes where it has no mark."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order = ["utf-16"]
    elif b"\0" in content:
        odd, even = content[1::2].count(0), content[::2].count(0)
        order = ["utf-16-le" if odd >= even else "utf-16-be", "utf-32"]
    else:
        order = ["utf-8-sig", "cp1252"]
    for encoding in order:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252" and sum(map(content.count, _HIGH)) > len(content) * _MOST_HIGH:
            continue  # no Western text: EBCDIC, say, whose letters and digits all stand there
        if not _CONTROL.search(text):
            return text
    return None


def _stream(inside: str, content: bytes, module, budget: _Budget, depth: int) -> Iterator[Leaf]:
    try:
        with module.open(io.BytesIO(content)) as handle:
            inner = budget.read(handle, "a packed file")
    except _DAMAGED:
        yield Leaf(inside, said="a packed file that cannot be looked at")
        return
    yield from _unfold(_within(inside, "packed inside"), inner, budget, depth - 1)


def _zip(inside: str, content: bytes, budget: _Budget, depth: int) -> Iterator[Leaf]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _require_members(len(members))
            if any(info.filename.startswith(_WORKBOOKS) for info in members):
                said = "this is an Excel workbook or another office file; keep tables as text, and "
                yield Leaf(inside, said=said + _KEEP)
                return
            if comment := decode(archive.comment):
                yield Leaf(_within(inside, "its comment"), text=comment)
            if gap := content[: min((info.header_offset for info in members), default=0)]:
                yield from _unfold(_within(inside, "what stands before the archive"), gap, budget, depth - 1)
            for info in members:
                name = _within(inside, f"{info.filename} in it")
                if info.flag_bits & 1:
                    yield Leaf(name, said="encrypted, and so not looked at")
                    continue
                with archive.open(info) as handle:
                    inner = budget.read(handle, f"{info.filename} in a zip archive")
                yield from _unfold(name, inner, budget, depth - 1)
    except _DAMAGED:
        yield Leaf(inside, said="a zip archive that cannot be looked at")


def _tar(inside: str, content: bytes, budget: _Budget, depth: int) -> Iterator[Leaf]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for count, info in enumerate(archive, start=1):
                _require_members(count)
                name = _within(inside, f"{info.name} in it")
                if info.issym() or info.islnk():
                    yield Leaf(name, said="a link; publish files")
                elif info.isfile():
                    inner = budget.read(archive.extractfile(info), f"{info.name} in a tar archive")
                    yield from _unfold(name, inner, budget, depth - 1)
    except _DAMAGED:
        yield Leaf(inside, said="a tar archive that cannot be looked at")


def _require_members(count: int) -> None:
    if count > MEMBERS:
        raise _TooLarge(f"an archive of more than MEMBERS = {MEMBERS} files is not looked at")


def _png(inside: str, content: bytes, budget: _Budget, depth: int) -> Iterator[Leaf]:
    """Every chunk that holds no pixels, and what follows the last."""
    place, kind, pixels, profile = len(_PNG), b"", b"", b""
    while kind != b"IEND" and place + 12 <= len(content):
        length, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        body = content[place + 8 : place + 8 + length]
        place += 12 + length
        pixels += body if kind == b"IDAT" else b""
        profile += body.partition(b"\0")[2][1:] if kind == b"iCCP" else b""
        try:
            text = _png_text(kind, body, budget)
        except _DAMAGED:
            yield Leaf(inside, said="a PNG whose text cannot be looked at")
            continue
        if text:
            yield from _unfold(_within(inside, f"chunk {kind.decode('latin-1')}"), text, budget, depth - 1)
    for name, packed in (("its pixels", pixels), ("its profile of colours", profile)):
        if words := _written_when_packed(packed):
            yield Leaf(_within(inside, name), text=words)
    if kind != b"IEND":
        yield Leaf(inside, said="a damaged PNG")
    elif rest := content[place:]:
        yield from _unfold(_within(inside, "what follows the picture"), rest, budget, depth - 1)


def _written_when_packed(packed: bytes) -> str:
    """The words in what is packed; pixels are many, and only those of one file are held."""
    try:
        return written(zlib.decompressobj().decompress(packed, FILE_MB * _MB))
    except zlib.error:
        return ""


_PIXELS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB bKGD hIST pHYs tIME cICP acTL fcTL fdAT".split()
)


def _png_text(kind: bytes, body: bytes, budget: _Budget) -> bytes:
    if kind in _PIXELS:
        return b""
    key, _, rest = body.partition(b"\0")
    if kind == b"zTXt":
        return key + b"\n" + _inflated(rest[1:], budget)
    if kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
        return key + b"\n" + (_inflated(rest, budget) if packed else rest)
    return body.replace(b"\0", b"\n", 1) if kind == b"tEXt" else body


def _inflated(packed: bytes, budget: _Budget) -> bytes:
    class Inflate:
        @staticmethod
        def read(most: int) -> bytes:
            return zlib.decompressobj().decompress(packed, most)

    return budget.read(Inflate, "text in a PNG")


def _blobs(inside: str, text: str, budget: _Budget, depth: int) -> Iterator[Leaf]:
    """Files that stand in a text as a data: link or as base64."""
    for match in _LINK.finditer(text):
        words, body = match.groups()
        body = urllib.parse.unquote_to_bytes(body)
        if not body:
            continue
        inner = _base64(body.decode("latin-1")) if "base64" in words.lower() else body
        name = _within(inside, "a data: link")
        if inner is None:
            yield Leaf(name, said="base64 that cannot be looked at")
        elif len(inner) > _SHORTEST:
            yield from _unfold(name, inner, budget, depth - 1)
    if "data:" in text:
        text = _LINK.sub(" ", text)
    for match in _BLOB.finditer(text):
        blob = "".join(match[0].split())
        if len(blob) < _BLOB_CHARACTERS or _HEX.fullmatch(blob) or (inner := _base64(blob)) is None:
            continue
        budget.left -= len(inner)
        leaves = list(_unfold(_within(inside, "base64"), inner, budget, depth - 1))
        if not _opaque(inner, leaves) or len(blob) >= _OPAQUE_BLOB:
            yield from leaves
        elif numbers := array_text(inner):
            yield Leaf(_within(inside, "an array in base64"), text=numbers)
    if _unreadable(text):
        said = "signs that nobody can read, such as base85; what they say is not looked at"
        yield Leaf(_within(inside, "a run of signs"), said=said)
    for kind, inner in encoded(text):
        budget.left -= len(inner)
        leaves = list(_unfold(_within(inside, kind), inner, budget, depth - 1))
        if not _opaque(inner, leaves):
            yield from leaves


def _unreadable(text: str) -> bool:
    """Whether a long run of signs is as varied as only packed data are; base64 is read instead."""
    for match in _RUN.finditer(text):
        run = _WRAPPED.sub("", match[0])
        for start in range(0, len(run) - _UNREADABLE_RUN + 1, _UNREADABLE_RUN):
            share = {
                sign: n / _UNREADABLE_RUN for sign, n in Counter(run[start : start + _UNREADABLE_RUN]).items()
            }
            other = sum(part for sign, part in share.items() if sign not in _PLAIN)
            if other > _OTHER_SIGNS and -sum(part * log2(part) for part in share.values()) > _UNREADABLE_BITS:
                return True
    return False


def _opaque(content: bytes, leaves: list[Leaf]) -> bool:
    """Whether `content` is nothing that can be read."""
    return decode(content) is None and len(leaves) == 1 and "not opened here" in leaves[0].said


def _base64(text: str) -> bytes | None:
    text = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _within(inside: str, what: str) -> str:
    return f"{inside}: {what}" if inside else what
