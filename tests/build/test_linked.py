"""A second name where the disk can, a copy where it cannot; to who reads they are the same."""

import os

import pytest

from analysis.build.linked import linked


@pytest.mark.parametrize("can", [True, False])
def test_the_same_content_under_another_name(tmp_path, monkeypatch, can):
    if not can:

        def refuse(*_):
            raise OSError("another disk")

        monkeypatch.setattr(os, "link", refuse)
    first, second = tmp_path / "een", tmp_path / "twee"
    first.write_bytes(b"inhoud")
    linked(first, second)
    assert second.read_bytes() == b"inhoud"
    assert second.samefile(first) == can
    first.unlink()
    assert second.read_bytes() == b"inhoud"


def test_what_stands_there_goes_and_its_other_name_keeps_its_content(tmp_path):
    first, second, third = (tmp_path / name for name in ("een", "twee", "drie"))
    first.write_bytes(b"nieuw")
    third.write_bytes(b"oud")
    linked(third, second)
    linked(first, second)
    assert second.read_bytes() == b"nieuw"
    assert third.read_bytes() == b"oud"
