"""`monitor doctor` finds what would go wrong, says how to mend it, and changes, makes and sends nothing."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import resource
import shutil
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from monitor.config.sources import SITE_MANIFEST
from monitor.demo import pages
from monitor.store import alerts
from monitor.store.database import Store
from monitor.upkeep.doctor import machine, network, stored
from monitor.upkeep.doctor.finding import Level
from tests.changelog.test_verify import ISSUES
from tests.support.paths import ROOT
from tests.support.servers import DEADLINE, Reply, Request, Server, speaking_tls
from tests.support.slack_endpoint import Endpoint
from tests.support.smtp import MailServer
from tests.upkeep.test_backup import damaged, take_in

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from tests.conftest import Commands, Ran


PAGE = pages.doj(datetime(2025, 9, 1, tzinfo=UTC))
LISTS = {"page": {"kind": "page", "format": "html", "lists": {"a": {"heading": "a", "item": "(?P<b>.+)"}}}}
AT = "2025-09-01T00:00:00Z"
PASSWORD = "s3cr3t-p4ss"
GONE = "the configuration no longer has it; put it back under this name, and they are sent"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with two versions of a list."""
    state = tmp_path_factory.mktemp("history") / "state"
    for day, rows in enumerate(ISSUES[:2]):
        take_in(state, rows, day=day)
    return state


@dataclass(kw_only=True)
class Doctor:
    """`monitor doctor` on a configuration that tests write."""

    commands: Commands
    folder: Path
    options: list[str] = field(default_factory=list)
    ran: Ran | None = None

    def __call__(self, **keys: Any) -> list[tuple[str, str, str]]:
        """Level, about and the finding with its remedy, of all that is not ok with these keys of the configuration."""
        return [found for found in self.all(**keys) if found[0] != "ok"]

    def all(self, **keys: Any) -> list[tuple[str, str, str]]:
        """All findings but those about this machine, whatever machine it is."""
        given = {"contact": "desk@example.org", "sources": {"one": {"page": "https://one.invalid/", "reports": LISTS}}}
        self.commands.config = self.folder / "config.yaml"
        self.commands.config.write_text(json.dumps(given | keys))
        self.commands.config.chmod(0o600)
        self.ran = self.commands("doctor", "--json", *self.options)
        found = [(row["level"], row["about"], f"{row['what']}; {row['remedy']}") for row in self.ran.rows]
        assert all(row["remedy"] for row in self.ran.rows if row["level"] != "ok")
        assert self.ran.status == (1 if "fault" in {level for level, *_ in found} else 0)
        assert PASSWORD not in self.ran.out
        return [each for each in found if each[1] not in {"versions", "sandbox"}]


