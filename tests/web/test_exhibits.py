"""Packets of evidence as downloads: whole, checked by their own script, and made within limits."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml
from lxml import etree
from starlette.requests import Request

from monitor.evidence.keys import SigningKey
from monitor.evidence.publish import publish
from monitor.history import subjects
from monitor.store.database import Store
from monitor.store.stamps import add_stamp, last_stamp
from monitor.store.statements import state
from monitor.web import packets
from monitor.web.files import BusyError
from monitor.web.packets import LimitedError, Packets, ReaderLimit
from tests.support.authority import Authority, needs_openssl
from tests.support.once import once
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Commands
    from tests.web.conftest import Served

ORIGIN = "monitor.example.org/log"
TRAVIS = "/jurisdiction/ocd-division/country:us/state:tx/county:travis"
SECONDS = 120.0  # after which a command has not ended


def stamped_history(folder: Path, demo: Path) -> None:
    """Copy the demo's history, with a key that has signed its stamped checkpoint, and that is not there any more."""
    shutil.copytree(demo / "state", folder / "state")
    key = SigningKey.make(folder / "key")
    path = folder / "state/config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    with Authority(folder / "authority", name="one") as authority:
        stamping = {"authorities": [{"url": authority.address, "roots_file": str(authority.roots)}]}
        config["evidence"] = {"origin": ORIGIN, "key_file": str(folder / "key"), "stamp": stamping}
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        command = [sys.executable, "-m", "monitor", "--config", path, "--state", folder / "state", "stamp"]
        subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=SECONDS)
    (folder / "fingerprint").write_text(key.fingerprint, encoding="ascii")
    (folder / "key").unlink()


