"""The page on which a description is tried: what it shows, what it refuses, and that hostile files stay text."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from monitor.config.file import load
from monitor.config.shelf import on_shelf
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.program import Program
from monitor.web import server as web_server
from monitor.web.trial import TrialSite, trial_application
from tests.support.paths import ROOT
from tests.support.shelf_files import MADE
from tests.web.conftest import asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.conftest import Commands

AT = datetime(2026, 1, 5, tzinfo=UTC)
DESCRIPTION = """\
banks:
  page: https://www.example.gov/banks
  reports:
    failed:
      kind: rolling
      format: csv
      match: { href: 'banks' }
      lists:
        failed:
          columns: { bank: [Bank], city: [City], state: [State], closed: { header: [Closed], kind: date } }
          key: [bank]
          jurisdiction: { name: city, state: state, level: place }
"""
OLDER = """\
Bank,City,State,Closed,Fund
First Bank,Waco,TX,5-Feb-10,7
Second Bank,Austin,TX,soon,8
Third Bank,Nowhere,TX,,9
"""
NEWER = OLDER.replace("Waco", "Austin")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPage:
    """The page at an address of this machine, with its configuration file."""

    address: str
    config: Path
    client: httpx.Client

    @property
    def token(self) -> str:
        """The secret in its form."""
        found = re.search(r'name="token" value="([^"]+)"', self.client.get(self.address).text)
        assert found
        return found[1]

    def send(self, *files: tuple[str, bytes], headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Send the form as a browser does, each field with a part of its own."""
        sent = {"token": self.token, "source": "", "report": "", "addresses": "", "description": ""} | fields
        parts: list[Any] = [(name, (None, value)) for name, value in sent.items()]
        parts += [(field, file) for field, file in zip(("older", "newer"), files, strict=False)]
        if not files:
            parts.append(("older", ("", b"")))
        return self.client.post(self.address, files=parts, headers=headers)


@contextmanager
def serving_trial(config: Path) -> Iterator[TrialPage]:
    """The page, served by a thread as the command serves it."""
    with Program(config_path=config) as program, web_server.bound("127.0.0.1", 0) as listening:
        site = TrialSite(load=lambda: load(config), trial=program.trial)
        server = web_server.server(trial_application(site))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with asking() as client:
                yield TrialPage(address=f"http://127.0.0.1:{listening.getsockname()[1]}/", config=config, client=client)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def trial_page(tmp_path: Path) -> Iterator[TrialPage]:
    """The page with the default configuration, and one source from the shelf."""
    config = tmp_path / "config.yaml"
    default = (ROOT / "config.yaml").read_text(encoding="utf-8")
    shelved = on_shelf()["fdic-failed-banks"].as_source("fdic-failed-banks")
    config.write_text(default.replace("sources:\n", f"sources:\n{shelved}\n", 1), encoding="utf-8")
    with serving_trial(config) as found:
        yield found


def test_the_form_is_there_with_every_source(trial_page: TrialPage) -> None:
    """It is never kept, takes no script to send, and is shown in no other site's frame."""
    answer = trial_page.client.get(trial_page.address)
    assert answer.status_code == 200
    for name in load(trial_page.config).sources:
        assert f"<option>{name}</option>" in answer.text
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert trial_page.client.get(trial_page.address + "static/style.css").status_code == 200
    assert trial_page.client.get(trial_page.address + "log").status_code == 404


def test_two_files_show_lists_and_what_would_be_told(trial_page: TrialPage) -> None:
    """Of a source of the configuration, by the names of the files."""
    made = MADE["fdic-failed-banks"]
    answer = trial_page.send((made.file, made.older), (made.file, made.newer), source="fdic-failed-banks")
    assert answer.status_code == 200
    assert "banks: 2 records" in answer.text
    assert "Chicago, IL" in answer.text
    assert "1 amendment would be told" in answer.text
    assert "Metropolitan" in answer.text
    assert answer.text.count(f"<h2>{made.file}</h2>") == 2
    assert str(trial_page.config.parent) not in answer.text


def test_what_nobody_is_told_of_is_counted_apart(trial_page: TrialPage) -> None:
    """Another form of the same name is logged, and no amendment that would be told."""
    newer = OLDER.replace("Waco", "WACO").replace("8\n", "8\nFourth Bank,Bell,TX,,1\n")
    answer = trial_page.send(("banks.csv", OLDER.encode()), ("banks.csv", newer.encode()), description=DESCRIPTION)
    assert "1 amendment would be told" in answer.text
    assert "1 more would be logged, of which nobody is told" in answer.text
    assert "Fourth Bank" in answer.text