@pytest.fixture
def doctor(monitor: Commands, tmp_path: Path, history: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """`monitor doctor` on a sound history, on a disk: of one in memory, where tests may keep their files, it warns."""
    shutil.copytree(history, monitor.state)
    (tmp_path / "mounts").write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    monkeypatch.setattr(stored, "MOUNTS", tmp_path / "mounts")
    return Doctor(commands=monitor, folder=tmp_path)


@pytest.fixture
def offline(doctor: Doctor) -> Doctor:
    """`monitor doctor --offline` on a sound history."""
    doctor.options = ["--offline"]
    return doctor


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """A certificate authority that this machine trusts, and no other."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


def page(*, ahead: timedelta = timedelta(), age: int = 0, **headers: str) -> Reply:
    """A publication page whose server's clock is ahead of ours."""
    date = format_datetime(datetime.now(UTC) + ahead - timedelta(seconds=age), usegmt=True)
    given = {"Content-Type": "text/html", "Date": date} | headers | ({"Age": str(age)} if age else {})
    return Reply(headers=tuple(given.items()), body=PAGE)


def sources(*servers: Server, private: bool = True) -> dict[str, Any]:
    """The keys of a configuration that watches these servers."""
    watched = {f"source-{number}": {"page": each.address(), "reports": LISTS} for number, each in enumerate(servers)}
    return {"sources": watched, "poll": {"allow_private_addresses": private, "timeout": f"{DEADLINE:.0f}s"}}


def quiet(*channels: str) -> dict[str, Any]:
    """Subscriptions that leave nothing to complain of."""
    return {"watch": {"channels": list(channels), "operator": True}}


def mail(server: MailServer, **keys: Any) -> dict[str, Any]:
    """A mail channel."""
    address = f"smtp://127.0.0.1:{server.port}"
    return {"kind": "email", "server": address, "sender": "m@example.org", "to": ["d@example.org"]} | keys


def secret(folder: Path, content: str, *, mode: int = 0o600) -> str:
    """A file with a secret."""
    path = folder / "secret"
    path.write_text(content)
    path.chmod(mode)
    return str(path)


def context(authority: trustme.CA) -> ssl.SSLContext:
    """A server's side of TLS that this machine trusts."""
    return speaking_tls(authority.issue_cert("127.0.0.1"))


def test_where_all_is_well_there_is_nothing_to_see_to(doctor: Doctor, authority: trustme.CA, tmp_path: Path) -> None:
    """Sources, channels, state and clock are looked at, nothing is sent or posted, and the exit status is 0."""
    login = secret(tmp_path, f"monitor:{PASSWORD}")
    tls = context(authority)
    with (
        Server({"/": page()}, tls=tls) as server,
        MailServer(starttls=tls, login=("monitor", PASSWORD)) as mails,
        Endpoint(tls=context(authority)) as room,
    ):
        hook = {"kind": "webhook", "url": room.address("/hook"), "secret_file": login}
        channels = {
            "desk": mail(mails, login_file=login),
            "room": {"kind": "slack", "url": room.address(f"/{PASSWORD}")},
            "hook": hook,
            "other": {"kind": "apprise", "url": f"json://user:{PASSWORD}@127.0.0.1/"},
            "feed": {"kind": "atom", "path": str(tmp_path / "feeds" / "texas.xml")},
        }
        found = doctor.all(**sources(server), channels=channels, subscriptions=quiet(*channels))
    assert {level for level, *_ in found} == {"ok"}, found
    said = {about: what for _, about, what in found}
    assert said["source source-0"].startswith(f"{server.address()} answers, {len(PAGE):,} bytes")
    assert said["clock"].startswith("within ")
    assert said["channel desk"].startswith("127.0.0.1 takes mail from monitor")
    assert said["channel room"].startswith("127.0.0.1 answers with TLS")
    assert said["archive"].startswith("2 kept files, ")
    assert said["daemon"].startswith("`monitor run` is not running")
    assert {"configuration", "state", "disk", "database", "limits", "channel hook", "channel feed"} <= said.keys()
    assert (room.posted, mails.mails, mails.envelopes) == ([], [], [])
    assert mails.connections == 1
    assert not (tmp_path / "feeds").exists()


def test_nothing_is_made_where_there_is_nothing(doctor: Doctor) -> None:
    """Before the first poll there is no state folder, and afterwards neither."""
    doctor.options = ["--offline"]
    shutil.rmtree(doctor.commands.state)
    said = {about: what for _, about, what in doctor.all()}
    assert said["state"].startswith(f"{doctor.commands.state} can be made in {doctor.folder}")
    assert not doctor.commands.state.exists()


def test_nothing_is_changed(offline: Doctor) -> None:
    """Database and archive are byte for byte as before."""

    def content() -> dict[str, bytes]:
        files = (path for path in offline.commands.state.rglob("*") if path.is_file() and path.stat().st_size)
        return {path.name: path.read_bytes() for path in files if path.suffix != ".db-shm"}

    before = content()
    offline()
    assert content() == before


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_all_faults_of_a_configuration_come_at_once(doctor: Doctor, options: tuple[str, ...]) -> None:
    """Exit status 2, each with its path; nothing else is looked at."""
    doctor.commands.config = doctor.folder / "config.yaml"
    doctor.commands.config.write_text(
        "contacts: me\npoll: {every: soon}\nsources: {one: {page: x, reports: {}}}\nchannels: {desk: {kind: email}}"
    )
    ran = doctor.commands("doctor", *options)
    assert ran.status == 2
    said = ran.out if options else ran.err
    for path in ("contacts", "poll.every", "sources.one.page", "sources.one.reports", "channels.desk.server"):
        assert f"config.yaml: {path}: " in said
    assert not options or {(row["level"], row["about"]) for row in ran.rows} == {("fault", "configuration")}


def test_subscriptions_that_name_nothing_are_faults_too(doctor: Doctor) -> None:
    """What a subscription names is looked for where it should be."""
    doctor.commands.config = doctor.folder / "config.yaml"
    doctor.commands.config.write_text(
        json.dumps({"sources": {"one": {"page": "https://x.gov", "reports": LISTS}}})[:-1]
        + ', "subscriptions": {"a": {"channels": ["nowhere"], "states": ["ZZ"]}}}'
    )
    ran = doctor.commands("doctor")
    assert (ran.status, ran.err.count("\n")) == (2, 2)


def test_who_is_told_is_looked_at(offline: Doctor, tmp_path: Path) -> None:
    """No channel at all, one that nothing is sent to, and nobody who hears of failures."""
    feed = {"kind": "atom", "path": str(tmp_path / "feed.xml")}
    (found,) = offline()
    assert found[:2] == ("warning", "configuration")
    assert "no channel: nobody is told of anything" in found[2]
    texas = {"texas": {"channels": ["feed"]}}
    unused, deaf = offline(channels={"feed": feed, "spare": feed}, subscriptions=texas)
    assert unused == ("warning", "channel spare", "no subscription sends to it; name it in one, or take it out")
    assert "no subscription has `operator: true`" in deaf[2]
    (silent,) = offline(contact="", channels={"feed": feed}, subscriptions=quiet("feed"))
    assert "contact is empty" in silent[2]


def test_secrets_are_for_their_owner_alone(offline: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that others can read, one that is not there, one that is empty, a variable that is not set."""
    monkeypatch.delenv("NOT_SET", raising=False)

    def found(**keys: str) -> list[tuple[str, str, str]]:
        return offline(channels={"room": {"kind": "slack"} | keys}, subscriptions=quiet("room"))

    url = f"https://example.org/{PASSWORD}"
    assert found(url_file=secret(tmp_path, url)) == []
    for mode in (0o644, 0o640, 0o602):
        path = secret(tmp_path, url, mode=mode)
        assert found(url_file=path) == [("warning", "channel room", f"{path}: others can read it; `chmod 600 {path}`")]
    for keys, said in (
        ({"url_file": str(tmp_path / "none")}, f"url: {tmp_path}/none: No such file or directory; "),
        ({"url_file": secret(tmp_path, " \n")}, "secret holds nothing; "),
        ({"url_env": "NOT_SET"}, "url: the variable NOT_SET holds nothing; "),
    ):
        ((level, about, what),) = found(**keys)
        assert (level, about, said in what) == ("fault", "channel room", True), what


def test_a_credential_of_systemd_is_guarded_by_its_folder(
    offline: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the mode of the file shows an access list, and nobody else comes in."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    path = secret(tmp_path, "https://example.org/", mode=0o440)
    assert offline(channels={"room": {"kind": "slack", "url_file": path}}, subscriptions=quiet("room")) == []


def test_a_configuration_with_secrets_is_for_its_owner(offline: Doctor) -> None:
    """One without may be read by anyone."""
    room = {"kind": "slack", "url": "https://example.org/"}
    assert offline(channels={"room": room}, subscriptions=quiet("room")) == []
    offline.commands.config.chmod(0o644)
    ran = offline.commands("doctor", "--offline")
    assert f"config.yaml holds secrets, and others can read it; `chmod 600 {offline.commands.config}`" in ran.out


def test_a_state_folder_that_is_none_is_a_fault(offline: Doctor) -> None:
    """A file stands where it should be."""
    shutil.rmtree(offline.commands.state)
    offline.commands.state.write_text("mine")
    found = [each for each in offline() if each[1] == "state"]
    assert [level for level, *_ in found] == ["fault"]
    assert "is no folder; name another with `state` in the configuration, or --state" in found[0][2]


def test_a_state_folder_of_another_user_is_told(offline: Doctor) -> None:
    """Root is warned that what it leaves is of no use to the daemon; another user can't write it at all."""
    if os.geteuid():
        (offline.commands.state / "archive").chmod(0o500)
        assert any("can't be written; it belongs to user" in what for *_, what in offline())
    else:
        os.chown(offline.commands.state / "monitor.db", 65534, 65534)
        found = [what for _, about, what in offline() if about == "state"]
        assert len(found) == 1
        assert f"{offline.commands.state}/monitor.db belongs to user 65534, and this is user 0" in found[0]


@pytest.mark.parametrize(
    ("kind", "level", "said"),
    [("tmpfs", "warning", "lies in memory (tmpfs); it is gone at the next start"), ("nfs4", "fault", "(nfs4)")],
)
def test_a_state_folder_on_no_disk_of_this_machine_is_told(offline: Doctor, kind: str, level: str, said: str) -> None:
    """In memory it does not last, and over a network it is damaged."""
    stored.MOUNTS.write_text(f"22 1 8:1 / / rw - {kind} none rw\n")
    ((found, _, what),) = [each for each in offline() if each[1] == "state" and said in each[2]]
    assert found == level
    assert str(offline.commands.state) in what


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv rw - nfs4 files:/export rw
31 30 8:2 / /srv/local\\040disk rw - xfs /dev/sdb1 rw
32 22 0:41 / /run rw - tmpfs tmpfs rw
33 22 0:42 / /srv2 rw - fuse.sshfs sshfs rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/monitor", "ext4"),
        ("/srv/monitor", "nfs4"),
        ("/srv/local disk/x", "xfs"),
        ("/run/x", "tmpfs"),
        ("/srv2", "fuse.sshfs"),
    ],
)
def test_the_file_system_of_a_folder_is_known(path: str, kind: str) -> None:
    """The deepest mount that a path lies under, blanks in its name too; without a table it is unknown."""
    assert stored.file_system(Path(path), MOUNTS) == kind
    assert stored.file_system(Path(path), "") == ""


