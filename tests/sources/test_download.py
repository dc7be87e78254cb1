"""Downloads from a server that misbehaves: whole and checked, or an error and no file under its name."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from local_server import Answer

from analysis.sources.download import DownloadError, Manners, Unreachable, download
from analysis.sources.receipts import RECORD, read_record

BODY = b"a;b\n" + b"1;2\n" * 50_000
CHECKSUM = hashlib.sha256(BODY).hexdigest()
PAGE = b"<!DOCTYPE html><html><body>Storing</body></html>"


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def manners(pauses):
    return Manners(attempts=4, first_wait=0.5, longest_wait=30.0, connect=2, read=2, sleep=pauses.append)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data" / "bestand.csv"


def nothing_left(target):
    """No file under the final name, and no temporary folder."""
    return not target.exists() and not [path for path in target.parent.glob(".fetch-*")]


def test_a_file_comes_in_with_a_receipt(server, target, manners):
    url = server.answer("/f.csv", Answer(BODY))
    seen = []
    receipt = download(
        url, target, "csv", sha256=CHECKSUM, manners=manners, progress=lambda *now: seen.append(now)
    )
    assert target.read_bytes() == BODY
    assert (receipt.sha256, receipt.bytes, receipt.url) == (CHECKSUM, len(BODY), url)
    assert read_record(target.parent) == {"bestand.csv": receipt}
    assert seen[-1] == (len(BODY), len(BODY))
    assert sorted(path.name for path in target.parent.iterdir()) == ["bestand.csv", RECORD]


def test_a_dropped_connection_goes_on_where_it_stopped(server, target, manners, pauses):
    headers = {"ETag": '"v1"', "Accept-Ranges": "bytes"}
    url = server.answer(
        "/f.csv", Answer(BODY, headers=headers, cut=90_000), Answer(BODY, headers=headers, ranges=True)
    )
    download(url, target, "csv", sha256=CHECKSUM, manners=manners)
    assert target.read_bytes() == BODY
    assert pauses == [0.5]
    asked = server.asked[1][2]
    assert 0 < int(asked["Range"].removeprefix("bytes=").removesuffix("-")) <= 90_000
    assert asked["If-Range"] == '"v1"'


def test_what_came_in_before_is_used_by_the_next_command(server, target, pauses):
    headers = {"ETag": '"v1"'}
    url = server.answer("/f.csv", Answer(BODY, headers=headers, cut=90_000))
    once = Manners(attempts=1, sleep=pauses.append)
    with pytest.raises(DownloadError, match="dropped"):
        download(url, target, "csv", manners=once)
    assert nothing_left(target)
    server.answer("/f.csv", Answer(BODY, headers=headers, ranges=True))
    download(url, target, "csv", sha256=CHECKSUM, manners=once)
    assert target.read_bytes() == BODY
    assert "Range" in server.asked[-1][2]
    assert not list(target.parent.glob(".*"))


@pytest.mark.parametrize("second", [b"x;y\n" * 30_000, BODY + b"3;4\n"])
def test_a_file_that_changed_meanwhile_is_fetched_anew(server, target, manners, second):
    url = server.answer(
        "/f.csv",
        Answer(BODY, headers={"ETag": '"v1"'}, cut=90_000),
        Answer(second, headers={"ETag": '"v2"'}, ranges=True),
    )
    download(url, target, "csv", manners=manners)
    assert target.read_bytes() == second


def test_without_a_validator_nothing_is_pasted_together(server, target, manners):
    url = server.answer("/f.csv", Answer(BODY, cut=90_000), Answer(BODY, ranges=True))
    download(url, target, "csv", sha256=CHECKSUM, manners=manners)
    assert "Range" not in server.asked[1][2]


def test_a_server_that_resumes_elsewhere_is_not_believed(server, target, manners):
    wrong = Answer(
        BODY[10:], 206, headers={"ETag": '"v1"', "Content-Range": f"bytes 10-{len(BODY) - 1}/{len(BODY)}"}
    )
    url = server.answer("/f.csv", Answer(BODY, headers={"ETag": '"v1"'}, cut=90_000), wrong, Answer(BODY))
    download(url, target, "csv", sha256=CHECKSUM, manners=manners)
    assert target.read_bytes() == BODY


def test_a_range_that_cannot_be_had_starts_over(server, target, manners):
    url = server.answer(
        "/f.csv", Answer(BODY, headers={"ETag": '"v1"'}, cut=90_000), Answer(status=416), Answer(BODY)
    )
    download(url, target, "csv", sha256=CHECKSUM, manners=manners)
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_given_time_that_doubles(server, target, manners, pauses, status):
    url = server.answer("/f.csv", Answer(status=status), Answer(status=status), Answer(BODY))
    download(url, target, "csv", manners=manners)
    assert pauses == [0.5, 1.0]


def test_the_pause_a_server_asks_for_is_kept(server, target, manners, pauses):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    url = server.answer(
        "/f.csv",
        Answer(status=429, headers={"Retry-After": "7"}),
        Answer(status=503, headers={"Retry-After": later}),
        Answer(BODY),
    )
    download(url, target, "csv", manners=manners)
    assert pauses[0] == 7
    assert 15 < pauses[1] <= 20


@pytest.mark.parametrize("asked", ["soon", "-5", "Wed, 99 Foo 2024"])
def test_a_pause_that_is_none_is_not_kept(server, target, manners, pauses, asked):
    url = server.answer("/f.csv", Answer(status=429, headers={"Retry-After": asked}), Answer(BODY))
    download(url, target, "csv", manners=manners)
    assert pauses == [0.5]


def test_a_server_that_wants_to_be_left_alone_is(server, target, manners, pauses):
    url = server.answer("/f.csv", Answer(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(DownloadError, match="asks to wait 3600 seconds"):
        download(url, target, "csv", manners=manners)
    assert pauses == []
    assert len(server.asked) == 1


def test_a_server_that_stays_broken_is_given_up(server, target, manners, pauses):
    url = server.answer("/f.csv", Answer(status=500))
    with pytest.raises(DownloadError, match=r"bestand\.csv: http.*status 500.*4 times in a row"):
        download(url, target, "csv", manners=manners)
    assert len(server.asked) == 4
    assert pauses == [0.5, 1.0, 2.0]
    assert nothing_left(target)


@pytest.mark.parametrize(
    ("status", "says"), [(401, "login"), (403, "refuses"), (404, "moved"), (410, "gone")]
)
def test_asking_again_where_it_cannot_help_is_not_done(server, target, manners, status, says):
    url = server.answer("/f.csv", Answer(status=status))
    with pytest.raises(DownloadError, match=says):
        download(url, target, "csv", manners=manners)
    assert len(server.asked) == 1


def test_no_connection_is_said_soon(target, manners, pauses):
    with pytest.raises(Unreachable, match=r"no connection\. Is there a network"):
        download("http://127.0.0.1:9/f.csv", target, "csv", manners=manners)
    assert len(pauses) == 1


def test_a_wrong_checksum_leaves_the_old_file(server, target, manners):
    target.parent.mkdir()
    target.write_bytes(b"old")
    url = server.answer("/f.csv", Answer(b"a;b\n9;9\n"))
    with pytest.raises(DownloadError, match=r"another checksum than data/manifest\.toml says"):
        download(url, target, "csv", sha256=CHECKSUM, manners=manners)
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["bestand.csv"]


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", BODY)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("form", "body", "says"),
    [
        ("csv", PAGE, "web page"),
        ("json", b"\xef\xbb\xbf \n" + PAGE, "web page"),
        ("zip", PAGE.lower(), "web page"),
        ("xml", PAGE.upper(), "web page"),
        ("json", b'{"a": 1', "not JSON"),
        ("json", b"a;b", "not JSON"),
        ("zip", BODY, "not a whole zip"),
        ("zip", zipped()[:-30], "not a whole zip"),
        ("xml", b"a;b", "not XML"),
        ("csv", b"a\0b", "not text"),
        ("csv", b"", "empty file"),
        ("csv", b" \n \n", "empty file"),
    ],
)
def test_something_else_than_asked_gets_no_name(server, target, manners, form, body, says):
    url = server.answer("/f", Answer(body))
    with pytest.raises(DownloadError, match=says):
        download(url, target, form, manners=manners)
    assert list(target.parent.iterdir()) == []
    assert len(server.asked) == 1


def test_a_whole_zip_and_json_come_in(server, tmp_path, manners):
    download(server.answer("/z", Answer(zipped())), tmp_path / "z.zip", "zip", manners=manners)
    download(server.answer("/j", Answer(b"[1]")), tmp_path / "j.json", "json", manners=manners)
    assert set(read_record(tmp_path)) == {"z.zip", "j.json"}


@pytest.mark.parametrize("length", [True, False])
def test_a_file_that_is_too_large_is_stopped_on_the_way(server, target, length):
    url = server.answer("/f.csv", Answer(BODY, length=length))
    with pytest.raises(DownloadError, match="larger than 0 MB"):
        download(url, target, "csv", manners=Manners(largest=70_000))
    assert nothing_left(target)


def test_a_server_that_drips_is_stopped(server, target):
    url = server.answer("/f.csv", Answer(BODY))
    with pytest.raises(DownloadError, match="too slow"):
        download(url, target, "csv", manners=Manners(whole=-1.0))
    assert nothing_left(target)


def test_a_redirect_is_followed(server, target, manners):
    server.answer("/f.csv", Answer(BODY))
    url = server.answer("/oud", Answer(status=302, headers={"Location": "/f.csv"}))
    download(url, target, "csv", sha256=CHECKSUM, manners=manners)
    assert target.read_bytes() == BODY


@pytest.mark.parametrize(
    "url", ["http://example.org/a.csv", "ftp://example.org/a", "file:///etc/hosts", "a.csv"]
)
def test_only_https_is_an_address(target, url):
    with pytest.raises(ValueError, match="expected https"):
        download(url, target, "csv")
    assert not target.parent.exists()


def test_a_damaged_record_is_named(tmp_path):
    for damage in ("{", "[]", json.dumps({"a": {"url": ""}}), json.dumps({"a": 3})):
        (tmp_path / RECORD).write_text(damage)
        with pytest.raises(ValueError, match=r"fetched\.json: damaged"):
            read_record(tmp_path)


def test_a_redirect_to_an_unsafe_address_is_refused(server, target, manners, monkeypatch):
    server.answer("/f.csv", Answer(BODY))
    url = server.answer("/oud", Answer(status=302, headers={"Location": "/f.csv"}))
    monkeypatch.setattr(
        "analysis.sources.download._local", lambda scheme, host: "oud" in url and not server.asked
    )
    with pytest.raises(DownloadError, match="sends on to"):
        download(url, target, "csv", manners=manners)
    assert nothing_left(target)