def test_a_description_is_tried_in_place_of_a_source(trial_page: TrialPage) -> None:
    """With columns that it leaves out, dates that are none, unknown places; the text stays in the form."""
    for text in (DESCRIPTION, "sources:\n" + "".join(f"  {line}\n" for line in DESCRIPTION.splitlines())):
        answer = trial_page.send(("banks.csv", OLDER.encode()), ("banks.csv", NEWER.encode()), description=text)
        assert answer.status_code == 200, answer.text
        assert "What banks reads" in answer.text
        assert "failed: 3 records" in answer.text
        assert "Columns that are described nowhere" in answer.text
        assert "closed &#39;soon&#39;" in answer.text
        assert "Records whose place is not known" in answer.text
        assert "1 amendment would be told" in answer.text
        assert "match: { href: &#39;banks&#39; }" in answer.text


def test_a_source_without_files_has_its_page_asked(tmp_path: Path) -> None:
    """Links, the file that matches, and others that match nothing; the configuration is read anew each time."""
    with Publisher() as publisher:
        body = b"<!DOCTYPE html><main><a href='/banks-1.csv'>Banks</a> <a href='/other.xlsx'>Other</a></main>"
        publisher.publish("/banks", body, content_type=HTML_TYPE, at=AT)
        publisher.publish("/banks-1.csv", OLDER.encode(), content_type="text/csv", at=AT)
        text = "".join(f"  {line}\n" for line in DESCRIPTION.splitlines())
        text = text.replace("https://www.example.gov", publisher.address)
        config = tmp_path / "own.yaml"
        config.write_text(f"poll: {{ allow_private_addresses: true }}\nsources:\n{text}", encoding="utf-8")
        with serving_trial(config) as page:
            answer = page.send(source="banks")
            assert "failed: 1 link matches" in answer.text
            assert "/other.xlsx" in answer.text
            assert "failed: 3 records" in answer.text
            config.write_text(
                config.read_text(encoding="utf-8").replace("href: 'banks'", "href: 'nothing'"), encoding="utf-8"
            )
            answer = page.send(source="banks")
            assert "failed: no link matches" in answer.text
            assert "no link on the page matches" in answer.text
            answer = page.send(source="banks", addresses=f"{publisher.address}/banks-1.csv")
            assert "failed: 3 records" in answer.text


def test_private_addresses_are_refused_as_by_a_poll(trial_page: TrialPage) -> None:
    """The page is no way into the network of the machine."""
    with Publisher() as publisher:
        publisher.publish("/banks.csv", OLDER.encode(), content_type="text/csv", at=AT)
        text = DESCRIPTION.replace("https://www.example.gov", publisher.address)
        for addresses in (f"{publisher.address}/banks.csv", ""):
            answer = trial_page.send(description=text, addresses=addresses)
            assert answer.status_code == 400
            assert "private" in answer.text
            assert "First Bank" not in answer.text
    own = trial_page.send(source="fdic-failed-banks", addresses=trial_page.config.as_uri())
    assert "is no web address" in own.text


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_hostile_files_stay_text(trial_page: TrialPage) -> None:
    """Cells, headers, names of files and descriptions are escaped, wherever they are shown."""
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    row = ",".join([quoted] * 5)
    content = f"Bank,City,State,Closed,{quoted}\n{row}\nA,B,TX,javascript:alert(3),\u202ec\n"
    answer = trial_page.send(
        (f"{HOSTILE}.csv", content.encode()),
        ("../../../../etc/passwd", content.replace("A,B", "A,C").encode()),
        description=DESCRIPTION + f"# {HOSTILE}</textarea>",
    )
    assert answer.status_code == 200, answer.text
    assert "failed: 2 records" in answer.text
    for part in ("<script", "<img", "onerror=alert(2)>", "</textarea>\n#", 'href="javascript'):
        assert part not in answer.text.replace("</textarea>\n<span", "")
    assert "&lt;script&gt;" in answer.text
    assert answer.text.count("</textarea>") == 2
    assert "\u202e" not in answer.text
    assert "etc/passwd" not in answer.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "choose a source, or write a description"),
        ({"source": "nothing"}, "choose a source, or write a description"),
        ({"source": "ice-287g", "report": "weekly"}, "ice-287g has no report &#39;weekly&#39;; it has participating"),
        ({"source": "ice-287g", "addresses": "ftp://www.ice.gov/a.xlsx"}, "is no web address"),
        ({"source": "ice-287g", "addresses": "http://x/\n" * 11}, "give at most 10"),
        ({"description": "banks:\n  page: {{ x\n  y: 1\n"}, "description:3:"),
        ({"description": "sources:\n  banks:\n    page: 'x\n"}, "no valid YAML"),
        ({"description": "sources:\n  banks: { page: 7 }\n"}, "description: sources.banks.page: 7 is no web address"),
        ({"description": DESCRIPTION + DESCRIPTION.replace("banks:", "others:", 1)}, "give one source"),
        ({"description": "sources: {}\n"}, "here stands no source; give one"),
        ({"description": "x" * 200_001}, "too long"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_what_would_work(trial_page: TrialPage, fields: dict[str, str], said: str) -> None:
    """On the page, with the form to try again."""
    answer = trial_page.send(("a.csv", b"x"), headers=None, **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert '<form class="trial"' in answer.text


def test_a_file_that_can_not_be_read_is_said_to_be(trial_page: TrialPage) -> None:
    """Neither the page nor the next trial suffers."""
    for content in (b"", b"\x00\xff" * 5_000, b"%PDF-1.7\nnothing"):
        answer = trial_page.send(("banks.csv", content), description=DESCRIPTION)
        assert answer.status_code == 200
        assert "read:</strong>" in answer.text
    assert "failed: 3 records" in trial_page.send(("banks.csv", OLDER.encode()), description=DESCRIPTION).text


def test_a_form_of_another_site_is_refused(trial_page: TrialPage) -> None:
    """Without the secret of the page, from another origin, or under a name that others can point here."""
    files = ("banks.csv", OLDER.encode())
    for token in ("guess", ""):
        assert trial_page.send(files, description=DESCRIPTION, token=token).status_code == 403
    for headers in (
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://localhost:1"},
    ):
        answer = trial_page.send(files, description=DESCRIPTION, headers=headers)
        assert answer.status_code == 403, headers
        assert "First Bank" not in answer.text
    assert trial_page.send(files, description=DESCRIPTION, headers={"host": "evil.example"}).status_code == 421
    own = {"origin": trial_page.address.rstrip("/"), "sec-fetch-site": "same-origin"}
    assert trial_page.send(files, description=DESCRIPTION, headers=own).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""])