def test_this_machine_says_what_its_root_is() -> None:
    """The real table is understood."""
    assert stored.file_system(Path("/proc/self"), stored.MOUNTS.read_text()) == "proc"


def test_a_disk_without_room_for_a_poll_is_a_fault(offline: Doctor) -> None:
    """Measured by the largest answer that the configuration allows."""
    found = [each for each in offline(poll={"max_bytes": "900000000GB"}) if each[1] == "disk"]
    assert [level for level, *_ in found] == ["fault"]
    assert "make room" in found[0][2]


def test_leftovers_of_long_ago_are_named(offline: Doctor) -> None:
    """What a write left behind a day and more ago; one that may be under way is none."""
    folder = next((offline.commands.state / "archive").glob("??"))
    (folder / ".new-now").write_text("half")
    assert not [each for each in offline() if each[1] == "archive"]
    (folder / ".new-old").write_text("half")
    os.utime(folder / ".new-old", (time.time() - 90_000,) * 2)
    ((level, _, what),) = [each for each in offline() if each[1] == "archive"]
    assert level == "warning"
    assert f"1 files of writes that were cut short, such as {folder}/.new-old; `find " in what


@pytest.mark.parametrize("harm", ["missing", "short", "all"])
def test_kept_files_that_are_not_there_are_a_fault(offline: Doctor, harm: str) -> None:
    """One is missing, or cut short, or the whole archive is gone; the remedy is a backup."""
    path = min((offline.commands.state / "archive").glob("??/*"))
    path.chmod(0o644)
    if harm == "all":
        shutil.rmtree(offline.commands.state / "archive")
    elif harm == "short":
        path.write_bytes(b"short")
    else:
        path.unlink()
    ((level, _, what),) = [each for each in offline() if each[1] == "archive"]
    assert level == "fault"
    assert what.startswith(f"{2 if harm == 'all' else 1} of 2 kept files are missing or cut short, such as ")