@pytest.fixture(scope="session")
def stamped_folder(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a history that was signed and stamped. Only to be read."""
    return once(tmp_path_factory, "stamped", lambda folder: stamped_history(folder, demo))


@pytest.fixture(scope="session")
def stamped(stamped_folder: Path) -> Iterator[Served]:
    """The pages of a history that was signed and stamped, served where the key is not."""
    with serving_of(stamped_folder / "state") as found:
        yield found


@pytest.fixture
def fresh(history: Path) -> Iterator[Served]:
    """The demo's history as pages that have made no packet yet."""
    with serving_of(history) as found:
        yield found


def record_of(served: Served, source: str, name: str) -> str:
    """The address of the page of a record."""
    page = served.get(f"/list/{source}/{name}").text
    return page.partition('href="/record/')[2].partition('"')[0]


def addresses(served: Served) -> dict[str, str]:
    """The address of a packet of each kind."""
    return {
        "entry": "/amendment/1/exhibit.zip",
        "record": f"/record/{record_of(served, 'ice-287g', 'participating')}/exhibit.zip",
        "version": "/version/ice-287g/participating/2/exhibit.zip",
        "place": f"{TRAVIS}/exhibit.zip",
        "place on a day": f"{TRAVIS}/exhibit.zip?at=2017-03-22",
    }


def unpacked(content: bytes, folder: Path) -> Path:
    """Unpack a packet into a folder."""
    with zipfile.ZipFile(io.BytesIO(content)) as packet:
        packet.extractall(folder)
    return folder


def checked(folder: Path) -> str:
    """What the packet's own script prints."""
    ran = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return ran.stdout


@needs_openssl
@pytest.mark.parametrize("kind", ["entry", "record", "version", "place", "place on a day"])
def test_a_packet_is_whole_and_can_be_checked(stamped: Served, tmp_path: Path, kind: str) -> None:
    """By its own script; it says that its checkpoint is signed, and that the packet is not."""
    answer = stamped.get(addresses(stamped)[kind])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="exhibit-')
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    folder = unpacked(answer.content, tmp_path / "packet")
    assert checked(folder) == "every file is as listed, and every statement is in the log\n"
    assert list((folder / "time").glob("*.tsr"))
    text = (folder / "VERIFY.txt").read_text(encoding="utf-8")
    assert "Nobody signed the manifest" in text
    assert (stamped.folder.parent / "fingerprint").read_text(encoding="ascii") in text
    assert "What is missing here" not in (folder / "COVER.html").read_text(encoding="utf-8")


@needs_openssl
def test_it_is_the_packet_that_the_command_makes(stamped: Served, tmp_path: Path, monitor: Commands) -> None:
    """Byte for byte, where the command has no key either."""
    config = yaml.safe_load((stamped.folder / "config.yaml").read_text(encoding="utf-8"))
    del config["evidence"]["key_file"]
    monitor.config = tmp_path / "config.yaml"
    monitor.config.write_text(yaml.safe_dump(config), encoding="utf-8")
    shutil.copytree(stamped.folder, monitor.state)
    record = record_of(stamped, "ice-287g", "participating")
    for path, arguments in (
        ("/amendment/1/exhibit.zip", [1]),
        (f"/record/{record}/exhibit.zip?at=2025-06-01", ["--record", record, "--at", "2025-06-01"]),
        (f"{TRAVIS}/exhibit.zip?at=2017-03-22", ["--jurisdiction", "Travis County, Texas", "--at", "2017-03-22"]),
    ):
        ran = monitor("exhibit", *arguments, "--zip", tmp_path / "made.zip")
        assert ran.status == 0, ran.err
        assert stamped.get(path).content == (tmp_path / "made.zip").read_bytes()


def test_without_key_and_time_stamp_the_packet_says_so(served: Served, tmp_path: Path) -> None:
    """And is whole for all that."""
    folder = unpacked(served.get("/amendment/1/exhibit.zip").content, tmp_path)
    assert "Nobody signed this packet" in (folder / "VERIFY.txt").read_text(encoding="utf-8")
    assert checked(folder).startswith("every file is as listed")


def test_what_the_reader_has_is_not_made_again(fresh: Served) -> None:
    """HEAD has the headers of GET and makes nothing; the tag leads to 304; each subject has another tag."""
    paths = addresses(fresh)
    first = fresh.get(paths["entry"])
    head = httpx.head(fresh.address + paths["entry"], timeout=300)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-disposition", "content-length"):
        assert head.headers[name] == first.headers[name]
    again = fresh.get(paths["entry"], **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    tags = {httpx.head(fresh.address + path, timeout=300).headers["etag"] for path in paths.values()}
    assert len(tags) == len(paths)
    unknown = httpx.head(f"{fresh.address}/version/ice-287g/participating/1/exhibit.zip", timeout=300)
    assert unknown.status_code == 200
    assert "content-length" not in unknown.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/amendment/99999/exhibit.zip", 404),
        ("/version/ice-287g/participating/99/exhibit.zip", 404),
        (f"/record/{'0' * 64}/participating/p1/exhibit.zip", 404),
        (f"{TRAVIS}x/exhibit.zip", 404),
        (f"{TRAVIS}/exhibit.zip?at=1999-01-01", 404),
        (f"{TRAVIS}/exhibit.zip?at=yesterday", 400),
    ],
)
def test_what_there_is_not_is_said(served: Served, path: str, status: int) -> None:
    """As a page for readers."""
    answer = served.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_a_reader_who_asks_for_too_many_is_told_when_to_go_on(history: Path) -> None:
    """Each address for itself, as the web server in front names it; a packet that the reader has costs nothing."""
    with serving_of(history, limit=ReaderLimit(at_once=2, seconds_each=600)) as served:
        path = "/amendment/1/exhibit.zip"
        tag = served.get(path).headers["etag"]
        assert served.get(path).status_code == 200
        refused = served.get(path)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 600
        assert "monitor exhibit" in refused.text
        assert served.get(path, **{"if-none-match": tag}).status_code == 304
        assert served.get(path, **{"x-forwarded-for": "192.0.2.1"}).status_code == 200
        assert served.get(path, **{"x-forwarded-for": "192.0.2.1, 127.0.0.1"}).status_code == 429
        assert served.get("/amendment/1").status_code == 200


@pytest.mark.parametrize(
    ("sent_by", "forwarded", "address"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # which anyone can write
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", "2001:db8:1:2::/64"),
    ],
)
def test_a_reader_is_known_by_address(sent_by: str, forwarded: str, address: str) -> None:
    """By that of the connection, unless a web server on this machine names another; of IPv6 the network counts."""
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    request = Request({"type": "http", "client": (sent_by, 1234), "headers": headers})
    assert packets.address_of_reader(request) == address


