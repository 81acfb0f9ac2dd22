"""`monitor watch` adds a page by its address alone; what is told of it is what an editor would tell, and no more."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import yaml

from monitor.config.file import load
from tests.support.agency import COUNTIES, HTML, NEWS, Agency, prose, roster, ruled
from tests.support.servers import Reply, Server
from tests.support.slack_endpoint import Endpoint
from tests.support.smtp import MailServer
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from tests.conftest import Commands

UNCHECKED = "read by a drafted description that no person has checked"
CONFIG = """# mine
poll: {allow_private_addresses: true}
sources:
  other: # mine too
    page: https://other.example/
    reports: {page: {kind: page, format: html, lists: {notices: {paragraphs: x}}}}
"""


@pytest.fixture
def agency() -> Iterator[Agency]:
    """An agency's page with a spreadsheet and a guide."""
    with Server() as server:
        made = Agency(server)
        made.publish("roster.xlsx", roster(), "Roster of agencies")
        made.publish("guide.pdf", prose(), "Guide")
        yield made


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server."""
    with MailServer() as server:
        yield server


@pytest.fixture
def own(monitor: Commands, mail: MailServer) -> Commands:
    """`monitor` with a configuration of its own, and a subscription of everything by mail."""
    monitor.config = monitor.state.parent / "config.yaml"
    monitor.config.write_text(
        f"{CONFIG}channels:\n"
        f"  desk: {{kind: email, server: 'smtp://127.0.0.1:{mail.port}', tls: none, sender: monitor@example.org, "
        "to: [desk@example.org]}\n"
        "subscriptions:\n  all: {channels: [desk], settle: 0s}\n  ops: {channels: [desk], operator: true}\n",
        encoding="utf-8",
    )
    return monitor


def watched(own: Commands, agency: Agency) -> str:
    """What `watch` says of the agency's page, as the source `statistics`."""
    ran = own("watch", agency.address, "--pause", 0)
    assert ran.status == 0, ran.err
    return ran.out


def plain(mail: EmailMessage) -> str:
    """The text part of a mail, each run of blanks as one."""
    part = mail.get_body(("plain",))
    assert part
    return " ".join(part.get_content().split())


def told(own: Commands) -> list[tuple[str, str, str]]:
    """The kind, list and record of each entry of the log that is told."""
    rows = own("log", "--json").rows
    values = [(row["kind"], row["list"], row["after"] or row["before"]) for row in rows if row["kind"] != "cosmetic"]
    return [(kind, name, record.get("text") or record.get("file") or record["agency"]) for kind, name, record in values]


def test_an_address_is_enough(own: Commands, agency: Agency) -> None:
    """Two lists of the page, the spreadsheet's draft with its mark; what differed is left out, as patterns one sees."""
    before = own.config.read_text(encoding="utf-8")
    said = " ".join(watched(own, agency).split())
    source = load(own.config).sources["statistics"]
    assert source.title == "Detention statistics"
    assert source.page == agency.address
    page = source.reports["page"].lists
    assert {name: each.content for name, each in page.items()} == {"text": "text", "files": "files"}
    assert [each.pattern for each in page["text"].ignore] == [
        r"So far \d[\d.,:/-]* readers have",
        r"of your form is [\w=+/-]+\.",
    ]
    assert page["text"].not_in == ("#tip",)
    report = source.reports["roster"]
    assert (report.kind, report.checked) == ("rolling", False)
    assert source.reports["page"].checked
    assert list(report.lists["roster"].columns) == ["agency", "county", "state", "signed"]
    assert "left out of the text, because it differed between the looks" in said
    assert "guide.pdf" in said
    assert "of these files only the link is watched" in said
    assert "no person has checked, and each alert says so; look at them with `monitor try statistics`" in said
    for line in before.splitlines():
        assert line in own.config.read_text(encoding="utf-8").splitlines()
    assert own("config", "check").status == 0
    tried = own("try", "statistics")
    assert tried.status == 0, tried.err
    assert "list roster: 12 records" in tried.out