def test_a_damaged_database_is_a_fault(offline: Doctor) -> None:
    """A page of rubbish, and a file that is no database at all."""
    file = offline.commands.state / "monitor.db"
    damaged(file)
    found = [each for each in offline() if each[1] == "database"]
    assert found[0][0] == "fault"
    assert "see `monitor verify`; restore a backup with `monitor restore`" in found[0][2]
    file.write_bytes(b"rubbish" * 5000)
    found = [each for each in offline() if each[1] == "database"]
    assert [level for level, *_ in found] == ["fault"]
    assert "file is not a database" in found[0][2]


def test_what_waits_for_a_person_is_told(offline: Doctor, tmp_path: Path) -> None:
    """A source that fails, a disabled channel, deliveries that were given up, or wait for a channel that is gone."""
    feed = {"kind": "atom", "path": str(tmp_path / "feed.xml")}
    with Store(offline.commands.state) as store, store.transaction():
        for number, channel in enumerate(("feed", "gone")):
            alert = alerts.add(store, "watch", channels=[channel], at=AT, due_at=AT, joins=False, subject="s")
            (delivery,) = (each for each in alerts.open_deliveries(store) if each.alert_id == alert)
            if number == 0:
                alerts.mark_failed(store, delivery, fault="refused", next_attempt_at=None)
        alerts.disable_channel(store, "feed", fault="its folder is gone", at=AT)
        store.write(
            "INSERT INTO sources (name, polled_at, failures, fault) VALUES ('one', :at, 3, 'blocked: 403')", {"at": AT}
        )
    assert offline(channels={"feed": feed}, subscriptions=quiet("feed")) == [
        ("warning", "source one", "3 polls in a row failed: blocked: 403; see what the page says to a browser"),
        ("fault", "channel feed", "disabled: its folder is gone; mend it, then `monitor test-alert feed`"),
        ("warning", "channel feed", "1 deliveries were given up; mend it, then `monitor redeliver`"),
        ("warning", "channel gone", f"1 deliveries wait for it, and {GONE}"),
    ]


