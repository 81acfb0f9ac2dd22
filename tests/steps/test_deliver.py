"""The outbox: what fails is tried again, given up or waits for a person; operators are told; nothing secret shows."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo import pages
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.demo.sheets import PENDING_COLUMNS, WITHOUT_DATE, Agreement, sheet
from monitor.fetch.fetcher import Fetcher
from monitor.program import Program
from monitor.sandbox.reader import Reader
from monitor.store import alerts
from tests.conftest import Commands
from tests.steps.test_corpus import XLSX
from tests.support.delivery import SECRET, subscribing
from tests.support.slack_endpoint import CUT, Answer, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.steps.outcomes import Delivered

SOURCE, PAGE = "ice-287g", "/identify-and-arrest/287g"
START = datetime(2025, 6, 2, 12, tzinfo=UTC)
QUARTER, SETTLED = timedelta(minutes=15), timedelta(minutes=2)
TOKEN = "T0PSECRET"
ROWS = tuple(
    Agreement(
        state="TEXAS",
        agency=f"{name} County Sheriff's Office",
        type="County",
        county=f"{name} County",
        model="Task Force Model",
        signed=date(2025, 2, 26),
    )
    for name in ("Bell", "Bexar", "Brazos", "Collin", "Comal", "Dallas", "Denton", "Ellis", "Hays", "Kerr", "Potter")
)
LATER = replace(ROWS[0], agency="Travis County Sheriff's Office", county="Travis County")
DOUBTFUL = replace(LATER, signed=date(2052, 6, 11))


@dataclass(kw_only=True)
class Desk:
    """The real program at a set time, its publisher, and the two receivers that alerts go to."""

    program: Program
    publisher: Publisher
    room: Endpoint
    desk: Endpoint
    at: datetime = START

    def publish(self, rows: tuple[Agreement, ...], *, pending: int = 3) -> None:
        """Put both spreadsheets on the page."""
        waiting = [replace(each, signed=None) for each in ROWS[:pending]]
        paths = {"participating": "/doc/participating.xlsx", "pending": "/doc/pending.xlsx"}
        self.put(paths["participating"], sheet(rows), XLSX)
        self.put(paths["pending"], sheet(waiting, PENDING_COLUMNS), XLSX)
        self.put(PAGE, pages.agreements(START, **paths), HTML_TYPE)

    def put(self, path: str, content: bytes, content_type: str) -> None:
        """Put something on the site."""
        self.publisher.publish(path, content, content_type=content_type, at=self.at)

    def poll(self, *, after: timedelta = QUARTER) -> None:
        """The first two steps, some time later."""
        self.at += after
        for _ in self.program.poll([SOURCE]):
            tuple(self.program.process())

    def deliver(self, *, after: timedelta = SETTLED) -> list[Delivered]:
        """The third step, some time later."""
        self.at += after
        return list(self.program.deliver())

    def deliver_on(self, channel: str) -> list[Delivered]:
        """The same on one channel alone: what operators are told of it then waits for the other one."""
        self.at += SETTLED
        return list(self.program.deliver_one(channel))

    def told(self, *rows: Agreement) -> None:
        """Let a version with these rows more be recorded, with its alert waiting."""
        self.publish((*ROWS, *rows))
        self.poll()

    @property
    def outbox(self) -> list[tuple[str, str, str, int]]:
        """What is not delivered: subscription, channel, status, attempts."""
        found = alerts.open_deliveries(self.program.store)
        return [(each.subscription, each.channel, each.status, each.attempts) for each in found]


def subjects(endpoint: Endpoint) -> list[str]:
    """What came in."""
    return [payload["data"]["subject"] for payload in endpoint.payloads]


def hook(endpoint: Endpoint, path: str) -> dict[str, object]:
    """A webhook channel to a receiver; its address is a secret too."""
    return {"kind": "webhook", "url": endpoint.address(f"/{path}/{TOKEN}"), "secret_env": "HOOK_SECRET"}


@contextmanager
def watching(folder: Path, reader: Reader, *, operator: object = True, **everything: object) -> Iterator[Desk]:
    """A program with a baseline; `room` takes what is subscribed to, `desk` what operators are told."""
    with Publisher() as publisher, Endpoint() as room, Endpoint() as desk:
        subscriptions = {
            "everything": {"channels": ["room"], "settle": "1m"} | everything,
            "watch": {"channels": ["room", "desk"], "operator": operator},
        }
        channels = {"room": hook(room, "room"), "desk": hook(desk, "desk")}
        subscribing(folder / "config.yaml", publisher.address, channels=channels, subscriptions=subscriptions)
        with Program(config_path=folder / "config.yaml", state_override=folder / "state") as program:
            watch = Desk(program=program, publisher=publisher, room=room, desk=desk)
            program.now = lambda: watch.at
            program.reader = reader
            program.fetcher = Fetcher(poll=program.config.poll, contact="tests", sleep=lambda _: None)
            with program.fetcher:
                watch.publish(ROWS)
                watch.poll()
                watch.deliver()
                yield watch


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One worker process for all tests."""
    with Reader() as reader:
        yield reader