def test_readers_are_counted_by_address_and_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader gets more as time goes on, and the table of addresses stays small."""
    now = [0.0]
    limit = ReaderLimit(at_once=2, seconds_each=10, clock=lambda: now[0])
    limit.count("a")
    limit.count("a")
    for _ in range(3):  # a refusal does not make it longer
        with pytest.raises(LimitedError) as refused:
            limit.count("a")
        assert refused.value.seconds == 11
    limit.count("b")
    now[0] = 10.0
    limit.count("a")
    with pytest.raises(LimitedError):
        limit.count("a")
    now[0] = 100.0
    limit.count("a")
    limit.count("a")
    with pytest.raises(LimitedError):
        limit.count("a")
    monkeypatch.setattr(packets, "MAX_READERS_COUNTED", 3)
    for number in range(3):
        limit.count(str(number))
    limit.count("a")  # which was forgotten


@pytest.mark.parametrize(("most", "seconds"), [(1, 1_000.0), (3, 0.01)])
def test_packets_are_made_one_at_a_time(monkeypatch: pytest.MonkeyPatch, most: int, seconds: float) -> None:
    """Who comes when too many wait is sent away, and who has waited long; two who ask for the same get the same."""
    monkeypatch.setattr(packets, "MAX_PACKETS_WAITED_FOR", most)
    made = Packets()
    begun, go_on = threading.Event(), threading.Event()
    calls: list[str] = []

    def slowly() -> tuple[bytes, bool]:
        calls.append("made")
        begun.set()
        assert go_on.wait(SECONDS)
        return b"one", True

    got: list[tuple[bytes, bool]] = []
    first, second = (threading.Thread(target=lambda: got.append(made.made("one", slowly))) for _ in range(2))
    first.start()
    assert begun.wait(SECONDS)
    monkeypatch.setattr(packets, "MAX_WAIT_SECONDS", seconds)
    with pytest.raises(BusyError):
        made.made("two", lambda: (b"two", True))
    monkeypatch.setattr(packets, "MAX_WAIT_SECONDS", SECONDS)
    if most > 1:
        second.start()
    go_on.set()
    first.join()
    if most > 1:
        second.join()
    assert calls == ["made"]
    assert got == [(b"one", True)] * min(most, 2)


def test_the_packets_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest ones, by their bytes; one that is not whole is made again."""
    monkeypatch.setattr(packets, "MAX_PACKET_CACHE_BYTES", 10)
    made = Packets()
    for key in "abc":
        made.made(key, lambda: (b"12345", True))
    made.made("d", lambda: (b"1", False))
    assert [key for key in "abcd" if made.known(key)] == ["b", "c"]
    made.made("e", lambda: (bytes(11), True))
    assert not any(made.known(key) for key in "abcde")