def test_nothing_is_told_where_only_tokens_dates_and_counters_change(
    own: Commands, agency: Agency, mail: MailServer
) -> None:
    """Ten polls after the first one make no version, no entry and no mail."""
    watched(own, agency)
    assert own("poll", "statistics").status == 0
    first = len(mail.mails)
    for _ in range(10):
        ran = own("poll", "statistics")
        assert (ran.status, ran.out) == (0, "statistics: nothing new\n")
    assert len(mail.mails) == first
    assert not told(own)
    assert {row["number"] for row in own("versions", "statistics", "--json").rows} == {1}


def test_what_changes_is_told_exactly(own: Commands, agency: Agency, mail: MailServer) -> None:
    """A corrected paragraph is one correction, a new file one addition, a new row one addition, marked as unchecked."""
    watched(own, agency)
    own("poll", "statistics")
    seen = len(mail.mails)
    agency.news[1] = NEWS[1].replace("second Friday", "third Friday")
    agency.publish("roster.xlsx", roster((*COUNTIES, "Hill")), "Roster of agencies")
    agency.publish("terms.pdf", prose(), "Terms of use")
    ran = own("poll", "statistics")
    assert ran.status == 0, ran.err
    assert sorted(told(own)) == [
        ("added", "files", "Terms of use"),
        ("added", "roster", "Hill County Sheriff"),
        ("corrected", "text", agency.news[1]),
    ]
    of_page, of_roster = sorted(mail.mails[seen:], key=lambda each: "roster" in each["subject"])
    assert of_page["subject"] == "Detention statistics: 1 added, 1 corrected"
    assert UNCHECKED not in plain(of_page)
    assert "on the third Friday of the month." in plain(of_page)
    assert "/files/terms.pdf" in plain(of_page)
    assert UNCHECKED in plain(of_roster)
    html = of_roster.get_body(("html",))
    assert html
    assert UNCHECKED in " ".join(html.get_content().split())
    log = " ".join(own("log", "--list", "roster").out.split())
    assert UNCHECKED in log
    assert UNCHECKED not in own("log", "--list", "text").out


def test_an_alert_that_waits_is_named(own: Commands, agency: Agency, mail: MailServer) -> None:
    """Nobody looks in vain for the mail: it is said until when its subscription lets it wait, and what sends it."""
    text = own.config.read_text("utf-8").replace("settle: 0s", 'settle: 0s, when: "0 8 1 1 *"')
    own.config.write_text(text, encoding="utf-8")
    watched(own, agency)
    ran = own("poll", "statistics")
    assert "an alert for all on desk waits until 20" in ran.out
    assert not mail.mails


def test_the_mark_goes_once_a_person_accepts(own: Commands, agency: Agency, mail: MailServer) -> None:
    """`sources accept` takes the marks out of the file, and nothing else; from then on alerts say nothing of it."""
    watched(own, agency)
    own("poll", "statistics")
    before = own.config.read_text(encoding="utf-8").splitlines()
    ran = own("sources", "accept", "statistics")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "statistics: the descriptions of roster count as checked by a person from now on\n"
    after = own.config.read_text(encoding="utf-8").splitlines()
    assert [line for line in before if "checked: false" not in line] == after
    assert len(before) == len(after) + 1
    seen = len(mail.mails)
    agency.publish("roster.xlsx", roster((*COUNTIES, "Hill")), "Roster of agencies")
    own("poll", "statistics")
    (message,) = mail.mails[seen:]
    assert UNCHECKED not in plain(message)
    assert own("sources", "accept", "statistics").status == 1
    assert "no description that waits" in own("sources", "accept", "statistics").err
    assert "no source 'unknown'" in own("sources", "accept", "unknown").err


