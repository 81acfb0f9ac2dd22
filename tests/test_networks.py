"""The program in a network as offices have it: behind a proxy with a login, with a certificate authority of its own.

The agency, a Slack-shaped room, a webhook, a service of Apprise and a time-stamp authority are reached by names that
only the proxy can look up; the mail server stands beside this machine.
"""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from monitor.evidence.captured import captured_version
from monitor.evidence.warc import warc, warc_records
from monitor.store.adopt import open_store
from monitor.store.archive import Archive
from monitor.store.queries import all_versions
from tests.support.authority import Authority, needs_openssl
from tests.support.proxy import LOGIN, PASSWORD, LocalProxy
from tests.support.servers import Reply, Server, speaking_tls
from tests.support.slack_endpoint import Endpoint, slack_limits
from tests.support.smtp import MailServer
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Commands, Ran

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # by a library that Apprise tries
PAGE = b"<!DOCTYPE html><html><title>Places</title><p>Our <a href='/roster.csv'>roster</a></p></html>"
ROWS = ("Bee County,TX", "Clay County,TX", "Frio County,TX")
MAIL_LOGIN = "desk:m4il-p4ss"
LISTS = {
    "roster": {
        "kind": "rolling",
        "format": "csv",
        "match": {"href": r"roster\.csv$"},
        "lists": {"roster": {"columns": {"name": ["Name"], "state": ["State"]}, "key": ["name", "state"]}},
    }
}


@dataclass(kw_only=True)
class Office:
    """All machines of the story; `settings` is the configuration, to be changed before a command."""

    monitor: Commands
    folder: Path
    agency: Server
    room: Endpoint
    hook: Endpoint
    other: Endpoint
    alarm: Server
    stamps: Authority
    mails: MailServer
    proxy: LocalProxy
    settings: dict[str, Any] = field(default_factory=dict)

    def publish(self, count: int) -> None:
        """Put a roster with so many places."""
        body = b"Name,State\n" + b"".join(f"{row}\n".encode() for row in ROWS[:count])
        self.agency.pages["/roster.csv"] = Reply(headers=(("Content-Type", "text/csv"),), body=body)

    def __call__(self, *arguments: object) -> Ran:
        """Run a command with the present configuration; no secret is ever printed."""
        self.monitor.config = self.folder / "config.yaml"
        self.monitor.config.write_text(json.dumps(self.settings))
        self.monitor.config.chmod(0o600)
        ran = self.monitor(*arguments)
        for secret in (PASSWORD, LOGIN, MAIL_LOGIN, "T0/B0/key"):
            assert secret not in ran.out + ran.err
        return ran

    def log(self) -> list[str]:
        """What was told, oldest first."""
        return [f"{row['kind']} {(row['after'] or row['before'])['name']}" for row in self("log", "--json").rows]

    def places(self) -> list[str]:
        """The current list."""
        return [row["fields"]["name"] for row in self("list", "places", "--json").rows]


def port_of(endpoint: Endpoint) -> int:
    """The port of an endpoint."""
    return int(endpoint.address().rpartition(":")[2].strip("/"))