@pytest.fixture
def desk(tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The usual one."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with watching(tmp_path, reader) as watch:
        yield watch


@pytest.fixture
def commands(desk: Desk, capsys: pytest.CaptureFixture[str]) -> Commands:
    """`monitor` on the same state folder, at the real time, which is later."""
    state = desk.program.state_override
    assert state
    return Commands(state=state, capture=capsys, config=desk.program.config_path)


def test_a_baseline_is_one_alert(desk: Desk) -> None:
    """Three reports seen for the first time: one alert with a line, no amendment, and nothing for operators."""
    assert subjects(desk.room) == [
        "ICE 287(g) agreements: first seen, 11 in Participating agencies, 3 in Pending agencies"
    ]
    (payload,) = desk.room.payloads
    assert payload["data"]["entries"] == []
    assert desk.desk.posted == []
    assert desk.outbox == []


def test_an_alert_names_the_state_of_the_evidence_log(desk: Desk, tmp_path: Path, commands: Commands) -> None:
    """Also the first one, which names no head of the change log, as that is empty; the history continues it."""
    (payload,) = desk.room.payloads
    assert payload["data"]["head"] == ""
    assert payload["data"]["checkpoint"]["key"] == ""
    desk.told(LATER)
    (tmp_path / "alert.json").write_text(json.dumps(payload), encoding="utf-8")
    ran = commands("verify", "--against", tmp_path / "alert.json")
    assert ran.status == 0
    assert f"the checkpoint of {payload['data']['checkpoint']['size']} statements; " in ran.out
    assert not ran.out.endswith("; 0 came since\n")


def test_an_upload_in_two_steps_is_one_alert(desk: Desk) -> None:
    """What comes within the settling time goes along; what comes after it is an alert of its own."""
    desk.told(LATER)
    desk.publish((*ROWS, LATER), pending=5)
    desk.poll(after=timedelta(seconds=50))
    assert desk.deliver(after=timedelta(seconds=5)) == []
    desk.deliver(after=timedelta(seconds=5))
    desk.publish((*ROWS, LATER), pending=6)
    desk.poll(after=timedelta(seconds=1))
    desk.deliver()
    assert subjects(desk.room)[1:] == [
        "ICE 287(g) agreements: 3 added in Texas",
        "ICE 287(g) agreements, Pending agencies: 1 added in Texas",
    ]


def test_nothing_joins_an_alert_that_was_tried(desk: Desk) -> None:
    """Even if it says that it is not due yet: what a receiver may have taken has its final words."""
    desk.told(LATER)
    (waiting,) = alerts.open_deliveries(desk.program.store)
    with desk.program.store.transaction():
        alerts.mark_tried(desk.program.store, waiting, next_attempt_at=waiting.next_attempt_at)
    desk.publish((*ROWS, LATER), pending=5)
    desk.poll(after=timedelta(seconds=10))
    desk.deliver()
    assert [len(payload["data"]["entries"]) for payload in desk.room.payloads] == [0, 1, 2]


def test_a_passing_fault_backs_off_and_is_tried_again(desk: Desk) -> None:
    """Ever more rarely, under the same id, until the receiver takes it."""
    desk.told(LATER)
    desk.room.answers += [Answer(status=503), CUT]
    (failed,) = desk.deliver()
    assert failed.fault
    assert "answered 503" in failed.fault
    assert desk.deliver(after=timedelta(seconds=20)) == []
    assert len(desk.deliver(after=timedelta(seconds=20))) == 1
    assert desk.deliver(after=timedelta(seconds=40)) == []
    assert desk.outbox == [("everything", "room", "waiting", 2)]
    (taken,) = desk.deliver(after=timedelta(seconds=40))
    assert taken.fault is None
    assert desk.outbox == []
    assert len({posted.headers["webhook-id"] for posted in desk.room.posted[1:]}) == 1
    assert desk.desk.posted == []  # operators need not hear of it


def test_a_receiver_that_asks_to_wait_is_left_alone(desk: Desk) -> None:
    """For as long as it says, with all that waits for it; other channels go on."""
    desk.told(LATER)
    desk.publish((*ROWS, LATER), pending=5)
    desk.poll(after=SETTLED)
    desk.room.answers.append(Answer(status=429, headers=(("Retry-After", "7200"),)))
    assert len(desk.deliver()) == 1
    assert desk.deliver(after=timedelta(seconds=7000)) == []
    assert [done.fault for done in desk.deliver(after=timedelta(seconds=2000))] == [None, None]


def test_what_fails_for_a_week_is_given_up_and_operators_are_told(desk: Desk) -> None:
    """After a week from when it was due, and ten attempts: that nobody tried for long is no failure."""
    desk.told(LATER)
    desk.room.answers += [Answer(status=500)] * 10
    desk.deliver(after=timedelta(days=8))
    for attempts in range(2, 10):
        desk.deliver(after=timedelta(hours=8))
        assert desk.outbox == [("everything", "room", "waiting", attempts)]
    desk.deliver(after=timedelta(hours=8))
    assert desk.outbox[0] == ("everything", "room", "dead", 10)
    desk.deliver()
    assert subjects(desk.desk) == ["an alert could not be sent on room, and was given up"]


def test_a_digest_of_a_month_is_not_given_up_at_its_first_failure(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it was begun weeks ago is no reason."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with watching(tmp_path, reader, when="0 8 1 * *") as watch:
        watch.told(LATER)
        watch.room.answers.append(Answer(status=503))
        (failed,) = watch.deliver(after=timedelta(days=30))
        assert failed.fault
        assert watch.outbox == [("everything", "room", "waiting", 1)]
        (taken,) = watch.deliver(after=timedelta(hours=1))
        assert taken.fault is None
        assert subjects(watch.room)[-1] == "ICE 287(g) agreements, Participating agencies: 1 added in Texas"


def test_a_permanent_fault_is_given_up_and_told_on_another_channel(desk: Desk, commands: Commands) -> None:
    """The alert is named with the command that tries again, and that does; the channel goes on with others."""
    desk.told(LATER)
    desk.room.answers.append(Answer(status=400))
    desk.deliver_on("room")
    assert desk.outbox[0] == ("everything", "room", "dead", 1)
    assert [done.fault for done in desk.deliver()] == [None, None]
    (told,) = desk.desk.payloads
    assert told["data"]["subject"] == "an alert could not be sent on room, and was given up"
    shown = commands("outbox")
    number = shown.out.split()[0]
    assert f"`monitor redeliver {number}` tries again." in told["data"]["notes"]
    assert "everything on room: given up" in shown.out
    assert "after 1 attempts" in shown.out
    (row,) = commands("outbox", "--json").rows
    assert (row["alert_id"], row["status"]) == (int(number), "dead")
    assert commands("redeliver", 99).status == 1
    again = commands("redeliver", number)
    assert again.status == 0, again.err
    assert "sent on room: ICE 287(g) agreements, Participating agencies: 1 added in Texas" in again.out
    assert commands("outbox").out == "nothing waits\n"
    assert "nothing was given up" in commands("redeliver").err


def test_a_disabling_fault_stops_the_channel_until_a_test_alert_is_taken(desk: Desk, commands: Commands) -> None:
    """Operators are told elsewhere; alerts wait, however long; a test alert that is taken lets them go."""
    desk.told(LATER)
    desk.room.answers += [Answer(status=404), Answer(status=404)]
    desk.deliver_on("room")
    desk.publish((*ROWS, LATER), pending=5)
    desk.poll()
    assert [done.channel for done in desk.deliver(after=timedelta(days=9))] == ["desk"]
    (told,) = desk.desk.payloads
    assert told["data"]["subject"] == "channel room is disabled"
    assert "`monitor test-alert room`" in " ".join(told["data"]["notes"])
    assert {status for *_, status, _ in desk.outbox} == {"waiting"}
    shown = commands("outbox").out
    assert "room is disabled: channel room: 127.0.0.1: answered 404" in shown
    failed = commands("test-alert", "room")
    assert (failed.status, failed.err.count("answered 404")) == (1, 1)
    assert desk.deliver() == []
    assert commands("test-alert", "room").out == "room took it\n"
    assert [(done.channel, done.fault) for done in desk.deliver()] == [("room", None)] * 3
    assert desk.outbox == []
    assert "no channel 'bell'" in commands("test-alert", "bell").err


def test_a_source_that_fails_is_told_once_and_its_recovery_once(desk: Desk) -> None:
    """At the third failure in a row, at growing intervals after it, and when it works again."""
    desk.publisher.withdraw(PAGE)
    desk.put(PAGE, pages.ACCESS_DENIED, HTML_TYPE)
    told = []
    for _ in range(9):
        desk.poll()
        desk.deliver()
        told.append(len(desk.desk.posted))
    assert told == [0, 0, *[1] * 7]
    desk.publish(ROWS)
    for _ in range(2):
        desk.poll()
        desk.deliver()
    assert subjects(desk.desk) == [
        "ICE 287(g) agreements: blocked, 3 polls in a row",
        "ICE 287(g) agreements: works again, after 9 polls",
    ]
    assert subjects(desk.room)[1:] == subjects(desk.desk)  # nobody else was told, of nothing else


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (1, ["failed", "failed, 10 polls in a row", "works again, after 11 polls"]),
        (2, ["failed, 2 polls in a row", "failed, 10 polls in a row", "works again, after 11 polls"]),
        (11, ["failed, 11 polls in a row", "works again, after 11 polls"]),
        (12, []),
    ],
)
def test_an_operator_says_after_how_many_failures_to_be_told(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch, after: int, told: list[str]
) -> None:
    """At the first failed poll or later; of a recovery only who was told of the failure."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with watching(tmp_path, reader, operator={"after": after}) as watch:
        watch.put(PAGE, b"no page", "text/plain")
        for _ in range(11):
            watch.poll()
            watch.deliver()
        watch.publish(ROWS)
        watch.poll()
        watch.deliver()
        assert subjects(watch.desk) == [f"ICE 287(g) agreements: {each}" for each in told]


def test_a_single_failure_is_told_and_its_end(tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the operator who wants to hear of the first one."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with watching(tmp_path, reader, operator={"after": 1}) as watch:
        watch.put(PAGE, pages.ACCESS_DENIED, HTML_TYPE)
        watch.poll()
        watch.deliver()
        watch.publish(ROWS)
        watch.poll()
        watch.deliver()
        assert subjects(watch.desk) == ["ICE 287(g) agreements: blocked", "ICE 287(g) agreements: works again"]


def test_operators_are_told_of_a_held_version(desk: Desk) -> None:
    """With its reason; those who want amendments hear nothing."""
    desk.put("/doc/participating.xlsx", sheet(ROWS, WITHOUT_DATE), XLSX)
    desk.poll()
    desk.deliver()
    (told,) = desk.desk.payloads
    assert told["data"]["subject"] == "ICE 287(g) agreements, Participating agencies: participating.xlsx is held"
    assert "lacks the column 'SIGNED'" in told["data"]["notes"][0]
    assert subjects(desk.room)[1:] == subjects(desk.desk)


def test_a_withdrawal_is_told_to_all(desk: Desk) -> None:
    """To those who want amendments, as the one thing that it is; and never as removed records."""
    desk.publisher.withdraw("/doc/pending.xlsx")
    for _ in range(4):
        desk.poll()
    desk.deliver()
    assert "ICE 287(g) agreements: the list Pending agencies was taken down" in subjects(desk.room)
    kinds = [entry["kind"] for payload in desk.room.payloads for entry in payload["data"]["entries"]]
    assert kinds == ["withdrawn"]


def test_a_withdrawal_says_what_was_there_and_how_it_was_asked(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was on the list, when it was last seen, the answers, the kept copy; and whether the subscriber was on it."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    places = ["Bell County, Texas", "Kerr County, Texas", "Cook County, Illinois"]
    with watching(tmp_path, reader, jurisdictions=places, states=["TX"]) as desk:
        seen = desk.at
        desk.publisher.withdraw("/doc/pending.xlsx")
        for _ in range(3):
            desk.poll()
        gone = desk.at
        desk.poll()
        desk.deliver()
        notes = desk.room.payloads[-1]["data"]["notes"]
        address = f"{desk.publisher.address}/doc/pending.xlsx"
    assert notes[0].startswith("This is no removal: the list Pending agencies is gone as a whole, and")
    assert notes[1].startswith("On it: 3 jurisdictions, in 3 records (3 in Pending agencies).")
    assert f"last seen {seen - SETTLED:%Y-%m-%d %H:%M:%S} UTC" in notes[1]
    begun = gone - 2 * QUARTER
    asked = f"How it was asked: three times, from {begun:%Y-%m-%d %H:%M:%S} UTC to {gone:%Y-%m-%d %H:%M:%S} UTC."
    assert notes[2:] == [
        "3 records of it were about places in Texas.",
        "Texas itself was not on it.",
        "Bell County, Texas was on it, in Pending agencies: listed on 2 June 2025, since 2 June 2025.",
        "Kerr County, Texas was not on it.",
        "Cook County, Illinois was not on it.",
        f"{asked} {address}: answered 404 Not Found: it is not there any more.",
        notes[-1],
    ]
    assert notes[-1].startswith("The copy that was kept: monitor exhibit --version ")


def test_the_subject_of_a_digest_names_the_places_of_its_subscriber(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk with many digests sees whose it is."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    given = {"jurisdictions": ["Travis County, Texas"], "states": ["KS"], "when": "daily"}
    with watching(tmp_path, reader, **given) as desk:
        desk.publish((*ROWS, LATER))
        desk.poll()
        desk.deliver(after=timedelta(days=1))
        assert subjects(desk.room)[-1] == (
            "Kansas; Travis County, Texas: ICE 287(g) agreements, Participating agencies: 1 added in Texas"
        )


def test_a_poll_tells_before_it_ends(desk: Desk, commands: Commands) -> None:
    """An immediate alert does not wait for further changes, which a single poll can't see."""
    desk.publish((*ROWS, LATER))
    ran = commands("poll", SOURCE)
    assert "sent on room: ICE 287(g) agreements, Participating agencies: 1 added in Texas" in ran.out
    assert "waits" not in ran.out
    assert subjects(desk.room)[-1] == "ICE 287(g) agreements, Participating agencies: 1 added in Texas"
    assert "sent on" not in commands("poll", SOURCE).out