def test_a_running_daemon_is_told(offline: Doctor) -> None:
    """By the lock that it holds and that ends with it, with its process; one that is gone is not running."""
    path = offline.commands.state / ".daemon-lock"
    with path.open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        running = {about: what for _, about, what in offline.all()}
        assert running["daemon"].startswith("`monitor run` is running, process 4711")
    ended = {about: what for _, about, what in offline.all()}
    assert ended["daemon"].startswith("`monitor run` is not running")


@pytest.mark.parametrize(
    ("due", "level", "said"),
    [
        (timedelta(days=-1), "fault", "is not running on this state folder, and 1 alert should have been sent by now"),
        (timedelta(days=3), "warning", "is not running on this state folder, and 1 alert will be due"),
    ],
)
def test_a_daemon_that_does_not_run_while_alerts_wait_is_not_well(
    offline: Doctor, *, due: timedelta, level: str, said: str
) -> None:
    """What should have been sent is a fault, what is due later a warning; for a channel that is gone nothing waits."""
    at = f"{datetime.now(UTC) + due:%Y-%m-%dT%H:%M:%SZ}"
    with Store(offline.commands.state) as store, store.transaction():
        for channel in ("feed", "gone"):
            alerts.add(store, channel, channels=[channel], at=at, due_at=at, joins=False, subject="x")
    feed = {"kind": "atom", "path": str(offline.folder / "feed.xml")}
    found = [each for each in offline.all(channels={"feed": feed}, subscriptions=quiet("feed")) if each[1] == "daemon"]
    assert [each[0] for each in found] == [level]
    assert said in found[0][2]