def test_a_packet_that_would_be_too_large_names_the_command(fresh: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its files are read."""
    monkeypatch.setattr("monitor.web.exhibits.MAX_PACKET_BYTES", 1_000)
    answer = fresh.get("/version/ice-287g/participating/3/exhibit.zip")
    assert answer.status_code == 400
    assert "monitor exhibit --version ice-287g/participating/3 --zip FILE" in answer.text
    monkeypatch.setattr(subjects, "MAX_SUBJECTS", 1)
    assert fresh.get(f"{TRAVIS}/exhibit.zip").status_code == 400


def test_what_is_lost_is_named_in_the_packet(history: Path, tmp_path: Path) -> None:
    """The packet comes without it, has no tag, and is made again the next time."""
    shutil.copytree(history, tmp_path / "state")
    with serving_of(tmp_path / "state") as served:
        lost = served.log()[0]["version"]
        path = tmp_path / "state/archive" / lost[:2] / lost[2:]
        path.rename(tmp_path / "lost")
        answer = served.get("/amendment/1/exhibit.zip")
        folder = unpacked(answer.content, tmp_path / "packet")
        assert "What is missing here" in (folder / "COVER.html").read_text(encoding="utf-8")
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        (tmp_path / "lost").rename(path)
        folder = unpacked(served.get("/amendment/1/exhibit.zip").content, tmp_path / "again")
        assert "What is missing here" not in (folder / "COVER.html").read_text(encoding="utf-8")


def test_pictures_that_take_too_long_are_left_out(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While other readers wait; the packet comes without them, and says so."""
    monkeypatch.setattr("monitor.web.exhibits.MAX_DRAWING_SECONDS", -1.0)
    with serving_of(history) as served:
        folder = unpacked(served.get("/amendment/1/exhibit.zip").content, tmp_path)
    assert not (folder / "pictures").exists()
    assert "drawing takes too long" in (folder / "COVER.html").read_text(encoding="utf-8")
    assert checked(folder).startswith("every file is as listed")


@needs_openssl
def test_the_checkpoint_is_the_stamped_one(stamped: Served, served: Served) -> None:
    """With its signature; without any it is that of the log as it is now."""
    answer = stamped.get("/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.split("\n")
    assert lines[0] == ORIGIN
    assert lines[4].startswith(f"\u2014 {ORIGIN} ")
    assert served.get("/checkpoint").text.count("\n") == 3


def test_a_newer_published_checkpoint_is_shown_at_once(demo: Path, tmp_path: Path) -> None:
    """Although nothing in the database has changed."""
    shutil.copytree(demo / "state", tmp_path / "state")
    path = tmp_path / "state/config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["evidence"] = {"origin": ORIGIN, "publish": str(tmp_path / "published")}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    key = SigningKey.make(tmp_path / "key")
    with serving_of(tmp_path / "state") as served:
        now = served.get("/checkpoint")
        signed = f"{now.text}\n{key.note_signature(ORIGIN, now.text)}"
        publish(tmp_path / "published", signed, key=key)
        then = served.get("/checkpoint", **{"if-none-match": now.headers["etag"]})
        assert (then.status_code, then.text) == (200, signed)


def main_text(served: Served, path: str) -> str:
    """The words of a page, without its header and footer."""
    (main,) = etree.HTML(served.get(path).text).xpath("//main")
    return " ".join(" ".join(main.itertext()).split())


@needs_openssl
def test_pages_name_the_statement_and_the_time_stamp_that_covers_it(stamped: Served) -> None:
    """With the number that the packet's statement has, and a link that leads to the packet."""
    authority = yaml.safe_load((stamped.folder / "config.yaml").read_text(encoding="utf-8"))
    (asked,) = authority["evidence"]["stamp"]["authorities"]
    for name, path in addresses(stamped).items():
        page = path.replace("/exhibit.zip", "")
        (link,) = etree.HTML(stamped.get(page).text).xpath("//a[contains(@href, 'exhibit.zip')]/@href")
        assert link == path
        if name.startswith("place"):
            continue
        text = main_text(stamped, page)
        assert f"A time stamp of {asked['url']} covers it since 20" in text
        number = int(text.partition("Statement ")[2].split()[0].replace(",", ""))
        kind = {"entry": "amendment", "record": "list"}.get(name, name)
        with zipfile.ZipFile(io.BytesIO(stamped.get(path).content)) as packet:
            assert f"log/{number:09}-{kind}.leaf" in packet.namelist()


def test_pages_say_that_no_time_stamp_covers_a_statement_yet(served: Served) -> None:
    """And a place that no list had has no packet."""
    for path in list(addresses(served).values())[:3]:
        assert "No time stamp covers it yet." in main_text(served, path.replace("/exhibit.zip", ""))
    assert "exhibit.zip" not in served.get(f"{TRAVIS}?at=1999-01-01").text


def test_a_records_page_says_when_its_file_was_asked_for_and_had_come(served: Served) -> None:
    """To the second."""
    text = main_text(served, f"/record/{record_of(served, 'ice-287g', 'participating')}")
    assert re.search(r"It was asked for at \S+ \S+ UTC , and its last byte came at \S+ \S+ UTC \.", text)


@needs_openssl
def test_the_help_page_names_key_log_and_time_stamp(stamped: Served, served: Served) -> None:
    """And says so where there are none."""
    text = main_text(stamped, "/about")
    assert (stamped.folder.parent / "fingerprint").read_text(encoding="ascii") in text
    assert ORIGIN in text
    assert re.search(r"Time stamp the latest 20\S+ \S+ UTC , by http", text), text
    bare = main_text(served, "/about")
    assert "Signing key none" in bare
    assert "Time stamp none yet" in bare


def test_a_new_time_stamp_makes_the_pages_new(stamped_folder: Path, tmp_path: Path) -> None:
    """What the reader has is not taken for what is there now."""
    shutil.copytree(stamped_folder / "state", tmp_path / "state")
    with serving_of(tmp_path / "state") as pages:
        tag = pages.get("/amendment/1").headers["etag"]
        with Store(tmp_path / "state") as store, store.transaction():
            last = last_stamp(store)
            assert last
            state(store, "stamp", add_stamp(store, replace(last, reply="ab" * 32)))
        assert pages.get("/amendment/1", **{"if-none-match": tag}).status_code == 200