def test_a_poll_says_what_waits_and_until_when(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A digest waits for its day."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with watching(tmp_path, reader, when="0 8 1 1 *") as desk:
        desk.publish((*ROWS, LATER))
        state = desk.program.state_override
        assert state
        commands = Commands(state=state, capture=capsys, config=desk.program.config_path)
        for _ in range(2):
            out = commands("poll", SOURCE).out
            assert "1 added" not in out.split("sent on", 1)[-1]
            assert re.search(
                r"an alert for everything on room waits until \d{4}-01-01 08:00 UTC, the time of its digest", out
            )


def test_a_poll_lets_quiet_hours_be_quiet(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What happens in them is sent at their end, also by a poll on the command line."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with watching(tmp_path, reader, quiet="00:00-23:59:59.999999") as desk:
        desk.publish((*ROWS, LATER))
        state = desk.program.state_override
        assert state
        out = Commands(state=state, capture=capsys, config=desk.program.config_path)("poll", SOURCE).out
        assert re.search(r"waits until \d{4}-\d\d-\d\d 23:59 UTC, the end of its quiet hours", out)
        assert "1 added" not in out.split("sent on", 1)[-1]


def test_a_heartbeat_comes_only_where_nothing_else_was_sent(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A week after the last alert, with what was looked at and when; a change starts the week anew."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    day = timedelta(days=1)
    with watching(tmp_path, reader, heartbeat="weekly", sources=[SOURCE]) as desk:
        first = len(desk.room.posted)
        desk.poll(after=6 * day)
        desk.deliver()
        assert len(desk.room.posted) == first
        desk.publish((*ROWS, LATER))
        desk.poll()
        desk.deliver()
        assert "1 added in Texas" in subjects(desk.room)[-1]
        desk.poll(after=6 * day)
        desk.deliver()
        assert "1 added in Texas" in subjects(desk.room)[-1]
        desk.poll(after=day)
        looked = desk.at
        desk.deliver()
        assert subjects(desk.room)[-1] == "still watching; nothing changed"
        notes = desk.room.payloads[-1]["data"]["notes"]
        assert notes[0].endswith("nothing that you asked for was seen to change.")
        assert notes[1] == f"ICE 287(g) agreements: last looked at {looked:%Y-%m-%d %H:%M:%S} UTC."
        sent = len(desk.room.posted)
        desk.deliver(after=6 * day)
        assert len(desk.room.posted) == sent


def test_a_heartbeat_does_not_say_that_nothing_changed_where_nobody_could_see(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that fails is named with its fault; a program that did not look says so."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    day = timedelta(days=1)
    with watching(tmp_path, reader, heartbeat="daily", sources=[SOURCE]) as desk:
        desk.deliver(after=2 * day)
        assert subjects(desk.room)[-1] == (
            "still watching; no change was seen, but 1 of 1 sources could not be looked at"
        )
        assert "LATE: nothing has looked at it" in desk.room.payloads[-1]["data"]["notes"][1]
        desk.put(PAGE, b"", HTML_TYPE)
        desk.poll(after=day)
        desk.deliver(after=day / 100)
        assert "could not be looked at" in subjects(desk.room)[-1]
        assert "FAILING: " in desk.room.payloads[-1]["data"]["notes"][1]


def test_no_heartbeat_unless_it_is_asked_for(desk: Desk) -> None:
    """Silence stays silence."""
    sent = len(desk.room.posted)
    desk.poll(after=timedelta(days=30))
    desk.deliver()
    assert len(desk.room.posted) == sent


def test_doubts_are_marked_in_the_alert(desk: Desk, commands: Commands) -> None:
    """A date that is yet to come is told with the record, and in a line above."""
    desk.told(DOUBTFUL)
    desk.deliver()
    assert "1 of these records is doubtful, and marked so" in desk.room.payloads[-1]["data"]["notes"]
    shown = commands("preview", "everything")
    assert "DOUBT: signed '2052-06-11'" in shown.out


def test_who_wants_no_doubts_is_told_none(tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """`doubts: false` leaves the record as it was printed."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with watching(tmp_path, reader, doubts=False) as watch:
        watch.told(DOUBTFUL)
        watch.deliver()
        assert watch.room.payloads[-1]["data"]["notes"] == []


def test_a_preview_is_what_would_be_sent(desk: Desk, commands: Commands, tmp_path: Path) -> None:
    """All of the log that is asked for, or since a time, as one alert; nothing is sent."""
    desk.told(LATER)
    desk.deliver()
    before = len(desk.room.posted)
    page = tmp_path / "mail.html"
    shown = commands("preview", "everything", "--html", page)
    assert "Participating agencies: 1 added in Texas" in shown.out
    assert "Travis County Sheriff's Office" in shown.out
    assert "Travis County" in page.read_text("utf-8")
    nothing = commands("preview", "everything", "--since", "2025-07-01")
    assert nothing.out == "nothing in the change log is what everything asks for\n"
    assert "no subscription 'all'" in commands("preview", "all").err
    assert len(desk.room.posted) == before


def test_no_secret_is_in_the_database_or_in_what_is_printed(desk: Desk, commands: Commands) -> None:
    """Neither the addresses of channels nor the key that signs, whatever fails."""
    desk.told(LATER)
    desk.room.answers += [Answer(status=503, body=f"/room/{TOKEN} {SECRET}".encode()), Answer(status=404)]
    faults = [done.fault for done in (*desk.deliver(), *desk.deliver(after=timedelta(hours=1)))]
    desk.room.answers.append(Answer(status=404))
    printed = [commands("outbox"), commands("outbox", "--json"), commands("test-alert", "room"), commands("redeliver")]
    said = json.dumps([*faults, *((ran.out, ran.err) for ran in printed), *_rows(desk)])
    assert "answered 404" in said
    for secret in (TOKEN, SECRET, SECRET.removeprefix("whsec_")):
        assert secret not in said
    assert desk.room.posted[-1].path == f"/room/{TOKEN}"  # it was used


def _rows(desk: Desk) -> list[Any]:
    """Everything in the database, as text."""
    store = desk.program.store
    names = [row["name"] for row in store.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [str(row) for name in names for row in store.all(f"SELECT * FROM {name}")]
