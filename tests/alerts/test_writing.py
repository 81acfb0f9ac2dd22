"""What an alert looks like in each of its forms: nothing is lost, nothing takes effect, nothing exceeds a limit."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.alerts import writing
from monitor.alerts.message import Change, Item, LogState, Message, PageLink, SourceFiles
from monitor.alerts.writing.differences import marked
from monitor.alerts.writing.words import cut, numbers, shown, time_in_words
from monitor.model import AmendmentKind
from tests.support.messages import (
    ADDED,
    HEAD,
    HOSTILE,
    LOG,
    LONG,
    NEW,
    REPLACED,
    SITE,
    alert,
    full,
    hostile,
    huge,
    linked,
)
from tests.support.slack_endpoint import slack_limits

ANYTHING = st.text(max_size=400)
LINKS = {"http", "https", "cid"}
ELEMENTS = {"html", "head", "meta", "title", "body", "table", "tr", "td", "div", "span", "b", "i", "a", "img", "br"} | {
    "ins",
    "del",
}
FULL = """\
287(g), participating: 1 added, 15 corrected
============================================

* pending: first seen, 41 records

[participating]

+ Texas, Travis County: ADDED (entry 812)
    Travis County Sheriff's Office, Jail Enforcement Model

~ Indiana, Wayne County: CORRECTED (respelled) (entry 813)
    Green Forks Police Department
    agency
      - was: Green Forks Police Department
      + now: Greens Forks Police Department
                  ^
    moa
      - was: (empty)
      + now: https://www.ice.gov/doclib/about/offices/ero/287g/moa/greens-forks.pdf
    DOUBT: signed 2052-06-11, which is yet to come
    takes back entry 640

[section-2]

~ Texas, Travis County: CORRECTED (reattributed) (entries 814-827)
    14 records
    jurisdiction
      - was: Travis County State Jail
                           ^^^^^^
      + now: Travis County Jail

Picture in the HTML part: Before: page 12

Picture in the HTML part: Now: page 12

ICE 287(g) agreements, Participating agencies
---------------------------------------------
SILENT REPLACEMENT: the file at this address was exchanged for another one
  now
    file:          participatingAgencies07032025pm.xlsx
    address:       https://www.ice.gov/doclib/about/offices/ero/287g/participatingAgencies07032025pm.xlsx
    SHA-256:       9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f
    Last-Modified: Fri, 04 Jul 2025 13:48:01 GMT
    first seen:    2025-07-04 14:00:12 UTC
    kept copy:     monitor exhibit --version 9f9f9f9f9f9f9f9f --zip 9f9f9f9f.zip
  before
    file:          participatingAgencies07032025pm.xlsx
    address:       https://www.ice.gov/doclib/about/offices/ero/287g/participatingAgencies07032025pm.xlsx
    SHA-256:       6060606060606060606060606060606060606060606060606060606060606060
    Last-Modified: Fri, 04 Jul 2025 13:48:01 GMT
    first seen:    2025-07-04 13:45:10 UTC
    last seen:     2025-07-04 13:45:10 UTC
    kept copy:     monitor exhibit --version 6060606060606060 --zip 60606060.zip
  linked on:       https://www.ice.gov/identify-and-arrest/287g

Change log
----------
  head:            5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8
  checkpoint:      3,876 statements, root
                   c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4
  key:             SHA256:Hb2ApvRk2Gq5ZzmFhZ0yKMXc0l3BhGkzPDx0sQvJv9c
  see:             monitor log --source ice-287g --since 2025-07-04T14:00:12Z
"""


def folded(value: str) -> str:
    """A text without its line breaks and indentation."""
    return " ".join(value.split())


def read(page: str) -> BeautifulSoup:
    """What a browser makes of a page."""
    return BeautifulSoup(page, "lxml")


def of(value: str) -> Message:
    """An alert in which everything is one value."""
    change = Change(field=value, before=value, after=f"{value}!")
    item = Item(kind=AmendmentKind.CORRECTED, list=value, entries=(1,), place=value, what=value, changes=(change,))
    file = dataclasses.replace(REPLACED.file, name=value, url=value, sha256=value, last_modified=value, kept=value)
    files = dataclasses.replace(REPLACED, source=value, report=value, page=value, file=file)
    message = alert(subject=value, items=(item,), notes=(value,), files=(files,))
    return dataclasses.replace(message, head=value, log=value, checkpoint=LogState(size=1, root=value, key=value))


def test_the_text_says_it_all() -> None:
    """Place and state stand first, what differs is marked, the files with their hashes and the log's head follow."""
    assert writing.text(full()) == FULL