@pytest.mark.parametrize("how", ["redesigned", "error page", "empty", "block page", "script"])
def test_another_page_at_the_address_is_held(own: Commands, agency: Agency, mail: MailServer, how: str) -> None:
    """A redesign, an error with status 200, an empty page, a block page: nothing is told as removed."""
    watched(own, agency)
    own("poll", "statistics")
    seen = len(mail.mails)
    links = "".join(f'<a href="/files/{name}">{title}</a>' for name, title in agency.titles.items())
    agency.body = {
        "redesigned": f"<main><h1>Numbers</h1><p>Welcome to our new site.</p><p>All is new here now.</p>{links}</main>",
        "error page": "<main><h1>Sorry</h1><p>We can't show you that at present, please come back.</p></main>",
        "empty": "<nav>Menu</nav>",
        "block page": "<h1>Access Denied</h1><p>You don't have permission to access this page. Reference #18.1a.2b</p>",
        "script": '<div id="root"></div><noscript>Please enable JavaScript.</noscript><script src="x.js"></script>',
    }[how]
    ran = own("poll", "statistics")
    assert ran.status == 1
    assert not told(own)
    assert all("removed" not in each["subject"] for each in mail.mails[seen:])
    agency.body = None
    ran = own("poll", "statistics")
    assert not told(own), told(own)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("not_in: ['#tip']", "not_in: ['#tip', h2, '#more']"),
        ("of your form is", "of your form is [^ ]*|From March on.*|more"),
        ("content: files", "content: files\n            ignore: 'roster|pdf'"),
    ],
)
def test_a_change_of_the_description_is_no_change_of_the_page(
    own: Commands, agency: Agency, mail: MailServer, old: str, new: str
) -> None:
    """What is left out from now on is not removed, and what is read again is not added; a change beside it is told."""
    watched(own, agency)
    own("poll", "statistics")
    seen = len(mail.mails)
    text = own.config.read_text(encoding="utf-8")
    assert old in text
    own.config.write_text(text.replace(old, new), encoding="utf-8")
    assert own("poll", "statistics").status == 0
    assert not told(own)
    own.config.write_text(text, encoding="utf-8")
    agency.news[2] = NEWS[2].replace("three days", "four days")
    assert own("poll", "statistics").status == 0
    assert told(own) == [("corrected", "text", agency.news[2])]
    assert len(mail.mails) == seen + 1
    assert own("verify").status == 0


def test_a_series_of_files_is_kept_as_reports_of_its_own(own: Commands, agency: Agency) -> None:
    """Several CSV files with a month in their names; a new one is read as the next report of the series."""
    header = "Facility,State,Beds\n"
    for month in range(1, 4):
        rows = "".join(f"{name} Center,TX,{10 * month + place}\n" for place, name in enumerate(COUNTIES))
        agency.publish(f"beds-2026-0{month}.csv", (header + rows).encode(), f"Beds, month {month}")
    watched(own, agency)
    source = load(own.config).sources["statistics"]
    assert (source.reports["beds"].kind, source.reports["beds"].checked) == ("series", False)
    assert own("poll", "statistics").status == 0
    kept = {row["report"] for row in own("versions", "statistics", "--json").rows}
    assert {"2026-01", "2026-02", "2026-03"} <= kept