def test_few_open_files_are_too_few(offline: Doctor) -> None:
    """The limit of this process is the limit of the daemon that is started as it was."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, before[1]))
    try:
        found = [each for each in offline() if each[1] == "limits"]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert [level for level, *_ in found] == ["warning"]
    assert found[0][2].startswith("128 open files are allowed; ")


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        *((each, False) for each in ((3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 2))),
        *((each, True) for each in ((3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 0), (4, 0, 0))),
    ],
)
def test_an_sqlite_that_can_damage_a_database_is_told(version: tuple[int, int, int], *, sound: bool) -> None:
    """By the versions that its own page names."""
    assert (machine.sqlite(version).level == Level.OK) is sound


def test_a_clock_before_any_release_is_wrong(tmp_path: Path) -> None:
    """A machine without a battery begins in 1970."""
    found = {each.about: each for each in machine.machine_findings(tmp_path, now=datetime(1970, 1, 1, tzinfo=UTC))}
    assert found["clock"].level == Level.FAULT
    assert "set the clock" in found["clock"].remedy


@pytest.mark.parametrize(
    ("ahead", "wrong"),
    [((2, 2, 2), "120 minutes behind"), ((-2, -2, -2), "120 minutes ahead of"), ((0, 0, 9), ""), ((0, 9, -9), "")],
)
def test_the_clock_is_compared_with_the_servers(doctor: Doctor, ahead: tuple[int, ...], wrong: str) -> None:
    """With the middle one of them: a server whose clock is wrong does not make ours wrong."""
    hours = [timedelta(hours=each) for each in ahead]
    with (
        Server({"/": page(ahead=hours[0])}) as one,
        Server({"/": page(ahead=hours[1], age=3000)}) as two,
        Server({"/": page(ahead=hours[2])}) as three,
    ):
        found = [what for _, about, what in doctor(**sources(one, two, three)) if about == "clock"]
    assert bool(found) is bool(wrong)
    if wrong:
        assert f"{wrong} what 3 servers say; set this machine's clock" in found[0]


def test_no_server_that_tells_the_time_is_no_finding() -> None:
    """Without one there is nothing to compare with."""
    assert list(network.clock_findings([])) == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(status=404), "404"),
        (Reply(status=403, body=b"<html>Access Denied</html>"), "403"),
        (Reply(headers=(("Content-Type", "text/html"),)), "empty"),
    ],
)
def test_a_source_that_gives_no_page_is_a_fault(doctor: Doctor, reply: Reply, said: str) -> None:
    """Gone, blocked or empty, as a poll would say it."""
    with Server({"/": reply}) as server:
        found = [each for each in doctor(**sources(server)) if each[1] == "source source-0"]
    assert [level for level, *_ in found] == ["fault"]
    assert said in found[0][2]


def test_the_rules_of_a_poll_hold_for_the_doctor(doctor: Doctor) -> None:
    """A private address is not asked unless that is allowed, and a redirect elsewhere is not followed."""
    with Server({"/": page()}) as server, Server({"/": page()}, host="127.0.0.2") as elsewhere:
        found = [what for _, about, what in doctor(**sources(server, private=False)) if about == "source source-0"]
        assert "no public address" in found[0]
        assert server.requests == []
        server.pages["/"] = Reply(status=302, headers=(("Location", elsewhere.address()),))
        found = [what for _, about, what in doctor(**sources(server)) if about == "source source-0"]
        assert "leads to the host '127.0.0.2'" in found[0]
        assert elsewhere.requests == []


def test_a_source_out_of_reach_is_a_fault(doctor: Doctor) -> None:
    """No such host, and a host that refuses; the remedy is for a person, not for the next poll."""
    with Server() as server:
        pass
    given = sources(server)
    given["sources"]["other"] = {"page": "https://no-such-host.invalid/", "reports": LISTS}
    found = {about: what for level, about, what in doctor(**given) if level == "fault"}
    assert "refused; see what the address says to a browser" in found["source source-0"]
    assert "no such host" in found["source other"]


def test_a_certificate_is_looked_at(doctor: Doctor, authority: trustme.CA) -> None:
    """One that runs out soon is a warning, one that nobody vouches for a fault."""
    soon = speaking_tls(authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=3)))
    strange = speaking_tls(trustme.CA().issue_cert("127.0.0.1"))
    with Server({"/": page()}, tls=soon) as one, Server({"/": page()}, tls=strange) as two:
        found = [each for each in doctor(**sources(one, two)) if each[1].startswith("source")]
    assert [(level, about) for level, about, _ in found] == [
        ("warning", "source source-0"),
        ("fault", "source source-1"),
    ]
    assert f"runs out on {datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}" in found[0][2]
    assert "TLS: " in found[1][2]


def test_a_mail_server_that_would_not_take_mail_is_a_fault(
    doctor: Doctor, authority: trustme.CA, tmp_path: Path
) -> None:
    """A wrong login, no STARTTLS, a strange certificate: each by name, and none with the password."""
    login = secret(tmp_path, f"monitor:{PASSWORD}")
    strange = speaking_tls(trustme.CA().issue_cert("127.0.0.1"))
    with (
        Server({"/": page()}) as server,
        MailServer(starttls=context(authority), login=("monitor", "another")) as wrong,
        MailServer() as plain,
        MailServer(tls=strange) as doubtful,
        MailServer(tls=context(authority)) as good,
    ):
        channels = {
            "wrong": mail(wrong, login_file=login),
            "plain": mail(plain, tls="starttls"),
            "doubtful": mail(doubtful, tls="tls"),
            "good": mail(good, tls="tls"),
        }
        found = doctor(**sources(server), channels=channels, subscriptions=quiet(*channels))
        assert [each.envelopes for each in (good, plain, wrong)] == [[], [], []]
    said = {about: (level, what) for level, about, what in found}
    assert said["channel wrong"] == (
        "fault", "127.0.0.1: refused the login (535); correct it; then `monitor test-alert wrong` tries it",
    )  # fmt: skip
    assert "no STARTTLS" in said["channel plain"][1]
    assert "TLS: " in said["channel doubtful"][1]
    assert "channel good" not in said


def test_a_receiver_out_of_reach_is_a_fault(doctor: Doctor, tmp_path: Path) -> None:
    """Slack and webhooks that don't answer, an address that Apprise does not know, a feed where none can be."""
    (tmp_path / "file").write_text("")
    with Endpoint() as room:
        pass
    hook = {"kind": "webhook", "url": room.address(f"/{PASSWORD}"), "secret_file": secret(tmp_path, "whsec_MDE=")}
    channels = {
        "room": {"kind": "slack", "url": room.address(f"/{PASSWORD}")},
        "hook": hook,
        "other": {"kind": "apprise", "url": f"nothing://{PASSWORD}"},
        "feed": {"kind": "atom", "path": str(tmp_path / "file" / "feed.xml")},
    }
    with Server({"/": page()}) as server:
        found = doctor(**sources(server), channels=channels, subscriptions=quiet(*channels))
    assert [(level, about) for level, about, _ in found] == [("fault", f"channel {name}") for name in channels]
    said = [what for *_, what in found]
    assert said[0].startswith("127.0.0.1: no connection: Connection refused; ")
    assert "none that Apprise knows" in said[2]
    assert f"{tmp_path}/file can't be written" in said[3]