def test_text_is_narrow_where_values_allow() -> None:
    """No line is over 100 columns wide, except those that are one long word, or are there to be copied."""
    for line in writing.text(huge()).splitlines():
        assert len(line) <= 100 or re.fullmatch(r" *([- +a-zA-Z]+: +)?\S+", line)


@pytest.mark.parametrize("write", [writing.text, writing.html, writing.entry_html])
def test_nothing_of_a_thousand_amendments_is_lost(write: object) -> None:
    """Text, HTML and feed hold every one of 1,000 amendments and all of a value of 10,000 characters."""
    assert callable(write)
    said = write(huge())
    words = folded(said if write is writing.text else read(said).get_text())
    assert len(LONG) > 9_000
    assert folded(LONG) in words
    assert all(f"Agency number {number}, " in words for number in range(1, 1_000))


def test_hostile_text_stays_in_its_place() -> None:
    """No value starts a line of its own in the text, none hides, and none is missing."""
    said = writing.text(hostile())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said)
    assert not re.search("^(Bcc|QUIT|new body|[.])", said, re.MULTILINE)
    for value in HOSTILE:
        assert folded(shown(value)) in folded(said)


def test_hostile_html_is_shown_and_does_nothing() -> None:
    """No value becomes an element, an attribute or an address; each can be read."""
    page = read(writing.html(hostile()))
    assert {element.name for element in page.find_all(name=True)} <= ELEMENTS
    for element in page.find_all(name=True):
        assert not any(name.startswith("on") for name in element.attrs)
        for name in ("href", "src"):
            assert str(element.get(name, "cid:")).split(":")[0] in LINKS
    assert not page.find_all("a")  # a javascript: address is no link
    for value in HOSTILE:
        assert folded(shown(value)) in folded(page.get_text())


def test_html_needs_nothing_from_elsewhere() -> None:
    """There is no script, no style sheet, and no picture but those that come with the mail."""
    page = read(writing.html(full()))
    assert not page.find_all(["script", "style", "link", "iframe", "object", "form"])
    sources = [str(picture["src"]) for picture in page.find_all("img")]
    assert sources == [f"cid:{writing.content_id(each)}" for each in full().pictures]
    assert all(re.fullmatch(r"cid:[A-Za-z0-9._-]+@monitor", source) for source in sources)


def test_html_can_stand_on_its_own() -> None:
    """With pictures as data the page needs no mail around it."""
    page = read(writing.html(full(), picture=writing.data_address))
    assert all(str(picture["src"]).startswith("data:image/png;base64,iVBOR") for picture in page.find_all("img"))


def test_html_marks_letters_and_words() -> None:
    """In a word that was respelled the letters are marked; a phrase that was replaced is marked as one."""
    page = read(writing.html(full()))
    assert [each.get_text() for each in page.find_all("ins")] == ["s", full().items[1].changes[1].after]
    assert [each.get_text() for each in page.find_all("del")] == ["State "]


def test_a_feed_entry_is_a_piece_of_html_without_pictures() -> None:
    """A feed reader has no use for `cid:`; all the rest is there."""
    page = writing.entry_html(full())
    assert "<html" not in page
    assert "<img" not in page
    assert "Greens" in read(page).get_text()
    assert HEAD in page


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (REPLACED, "SILENT REPLACEMENT"),
        (NEW, "New file"),
        (dataclasses.replace(REPLACED, page=REPLACED.file.url), "The page itself changed"),
        (dataclasses.replace(REPLACED, before=None), "The file"),
    ],
)
def test_how_the_file_came_is_told_apart(files: SourceFiles, said: str) -> None:
    """A silent replacement, a new file, a page that changed and a file without one before it are called so."""
    message = dataclasses.replace(alert(), files=(files,))
    assert any(line.startswith(said) for line in writing.text(message).splitlines())
    assert said in writing.html(message)
    assert said in json.dumps(writing.slack(message))
    assert ("SILENT" in writing.text(message)) == (said == "SILENT REPLACEMENT")