def test_a_list_of_pdf_files_is_kept_and_a_corrected_one_is_told(
    own: Commands, agency: Agency, mail: MailServer
) -> None:
    """One report for each month; a row more in one that was replaced is one addition, and the mark stands above it."""

    def month(number: int, *more: str) -> bytes:
        rows = [[f"{name} Jail", "Texas", str(number * place)] for place, name in enumerate((*COUNTIES, *more), 3)]
        return ruled([["Facility", "State", "Beds"], *rows])

    for number in (1, 2):
        agency.publish(f"census-2026-0{number}.pdf", month(number), f"Census, month {number}")
    watched(own, agency)
    own("poll", "statistics")
    seen = len(mail.mails)
    agency.publish("census-2026-02.pdf", month(2, "Hill"), "Census, month 2")
    agency.publish("census-2026-03.pdf", month(3), "Census, month 3")
    ran = own("poll", "statistics")
    assert ran.status == 0, ran.err
    rows = own("log", "--json").rows
    assert sorted((row["kind"], row["list"], row["report"]) for row in rows) == [
        ("added", "census", "2026-02"),
        ("added", "files", "page"),
    ]
    marked = [each for each in mail.mails[seen:] if "census" in each["subject"].casefold()]
    assert marked
    assert all(UNCHECKED in plain(each) for each in marked)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (Reply(status=401, headers=HTML, body=b"<p>Log in</p>"), "asks for a sign-in; only a public page"),
        (Reply(status=404, headers=HTML, body=b"<p>No</p>"), "404 Not Found"),
        (Reply(headers=(("Content-Type", "application/pdf"),), body=prose()), "name the page that links the file"),
        (Reply(headers=HTML, body=b"<!doctype html><html><body><nav>Menu</nav></body></html>"), "no text of its own"),
        (
            Reply(headers=HTML, body=b"<html><body><div id=app></div><script src=a.js></script></body></html>"),
            "draws its content by a script",
        ),
        (Reply(status=302, headers=(("Location", "http://localhost:9/x"),)), "watch the address there instead"),
        (
            Reply(headers=HTML, body=b'<html><head><meta http-equiv="refresh" content="0;url=/new"></head><body><p>'
                  b"This page has moved to another place, to which you are led now at once.</p></body></html>"),
            "watch that page",
        ),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_watched_is_named_with_the_remedy(
    own: Commands, agency: Agency, page: Reply, said: str
) -> None:
    """Exit status 1; the configuration stays as it is."""
    before = own.config.read_bytes()
    agency.server.pages["/page"] = page
    ran = own("watch", agency.server.address("/page"), "--pause", 0)
    assert ran.status == 1
    assert said in ran.err
    assert own.config.read_bytes() == before


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://someone:secret@www.example.gov/page", "name a public page, without the login"),
        ("https://www.example.gov/files/roster.pdf", "is a file, and no page"),
        ("ftp://www.example.gov/page", "write it like https://www.example.gov/page"),
        ("http://[", "write it like https://www.example.gov/page"),
        ("https://www.example.gov:port/page", "write it like https://www.example.gov/page"),
        ("page.html", "write it like https://www.example.gov/page"),
        ("https://other.example/", "is the page of the source 'other' already"),
    ],
)
def test_an_address_that_is_none_of_a_page_is_refused(own: Commands, address: str, said: str) -> None:
    """Before anything is asked; a password is not repeated."""
    ran = own("watch", address)
    assert ran.status == 1
    assert said in ran.err
    assert "secret" not in ran.err


def test_a_private_address_is_refused_like_at_a_poll(own: Commands, agency: Agency) -> None:
    """Unless the configuration allows it."""
    own.config.write_text(CONFIG.replace("poll: {allow_private_addresses: true}\n", ""), encoding="utf-8")
    ran = own("watch", agency.address, "--pause", 0)
    assert ran.status == 1
    assert "no public address" in ran.err
    assert not agency.server.requests


def test_a_name_is_given_or_found(own: Commands, agency: Agency) -> None:
    """A taken name gets a number if it was found, and is a fault if it was given; the progress is shown."""
    ran = own("watch", agency.address, "--pause", 0, "--name", "other")
    assert ran.status == 1
    assert "has a source 'other' already" in ran.err
    watched(own, agency)
    ran = own("watch", agency.address, "--pause", 1, "--name", "again")
    assert ran.status == 0, ran.err
    assert "look 2 of 3 in 1 s" in ran.err
    agency.server.pages["/more/statistics"] = agency.server.pages["/statistics"]
    ran = own("watch", agency.server.address("/more/statistics"), "--pause", 0)
    assert ran.status == 0, ran.err
    assert list(load(own.config).sources) == ["other", "statistics", "again", "statistics-2"]