@pytest.fixture
def office(monitor: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The office, on a working day."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("ROOM", "https://room.test/services/T0/B0/key")
    (tmp_path / "login").write_text(MAIL_LOGIN)
    (tmp_path / "login").chmod(0o600)
    with ExitStack() as exits:
        agency = Server({"/page": Reply(body=PAGE)}, tls=speaking_tls(ca.issue_cert("agency.test")))
        room = Endpoint(check=slack_limits, tls=speaking_tls(ca.issue_cert("room.test")))
        hook = Endpoint(tls=speaking_tls(ca.issue_cert("hook.test")))
        other = Endpoint(tls=speaking_tls(ca.issue_cert("other.test")))
        alarm = Server({"/ping": Reply()})
        mails = MailServer(starttls=speaking_tls(ca.issue_cert("localhost", "127.0.0.1")), login=("desk", "m4il-p4ss"))
        stamps = Authority(tmp_path / "tsa", tls=speaking_tls(ca.issue_cert("tsa.test")))
        for each in (agency, room, hook, other, alarm, mails, stamps):
            exits.enter_context(each)
        ports = (agency.port, *map(port_of, (room, hook, other, stamps.endpoint)), alarm.port)
        names = dict(zip(("agency", "room", "hook", "other", "tsa", "alarm"), ports, strict=True))
        names = {f"{name}.test": port for name, port in names.items()}
        proxy = exits.enter_context(LocalProxy(names=names, login=f"clerk:{PASSWORD}"))
        monkeypatch.setenv("OFFICE_PROXY", f"http://{LOGIN}@{proxy.name}")
        office = Office(
            monitor=monitor, folder=tmp_path, agency=agency, room=room, hook=hook, other=other, alarm=alarm,
            stamps=stamps, mails=mails, proxy=proxy,
        )  # fmt: skip
        office.settings = settings(office)
        office.publish(2)
        yield office


def settings(office: Office) -> dict[str, Any]:
    """The configuration."""
    way = {"proxy_env": "OFFICE_PROXY", "ca_file": str(office.folder / "authority.pem")}
    mail = {"kind": "email", "server": f"smtp://127.0.0.1:{office.mails.port}", "sender": "monitor@example.org"}
    channels = {
        "desk": mail
        | {"to": ["desk@example.org"], "login_file": str(office.folder / "login"), "ca_file": way["ca_file"]},
        "room": {"kind": "slack", "url_env": "ROOM"} | way,
        "hook": {"kind": "webhook", "url": "https://hook.test/hook"} | way,
        "other": {"kind": "apprise", "url": "jsons://other.test/notify"} | way,
    }
    return {
        "contact": "desk@example.org",
        "poll": way,
        "run": {"ping_url": "http://alarm.test/ping"} | way,
        "evidence": {
            "origin": "monitor.example.org/log",
            "stamp": {"authorities": [{"url": "https://tsa.test/tsa", "roots_file": str(office.stamps.roots)}]},
        },
        "sources": {"places": {"page": "https://agency.test/page", "reports": LISTS}},
        "channels": channels,
        "subscriptions": {
            "everything": {"channels": list(channels), "settle": "0s"},
            "watch": {"channels": ["desk"], "operator": {"after": 1}},
        },
    }


@needs_openssl
def test_all_goes_through_the_proxy_and_trusts_the_offices_authority(office: Office) -> None:
    """Poll, mail with STARTTLS and a login, room, webhook, Apprise and time stamp; the log is whole afterwards."""
    first = office("poll")
    assert (first.status, first.err) == (0, "")
    office.publish(3)
    assert office("poll").status == 0
    assert office.log() == ["added Frio County"]
    assert [len(each.posted) for each in (office.room, office.hook, office.other)] == [2, 2, 2]
    assert "Frio County" in json.dumps(office.room.payloads[1])
    assert office.hook.payloads[1]["data"]["entries"][0]["after"]["name"] == "Frio County"
    assert {"webhook-id", "webhook-timestamp"} <= office.hook.posted[1].headers.keys()
    assert "webhook-signature" not in office.hook.posted[1].headers
    assert "Frio County" in office.other.payloads[1]["message"]
    assert len(office.mails.mails) == 2
    del office.settings["poll"]["ca_file"]
    strange = office("stamp")
    assert strange.status == 1
    assert "gave no answer: TLS: unable to get local issuer certificate; if an authority" in strange.out + strange.err
    assert "with `poll.ca_file`" in strange.out + strange.err
    office.settings = settings(office)
    stamped = office("stamp")
    assert (stamped.status, len(office.stamps.replies)) == (0, 1)
    assert office("verify").status == 0
    assert set(office.proxy.logins) == {f"clerk:{PASSWORD}"}
    assert {each.partition("?")[0] for each in office.proxy.asked} == {
        f"CONNECT {name}.test:443" for name in ("agency", "room", "hook", "other", "tsa")
    }


def test_what_is_kept_says_that_a_proxy_was_asked(office: Office) -> None:
    """In the database, in a web archive file, in a packet and on the page; and nowhere which one, or its address."""
    assert office("poll").status == 0
    with open_store(office.monitor.state) as store:
        ((version, _),) = all_versions(store)
        archive = Archive(office.monitor.state / "archive")
        captured = captured_version(store, archive, version)
        content = warc([captured])
    assert captured.exchange is not None
    assert captured.exchange.by_proxy
    assert (captured.exchange.server_address, captured.exchange.server_port) == (None, None)
    assert captured.exchange.tls is not None
    (certificate,) = captured.certificates.values()
    assert b"agency.test" in certificate
    plain = b"".join(record.head + record.payload for record in warc_records([captured]))
    assert b'"proxy":true' in plain
    for kept in (content, plain, (office.monitor.state / "monitor.db").read_bytes()):
        assert b"WARC-IP-Address" not in kept
        assert office.proxy.name.encode() not in kept
        assert PASSWORD.encode() not in kept
    shutil.copy(office.monitor.config, office.monitor.state)
    with serving_of(office.monitor.state) as served:
        page = served.get("/version/places/roster/1").text
    assert "asked through a proxy, which alone knows its address; TLSv1.3" in page


def test_the_doctor_tells_how_servers_are_reached(office: Office) -> None:
    """That only names are checked, that a webhook is not signed; no alert and no sign of life is sent."""
    ran = office("doctor", "--json")
    found = [(row["level"], row["about"], row["what"]) for row in ran.rows]
    assert {about for level, about, _ in found if level == "fault"} == set()
    assert "authority.pem" not in ran.out  # which is no secret, and may be read by all
    through = f"through the proxy {office.proxy.name}"
    checked = "only names can be checked here, and no addresses, so private addresses are refused by name alone"
    assert ("ok", "poll", f"pages are asked {through}, which looks them up; {checked}") in found
    assert ("ok", "channel room", f"room.test answers {through} with TLS") in found
    assert ("ok", "channel hook", f"hook.test answers {through} with TLS") in found
    assert ("ok", "run", f"alarm.test is asked {through}, which answers; without TLS, not tried") in found
    assert ("ok", "channel desk", "127.0.0.1 takes mail from desk") in found
    unsigned = [what for level, about, what in found if (level, about) == ("warning", "channel hook")]
    assert unsigned == ["it has no secret, so alerts are sent unsigned: its receiver can't tell them from false ones"]
    assert (office.room.posted, office.hook.posted, office.alarm.requests, office.mails.mails) == ([], [], [], [])
    assert "channels.hook has no secret, so its alerts are sent unsigned" in office("config", "check").out


def test_the_doctor_tells_of_a_channel_whose_proxy_was_forgotten(office: Office) -> None:
    """And of a proxy whose address can't be read."""
    del office.settings["channels"]["room"]["proxy_env"]
    office.settings["channels"]["hook"] = {"kind": "webhook", "url": "https://hook.test/", "proxy_env": "NO_SUCH"}
    ran = office("doctor", "--json")
    assert ran.status == 1
    faults = {(row["about"], row["what"]): row["remedy"] for row in ran.rows if row["level"] == "fault"}
    hint = "; it may need a `proxy` of its own, as `poll` has one"
    forgotten = [remedy for (about, _), remedy in faults.items() if about == "channel room"]
    assert forgotten == [f"then `monitor test-alert room` tries it{hint}"]
    assert ("channel hook", "channels.hook.proxy: the variable NO_SUCH holds nothing") in faults
    assert not any(hint in remedy for (about, _), remedy in faults.items() if about != "channel room")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("407", "wants a login (407)"),
        ("502", "answered 502 Bad Gateway when it was asked for a way there"),
        ("close", "Server disconnected without sending a response"),
        ("hang", "not done after 1 seconds"),
    ],
)
def test_a_proxy_that_fails_is_a_failed_look_and_never_a_change(office: Office, how: str, said: str) -> None:
    """The list stays, nothing is logged, the operator is told of the proxy at the first look; then all is as before."""
    office.settings["subscriptions"]["everything"]["channels"] = ["desk"]
    assert office("poll").status == 0
    before = office.places()
    if how == "407":
        office.settings["poll"] = {"proxy": office.proxy.address, "ca_file": office.settings["poll"]["ca_file"]}
    else:
        office.proxy.answer = how
        office.settings["poll"]["timeout"] = "1s" if how == "hang" else "60s"
    failed = office("poll")
    assert failed.status == 1
    assert f"the proxy {office.proxy.name}" in failed.out + failed.err
    assert said in failed.out + failed.err
    assert (office.places(), office.log()) == (before, [])
    assert office.mails.mails[-1]["subject"] == "places: failed"
    told = office.mails.mails[-1].get_body(("plain",))
    assert told is not None
    assert said in " ".join(told.get_content().split())
    office.proxy.answer = ""
    office.settings = settings(office)
    assert office("poll").status == 0
    assert (office.places(), office.log()) == (before, [])
    assert office.mails.mails[-1]["subject"] == "places: works again"