def test_a_report_that_was_taken_down_is_called_so() -> None:
    """Withdrawn and restored read as what happened."""
    for kind, said in ((AmendmentKind.WITHDRAWN, "TAKEN DOWN"), (AmendmentKind.RESTORED, "BACK AGAIN")):
        item = Item(kind=kind, list="", entries=(7,), place="", what="participating")
        for form in (writing.text, writing.html, lambda message: json.dumps(writing.slack(message))):
            assert said in form(alert(items=(item,)))


def test_an_operators_alert_needs_no_items() -> None:
    """Notes alone make an alert."""
    message = Message(
        id="1", subscription="watch", thread="t", subject="blocked", created_at="2025-07-04T14:00:31Z", notes=("403",)
    )
    assert writing.text(message) == "blocked\n=======\n\n* 403\n"
    assert not slack_limits(json.dumps(writing.slack(message)).encode())
    assert "403" in read(writing.html(message)).get_text()


@pytest.mark.parametrize("message", [alert(), full(), hostile(), huge(), alert(items=(ADDED,) * 60)])
def test_slack_takes_every_alert(message: Message) -> None:
    """The payload is within the documented limits, and within the undocumented one of the whole."""
    assert slack_limits(json.dumps(writing.slack(message), ensure_ascii=False).encode()) == ""


def test_slack_says_how_many_it_leaves_out() -> None:
    """What does not fit is counted, with the way to see it."""
    blocks = writing.slack(huge())["blocks"]
    told = [each["text"]["text"] for each in blocks if each["type"] == "section"]
    shown_items = sum("ADDED" in each or "CORRECTED" in each for each in told)
    assert f"... and {1_000 - shown_items} more of 1,000 amendments; see them by: {LOG}" in told
    assert shown_items > 20


def test_slack_shows_where_a_long_value_differs() -> None:
    """A cut value is cut around the difference, and says how much is missing."""
    sections = [each["text"]["text"] for each in writing.slack(huge())["blocks"] if each["type"] == "section"]
    was, now = re.findall(r"(?m)^[-+] (?:was|now): (.*)", sections[0])
    assert "NOT" in now
    assert "NOT" not in was
    for side in (was, now):
        assert re.search(r"^\([\d,]+ characters alike\)", side)
        assert re.search(r"\([\d,]+ more characters\)$", side)


def test_slack_formats_no_value() -> None:
    """Values are plain text; marked-up text is ours, with links whose addresses can't end early."""
    message = dataclasses.replace(
        hostile(), files=(dataclasses.replace(REPLACED, page="https://a.example/x|y?b=1&c=*d*_e_~f~`g`"),)
    )
    payload = writing.slack(message)
    assert payload["mrkdwn"] is False
    texts = [block.get("text") or block.get("elements", [None])[0] for block in payload["blocks"]]
    marked_up = [text["text"] for text in texts if text and text["type"] == "mrkdwn"]
    page, file = marked_up[0].split(" · ")
    assert page == "<https://a.example/x%7Cy?b=1&amp;c=%2Ad%2A_e_~f~%60g%60|page>"
    assert file == f"<{REPLACED.file.url}|file>"
    assert not re.search(r"<(?!https)", json.dumps(payload))


@settings(deadline=None)  # machines may be busy
@given(ANYTHING)
@example("\ud800")
@example("https://a.example/\ud800\x00")
def test_every_form_takes_every_text(value: str) -> None:
    """Whatever a publisher writes, each form is valid and shows nothing hidden."""
    message = of(value)
    assert not slack_limits(json.dumps(writing.slack(message), ensure_ascii=False).encode())
    page = read(writing.html(message))
    assert {element.name for element in page.find_all(name=True)} <= ELEMENTS
    said = writing.text(message)
    assert said.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", said)
    assert folded(shown(value)) in folded(said)