def test_what_is_no_form_is_refused(trial_page: TrialPage, content_type: str) -> None:
    """So is a form that breaks off, and any other method."""
    answer = trial_page.client.post(trial_page.address, content=b"source=x", headers={"content-type": content_type})
    assert answer.status_code == 400
    broken = {"content-type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="source"\r\n\r\nice-287g'
    assert trial_page.client.post(trial_page.address, content=body, headers=broken).status_code == 400
    assert trial_page.client.put(trial_page.address, content=b"").status_code == 405


def test_larger_files_than_a_poll_takes_are_refused(tmp_path: Path) -> None:
    """As a whole before they are kept, and each by itself."""
    config = tmp_path / "config.yaml"
    text = "".join(f"  {line}\n" for line in DESCRIPTION.splitlines())
    config.write_text(f"poll: {{ max_bytes: 10KB }}\nsources:\n{text}", encoding="utf-8")
    with serving_trial(config) as page:
        assert page.send(("banks.csv", b"a" * 1_100_000), source="banks").status_code == 413
        assert page.send(("banks.csv", b"a" * 20_000), source="banks").status_code == 400
        assert page.send(("banks.csv", OLDER.encode()), source="banks").status_code == 200


def test_a_faulty_configuration_is_told_on_the_page(trial_page: TrialPage) -> None:
    """And when it is mended, the page works again."""
    good = trial_page.config.read_bytes()
    trial_page.config.write_bytes(good.replace(b"kind: series", b"kind: serious", 1))
    answer = trial_page.client.get(trial_page.address)
    assert answer.status_code == 200
    assert "The configuration can&#39;t be read" in answer.text or "The configuration can't be read" in answer.text
    assert "ice-ddor.reports.weekly.kind" in answer.text
    assert trial_page.send(source="ice-287g").status_code == 400
    trial_page.config.write_bytes(good)
    assert "The configuration can" not in trial_page.client.get(trial_page.address).text


@pytest.mark.parametrize(
    "options",
    [
        ("--host", "0.0.0.0"),
        ("--host", "192.0.2.1"),
        ("--public",),
        ("--address", "https://monitor.example.org"),
    ],
)
def test_it_serves_this_machine_alone(monitor: Commands, options: tuple[str, ...]) -> None:
    """Whatever else is said."""
    ran = monitor("web", "--try", *options)
    assert ran.status == 2
    assert "--try serves this machine alone" in ran.err