@pytest.mark.parametrize(("content", "said"), [(None, "No such file or directory"), ("words", "holds no certificate")])
@pytest.mark.parametrize("section", ["poll", "run", "channels.desk", "channels.room"])
def test_a_file_of_authorities_that_is_none_is_a_fault_of_the_configuration(
    office: Office, content: str | None, said: str, section: str
) -> None:
    """With its key, and with what to write there; nobody is asked."""
    path = office.folder / "none.pem"
    if content:
        path.write_text(content)
    described = office.settings
    for part in section.split("."):
        described = described[part]
    described["ca_file"] = str(path)
    ran = office("poll")
    assert ran.status == 2
    assert f"config.yaml: {section}.ca_file: {path}" in ran.err
    assert said in ran.err
    assert "; name a file with the certificate of the authority, as text that begins with -----BEGIN" in ran.err
    assert office.proxy.asked == []


def test_without_the_file_the_offices_authority_is_told_as_unknown(office: Office) -> None:
    """For pages, mail, room and webhook, each with the key that helps."""
    for described in (office.settings["poll"], *office.settings["channels"].values()):
        del described["ca_file"]
    ran = office("poll")
    assert ran.status == 1
    assert "name the file of its certificate with `poll.ca_file`" in ran.out + ran.err
    for channel in ("desk", "room", "hook"):
        failed = office("test-alert", channel)
        assert failed.status == 1
        assert "TLS: unable to get local issuer certificate; nothing was sent" in failed.err
        assert "name the file of its certificate with `ca_file`" in failed.err
    assert office("test-alert", "other").status == 1
    assert (office.mails.mails, office.room.posted, office.hook.posted, office.other.posted) == ([], [], [], [])