@settings(deadline=None)  # machines may be busy
@given(ANYTHING, ANYTHING)
def test_marking_loses_nothing(before: str, after: str) -> None:
    """The pieces of a value are the value; what is not marked is the same on both sides."""
    old, new = marked(before, after)
    assert "".join(piece.text for piece in old) == before
    assert "".join(piece.text for piece in new) == after
    alike = ["".join(piece.text for piece in side if not piece.changed) for side in (old, new)]
    assert alike[0] == alike[1]


def test_marking_costs_little() -> None:
    """Two values of 100,000 characters that are hard to compare are told apart at once."""
    old, new = marked("a b " * 25_000, "b a c " * 16_000)
    assert sum(len(piece.text) for piece in (*old, *new)) == 196_000


@settings(deadline=None)  # machines may be busy
@given(st.integers(min_value=1, max_value=60_000))
def test_a_brief_alert_keeps_to_its_limit(limit: int) -> None:
    """However little a service takes, it gets no more."""
    assert len(writing.brief(full(), limit)) <= max(limit, 40)


def test_a_brief_alert_says_what_it_leaves_out() -> None:
    """At a chat's usual limit the rest is counted, with the way to see it."""
    said = writing.brief(huge(), 4_000)
    assert re.search(rf"\.\.\. and 9\d\d more of 1,000 amendments; see them by: {re.escape(LOG)}", said)
    assert HEAD in said
    assert "SILENT REPLACEMENT" in said


def test_entries_are_numbered_in_runs() -> None:
    """Many numbers are short to read."""
    assert numbers(()) == ""
    assert numbers((7,)) == "entry 7"
    assert numbers((12, 13, 14, 31)) == "entries 12-14, 31"


def test_values_are_made_safe_to_show() -> None:
    """A time reads as one, a cut value counts, and what is no time stays."""
    assert time_in_words("2025-07-04T14:00:12Z") == "2025-07-04 14:00:12 UTC"
    assert time_in_words("yesterday") == "yesterday"
    assert cut("abc", 3) == "abc"
    assert re.fullmatch(r"x+ \.\.\. \(\d+ more characters\)", cut("x" * 1_000, 100))
    assert len(cut("x" * 1_000, 100)) <= 100


PAGES = (
    f"{SITE}/amendment/812",
    f"{SITE}/record/{'9f' * 32}/participating/participating!812",
    f"{SITE}/jurisdiction/ocd-division/country:us/state:tx/county:travis",
    f"{SITE}/file/{'9f' * 32}",
    f"{SITE}/version/ice-287g/participating/7",
)


def test_entry_record_place_and_file_are_linked_in_every_long_form() -> None:
    """The text has the addresses on lines of their own, the HTML and Slack's blocks have links."""
    lines = {line.split()[-1] for line in writing.text(linked()).splitlines() if line.strip()}
    addresses = {link["href"] for link in read(writing.html(linked())).find_all("a")}
    blocks = json.dumps(writing.slack(linked()))
    for address in PAGES:
        assert address in lines
        assert address in addresses
        assert f"<{address}|" in blocks


def test_the_short_form_links_the_entry() -> None:
    """An alert by a short message leads to the page that leads to all others."""
    assert PAGES[0] in writing.brief(linked(), 1_000).splitlines()


def test_a_link_is_none_where_it_is_no_web_address() -> None:
    """Nothing but http and https becomes a link."""
    item = dataclasses.replace(linked().items[0], links=(PageLink(label="entry 812", address="javascript:alert(1)"),))
    message = dataclasses.replace(linked(), items=(item,))
    for form in (writing.text(message), writing.html(message), json.dumps(writing.slack(message))):
        assert "javascript" not in form


def test_a_note_links_our_own_pages_alone() -> None:
    """The kept copy is one click away; an address that a publisher wrote is text."""
    notes = (
        f"The copy that was kept: {PAGES[3]}",
        "DOUBT: see https://evil.example/x",
        "open https://monitor.example.org.evil.example/x",
    )
    page = read(writing.html(dataclasses.replace(linked(), notes=notes, files=())))
    addresses = [link["href"] for link in page.find_all("a")]
    assert PAGES[3] in addresses
    assert not [address for address in addresses if "evil" in str(address)]