def test_offline_nobody_is_asked(offline: Doctor) -> None:
    """Neither sources nor channels, and no name is looked up."""
    with Server({"/": page()}) as server, MailServer() as mails:
        channels = {"desk": mail(mails)}
        assert offline(**sources(server), channels=channels, subscriptions=quiet("desk")) == []
        assert (server.connections, mails.connections) == (0, 0)


def test_sources_are_asked_side_by_side(doctor: Doctor) -> None:
    """A page that answers only once the other was asked too: one after the other, neither would."""
    both = threading.Barrier(2)

    def wait(_: Request) -> Reply:
        both.wait(DEADLINE / 2)
        return page()

    with Server({"/": wait}) as one, Server({"/": wait}) as two:
        found = doctor(**sources(one, two))
    assert [about for _, about, _ in found] == ["configuration"]


def test_lines_are_for_people_and_a_table_for_terminals(offline: Doctor) -> None:
    """In a pipe a line for each finding and the counts; on a terminal a table, with colours."""
    offline()
    ran = offline.commands("doctor", "--offline")
    assert "warning  configuration: no channel: nobody is told of anything; add `channels`" in ran.out
    assert ran.out.splitlines()[-1] in {"1 warning", "2 warnings", "3 warnings"}
    assert "\x1b" not in ran.out
    ours, theirs = pty.openpty()
    command = ["--config", str(offline.commands.config), "--state", str(offline.commands.state), "doctor", "--offline"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", *command], cwd=ROOT, stdout=theirs, stderr=subprocess.DEVNULL, env=environment
    )
    os.close(theirs)
    shown = b"".join(_until_the_end(ours)).decode()
    assert process.wait(DEADLINE) == 0
    assert "\x1b[33mwarning" in shown
    assert "finding" in shown


