import hashlib
import os

import pytest

from analysis.build import fingerprint
from analysis.build.fingerprint import SMALL_BYTES, Fingerprints, digest


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(b"a" * (SMALL_BYTES + 1))
    return path


@pytest.fixture
def hashed(monkeypatch):
    """How many large files were really read."""
    calls = []
    real = hashlib.file_digest
    monkeypatch.setattr(fingerprint.hashlib, "file_digest", lambda *words: calls.append(1) or real(*words))
    return calls


def test_boundaries_count():
    assert digest("ab", "c") != digest("a", "bc")


def test_the_hash_is_sha256_of_the_content(large):
    assert Fingerprints().of(large) == hashlib.sha256(large.read_bytes()).hexdigest()


@pytest.mark.skipif(os.name != "posix", reason="nothing is remembered without a change time")
def test_a_settled_large_file_is_read_once(large, tmp_path, hashed, monkeypatch):
    monkeypatch.setattr(fingerprint, "SETTLED_NS", -1)
    for _ in range(3):
        memory = Fingerprints(tmp_path / "cache.json")
        assert memory.of(large) == hashlib.sha256(large.read_bytes()).hexdigest()
        memory.save()
    assert len(hashed) == 1


def test_a_file_just_written_is_read_every_time(large, tmp_path, hashed):
    for _ in range(2):
        memory = Fingerprints(tmp_path / "cache.json")
        memory.of(large)
        memory.save()
    assert len(hashed) == 2


def test_same_size_and_time_but_other_content_is_seen(large, tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "SETTLED_NS", -1)
    memory = Fingerprints(tmp_path / "cache.json")
    first = memory.of(large)
    memory.save()
    before = large.stat()
    large.write_bytes(b"b" * before.st_size)
    os.utime(large, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert large.stat().st_mtime_ns == before.st_mtime_ns
    assert Fingerprints(tmp_path / "cache.json").of(large) != first


def test_a_damaged_memory_is_no_obstacle(large, tmp_path):
    (tmp_path / "cache.json").write_text("{")
    assert Fingerprints(tmp_path / "cache.json").of(large) == hashlib.sha256(large.read_bytes()).hexdigest()
