"""SHA-256 of files, remembered where remembering is safe.

Small files are read every time. For large ones the hash is kept with size, inode and both time stamps;
the change time cannot be set back by a user, so a file rewritten with an old modification time is still
seen. A file that changed within the last seconds is never remembered: it could change again within one
tick of the file system's clock.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

SMALL_BYTES = 1 << 16
SETTLED_NS = 3_000_000_000
KEY_LENGTH = 24  # hexadecimal digits: 96 bits


def digest(*parts: str | bytes) -> str:
    """SHA-256 of `parts`; their boundaries count, so ("ab", "c") differs from ("a", "bc")."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8") if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()


def digest_of(content: object) -> str:
    """Hash of something JSON can write; the order of keys does not count."""
    return digest(json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


class Fingerprints:
    """Hashes of files, with a memory in `cache` (None keeps none)."""

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._known: dict[str, list] = {}
        self._now: dict[Path, str] = {}
        self._changed = False
        if cache is not None:
            try:
                self._known = json.loads(cache.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                self._known = {}  # absent or damaged: hash again

    def of(self, path: Path) -> str:
        """SHA-256 of the file's content; the same answer all through one build."""
        if path not in self._now:
            self._now[path] = self._hash(path)
        return self._now[path]

    def save(self) -> None:
        """Write the memory, whole or not at all."""
        if self._cache is None or not self._changed:
            return
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._cache.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(self._known, sort_keys=True), encoding="utf-8")
        temporary.replace(self._cache)

    def _hash(self, path: Path) -> str:
        with path.open("rb") as handle:
            before = os.fstat(handle.fileno())
            if before.st_size <= SMALL_BYTES:
                return hashlib.sha256(handle.read()).hexdigest()
            # Windows has no change time that a user cannot set.
            rememberable = os.name == "posix"
            state = [before.st_size, before.st_mtime_ns, before.st_ctime_ns, before.st_ino]
            known = self._known.get(str(path))
            if rememberable and known and known[:-1] == state:
                return known[-1]
            value = hashlib.file_digest(handle, "sha256").hexdigest()
            after = os.fstat(handle.fileno())
        unchanged = [after.st_size, after.st_mtime_ns, after.st_ctime_ns, after.st_ino] == state
        settled = time.time_ns() - max(after.st_mtime_ns, after.st_ctime_ns) > SETTLED_NS
        if rememberable and unchanged and settled:
            self._known[str(path)] = [*state, value]
            self._changed = True
        return value