def _until_the_end(terminal: int) -> Iterator[bytes]:
    """What comes out of a terminal until its other side is closed."""
    with closing(os.fdopen(terminal, "rb", buffering=0)) as screen:
        while True:
            try:
                piece = screen.read(4096)
            except OSError:  # how Linux says that the other side is closed
                return
            if not piece:
                return
            yield piece


def test_the_address_to_ping_is_reached_and_not_pinged(doctor: Doctor) -> None:
    """A ping would say that the daemon lives; an address that nobody answers is a fault, and is not repeated."""
    with Server({"/": page()}) as server, Server() as watch:
        found = doctor.all(**sources(server), run={"ping_url": watch.address(f"/{PASSWORD}")})
        assert [what for _, about, what in found if about == "run"] == ["127.0.0.1 answers; without TLS; "]
        assert watch.requests == []
        gone = {"ping_url": f"https://127.0.0.1:1/{PASSWORD}"}
        ((level, _, what),) = [each for each in doctor(**sources(server), run=gone) if each[1] == "run"]
    assert (level, what.startswith("ping_url: 127.0.0.1: no connection: ")) == ("fault", True)


def test_a_login_that_is_none_is_a_fault(doctor: Doctor, tmp_path: Path) -> None:
    """Without a colon, or with letters that SMTP can't send: said before anybody is asked."""
    with Server({"/": page()}) as server, MailServer() as mails:
        for login in ("monitor", "monitor:pässwörd"):
            channel = mail(mails, tls="none", login_file=secret(tmp_path, login))
            found = doctor(**sources(server), channels={"desk": channel}, subscriptions=quiet("desk"))
            ((level, about, what),) = found
            assert (level, about) == ("fault", "channel desk")
            assert "its login is not written as user:password on one line, in ASCII; correct it" in what
        assert mails.connections == 0


def test_a_browser_that_is_needed_and_missing_is_a_fault(
    offline: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It names the source and the package; without such a source nothing is said of browsers."""
    source = {"page": "https://one.invalid/", "reports": LISTS}
    monkeypatch.setenv("PATH", str(tmp_path))
    found = offline.all(sources={"one": source | {"render": "browser"}})
    what = "one: `render: browser`, but no Chromium is installed; `apt-get install chromium`"
    assert ("fault", "browser", what) in found
    assert [about for _, about, _ in offline.all(sources={"one": source}) if about == "browser"] == []


def test_the_static_site_is_looked_at(offline: Doctor, tmp_path: Path) -> None:
    """Without an address, not written yet, written long ago, and in a folder that can't be written."""
    folder = tmp_path / "site"
    web = {"publish": {"folder": str(folder), "address": "https://lists.example.org"}}

    def found(**given: object) -> list[tuple[str, str, str]]:
        return [each for each in offline(**given) if each[1] == "static site"]

    assert found() == []
    (never,) = found(web=web)
    assert (never[0], f"nothing was published to {folder} yet" in never[2]) == ("warning", True)
    folder.mkdir()
    manifest = folder / SITE_MANIFEST
    manifest.write_text("{}", encoding="utf-8")
    os.utime(manifest, (1, 1))
    (old,) = found(web=web)
    assert "was last written at 1970-01-01 00:00 UTC" in old[2]
    manifest.touch()
    assert [each for each in found(web={"publish": {"folder": str(folder)}}) if "no address" in each[2]] != []
    (folder / "file").touch()
    (broken,) = found(web={"publish": {"folder": str(folder / "file")}})
    assert (broken[0], "can't be written" in broken[2]) == ("fault", True)