def test_a_receivers_proxy_that_refuses_is_told(office: Office) -> None:
    """By channel, without the login; each is tried again later."""
    office.proxy.login = "clerk:another"
    for channel in ("room", "hook"):
        failed = office("test-alert", channel)
        assert failed.status == 1
        assert "its proxy wants a login, or does not take this one (407); correct it in `proxy_file`" in failed.err
    assert office("test-alert", "other").status == 1
    office.proxy.login, office.proxy.answer = f"clerk:{PASSWORD}", "502"
    assert "its proxy answered 502; see whether it may be asked for this" in office("test-alert", "room").err
    assert (office.room.posted, office.hook.posted, office.other.posted) == ([], [], [])
    assert office("test-alert", "desk").status == 0  # which needs no proxy


def test_the_environments_proxy_is_named_and_not_used(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by polls nor by Apprise, which would take it; the doctor says which key takes it."""
    for described in (office.settings["poll"], office.settings["run"], *office.settings["channels"].values()):
        described.pop("proxy_env", None)
    office.settings["channels"]["other"] = {"kind": "apprise", "url": f"json://127.0.0.1:{office.alarm.port}/notify"}
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://{LOGIN}@{office.proxy.name}")
    ran = office("doctor", "--json", "--offline")
    (found,) = [row for row in ran.rows if row["about"] == "proxy"]
    assert found["level"] == "warning"
    assert found["what"].startswith("HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy: set in the environment, and not")
    assert "`poll: { proxy_env: HTTPS_PROXY }`" in found["remedy"]
    office("test-alert", "other")
    assert office.proxy.asked == []
    assert office.alarm.paths() == ["/notify"]
    office.settings["poll"]["proxy_env"] = "HTTPS_PROXY"
    assert [row for row in office("doctor", "--json", "--offline").rows if row["about"] == "proxy"] == []
    office.settings["subscriptions"] = {}
    assert office("poll").status == 0