def test_what_cannot_be_left_out_is_said(own: Commands, agency: Agency) -> None:
    """A text that is another one at each look, in no part with a name, is told of before it is told each time."""
    turns = iter(("Blue skies over the bay", "Seven ducks swim fast", "Nobody knows this tune", "x", "y"))
    fixed = "".join(f"<p>{each}</p>" for each in NEWS)
    agency.server.pages["/page"] = lambda _: Reply(
        headers=HTML, body=f"<html><body><main><h1>Data</h1>{fixed}<p>{next(turns)}</p></main></body></html>".encode()
    )
    ran = own("watch", agency.server.address("/page"), "--pause", 0)
    assert ran.status == 0, ran.err
    assert "and is not left out" in ran.out
    assert "Seven ducks swim fast" in ran.out


def test_every_channel_says_that_nobody_has_checked(own: Commands, agency: Agency) -> None:
    """Slack, webhook and feed say it like the mail; the webhook has it beside the file too, and not for the page."""
    folder = own.config.parent
    with Endpoint() as endpoint:
        secrets = {
            "slack": endpoint.address("/services/T0/B0/key"),
            "hook": endpoint.address("/hook"),
            "key": "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0",
        }
        for name, secret in secrets.items():
            (folder / name).write_text(secret, encoding="utf-8")
            (folder / name).chmod(0o600)
        settings = yaml.safe_load(own.config.read_text(encoding="utf-8"))
        settings["channels"] = {
            "room": {"kind": "slack", "url_file": str(folder / "slack")},
            "hook": {"kind": "webhook", "url_file": str(folder / "hook"), "secret_file": str(folder / "key")},
            "feed": {"kind": "atom", "path": str(folder / "feed.xml")},
        }
        settings["subscriptions"] = {"all": {"channels": list(settings["channels"]), "settle": "0s"}}
        own.config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        watched(own, agency)
        ran = own("poll", "statistics")
        assert ran.status == 0, ran.err
        slack = [each.content.decode() for each in endpoint.posted if each.path != "/hook"]
        hook = [json.loads(each.content)["data"] for each in endpoint.posted if each.path == "/hook"]
    assert sorted(UNCHECKED in each for each in slack) == [False, True]
    assert {each["evidence"][0]["report"]: each["evidence"][0]["checked"] for each in hook} == {
        "page": True,
        "roster": False,
    }
    assert sorted(any(UNCHECKED in note for note in each["notes"]) for each in hook) == [False, True]
    assert (folder / "feed.xml").read_text(encoding="utf-8").count(UNCHECKED) == 1


def test_the_web_pages_say_that_nobody_has_checked(own: Commands, agency: Agency) -> None:
    """The log, the entry and the list; those of the page itself do not."""
    watched(own, agency)
    own("poll", "statistics")
    agency.publish("roster.xlsx", roster((*COUNTIES, "Hill")), "Roster of agencies")
    agency.news.append("A whole new paragraph, about something of which nothing was said before.")
    own("poll", "statistics")
    agency.news[0] = f"{NEWS[0]} {' '.join(NEWS)} {' '.join(NEWS)} It was told on Monday."
    own("poll", "statistics")
    agency.news[0] = agency.news[0].replace("told on Monday", "told on Friday")
    own("poll", "statistics")
    pages = ("/log?list=roster", "/list/statistics/roster", "/log?list=text", "/list/statistics/text")
    shutil.copy(own.config, own.state / "config.yaml")
    with serving_of(own.state) as served:
        said = {page: UNCHECKED in served.get(page).text.replace("Read by", "read by") for page in pages}
        entries = {row["list"]: row["id"] for row in own("log", "--json").rows}
        front = served.get("/").text
        of_entry = {name: served.get(f"/amendment/{number}").text for name, number in entries.items()}
    assert list(said.values()) == [True, True, False, False]
    assert {name: "that no person has checked" in page for name, page in of_entry.items()} == {
        "roster": True,
        "text": False,
    }
    assert "that no person has checked" in front
    assert "<del>Monday</del>" in front
    assert "<ins>Friday</ins>" in front
