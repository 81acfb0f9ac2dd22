"""Feed files: valid, whole at any time, without repeats, and never lost."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from monitor.channels.atom import MAX_FEED_FILE_ENTRIES, Atom
from monitor.errors import TransportError
from tests.support.messages import HOSTILE, PAGE, alert, full, hostile, huge

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the feed is, in a folder that is not there yet."""
    return tmp_path / "feeds" / "texas.xml"


def find(path: Path, what: str) -> list[str]:
    """The texts that an XPath finds in a feed."""
    found = etree.fromstring(path.read_bytes()).xpath(what, namespaces=NAMES)
    return [each if isinstance(each, str) else each.text for each in found]


def test_an_alert_is_an_entry(path: Path) -> None:
    """With what RFC 4287 demands: id, title and updated of feed and entry, and an author."""
    Atom("feed", path=path).send(full())
    assert find(path, "/a:feed/a:title") == ["monitor: texas"]
    assert find(path, "/a:feed/a:updated") == find(path, "//a:entry/a:updated") == ["2025-07-04T14:00:31Z"]
    assert find(path, "/a:feed/a:author/a:name") == ["monitor"]
    assert find(path, "//a:entry/a:title") == [full().subject]
    assert find(path, "//a:entry/a:link/@href") == [PAGE]
    assert find(path, "//a:entry/a:content/@type") == ["html"]
    assert "Forks Police" in find(path, "//a:entry/a:content")[0]
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", each) for each in find(path, "//a:id"))
    assert path.stat().st_mode & 0o777 == 0o644


def test_an_alert_that_comes_again_is_there_once(path: Path) -> None:
    """A repeat changes nothing, even from another object or process."""
    Atom("feed", path=path).send(alert("1"))
    before = path.read_bytes()
    Atom("feed", path=path).send(alert("1"))
    assert path.read_bytes() == before


def test_the_newest_stand_first_and_a_hundred_are_kept(path: Path) -> None:
    """The oldest make room."""
    channel = Atom("feed", path=path)
    for number in range(MAX_FEED_FILE_ENTRIES + 5):
        channel.send(alert(str(number), subject=f"alert {number}"))
    titles = find(path, "//a:entry/a:title")
    assert titles == [f"alert {number}" for number in reversed(range(5, MAX_FEED_FILE_ENTRIES + 5))]
    assert len(set(find(path, "//a:entry/a:id"))) == MAX_FEED_FILE_ENTRIES
    assert len(set(find(path, "/a:feed/a:id"))) == 1


def test_hostile_text_is_text(path: Path) -> None:
    """No value breaks the XML or becomes an element of the feed or of its content."""
    channel = Atom("feed", path=path)
    channel.send(hostile())
    channel.send(huge())
    assert len(find(path, "//a:entry")) == 2
    content = find(path, "//a:entry/a:content")[1]
    assert "<script" not in content
    assert "&lt;script&gt;" in content
    assert HOSTILE[3].replace("'", "&#39;") in content


@pytest.mark.parametrize(
    "broken", [b"", b"<feed", b"<html/>", b"\xff\xfe\x00", b"<feed xmlns='http://www.w3.org/2005/Atom'/>"]
)
def test_a_file_that_is_no_feed_is_kept(path: Path, broken: bytes) -> None:
    """It is set aside, never overwritten, and the new feed says so."""
    path.parent.mkdir()
    for number in (1, 2):
        path.write_bytes(broken)
        Atom("feed", path=path).send(alert("1"))
        assert path.with_name(f"texas.xml.broken-{number}").read_bytes() == broken
        assert len(find(path, "//a:entry")) == 1
        assert f"texas.xml.broken-{number}" in find(path, "/a:feed/a:subtitle")[0]


def test_entities_in_a_file_are_not_followed(path: Path, tmp_path: Path) -> None:
    """A feed that somebody tampered with reads no other file."""
    (tmp_path / "private").write_text("private words")
    Atom("feed", path=path).send(alert("1"))
    text = path.read_text().replace("?>\n", f'?>\n<!DOCTYPE feed [<!ENTITY x SYSTEM "file://{tmp_path}/private">]>', 1)
    path.write_text(text.replace("monitor: texas", "&x;"))
    Atom("feed", path=path).send(alert("2"))
    assert "private words" not in path.read_text()


def test_two_at_once_lose_nothing(path: Path) -> None:
    """A command beside the daemon does not overwrite what the other one adds."""
    start = threading.Barrier(4)

    def add(first: int) -> None:
        channel = Atom("feed", path=path)
        start.wait()
        for number in range(first, first + 10):
            channel.send(alert(str(number)))

    threads = [threading.Thread(target=add, args=(10 * each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(find(path, "//a:entry/a:id"))) == 40


def test_a_folder_that_cant_be_written_may_pass(tmp_path: Path) -> None:
    """A full disk or a wrong owner is mended, and the alert goes then; nothing is left behind."""
    (tmp_path / "feeds").write_text("a file where the folder should be")
    with pytest.raises(TransportError, match=r"channel feed: .*texas.xml: File exists") as raised:
        Atom("feed", path=tmp_path / "feeds" / "texas.xml").send(alert())
    assert not raised.value.permanent


def test_no_half_written_file_stays(path: Path) -> None:
    """After each send there is the feed, and nothing else."""
    channel = Atom("feed", path=path)
    channel.send(alert("1"))
    channel.send(alert("2"))
    assert [each.name for each in path.parent.iterdir()] == ["texas.xml"]
