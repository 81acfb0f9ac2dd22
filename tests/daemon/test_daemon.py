"""`monitor run` as systemd runs it: a real process, a real publisher, real signals."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import add
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from monitor.daemon import health
from monitor.daemon.daemon import Daemon
from monitor.daemon.systemd import Supervisor
from monitor.demo import issues
from monitor.demo.publisher import Publisher
from monitor.errors import StoreError
from monitor.program import Program
from monitor.steps import schedule
from monitor.steps.outcomes import Polled
from monitor.store import metrics
from monitor.store import schedule as schedule_rows
from monitor.store.database import Store
from monitor.times import instant, moment
from tests.support.crashes import Agencies
from tests.support.delivery import subscribing
from tests.support.paths import ROOT
from tests.support.servers import Reply, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from monitor.daemon.steps import Steps
    from monitor.steps.outcomes import Delivered

DEADLINE = 600.0  # seconds that a test waits for what should come at once; a busy machine may have little time for it
HOUR = timedelta(hours=1)
NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)


@dataclass
class Running:
    """A daemon's process, and what it has said so far."""

    process: subprocess.Popen[str]
    log: Path
    config: Path
    state: Path
    told: Callable[[], list[str]]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The events of one name, oldest first."""
        lines = (json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == name]

    def notices(self) -> list[str]:
        """What systemd was told so far."""
        return self.told()

    def ask(self, path: str, *, host: str = "127.0.0.1") -> tuple[int, str]:
        """What the daemon's port answers."""
        return asked(yaml.safe_load(self.config.read_text("utf-8"))["run"]["port"], path, host=host)


def asked(port: int, path: str, *, host: str = "127.0.0.1") -> tuple[int, str]:
    """What a port of this machine answers."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)) as connection:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@contextmanager
def listening(path: Path) -> Iterator[Callable[[], list[str]]]:
    """A socket like systemd's, and the lines that were sent to it so far."""
    path.unlink(missing_ok=True)
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(path))

        def lines() -> list[str]:
            with suppress(BlockingIOError):
                while True:
                    heard.extend(told.recv(4096, socket.MSG_DONTWAIT).decode().splitlines())
            return heard

        yield lines


def until(condition: Callable[[], Any]) -> Any:
    """Wait for a condition, and give what it gave."""
    deadline = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
    return found


def free_port() -> int:
    """A port that nobody listens at, below those that a system gives to all who ask for any: so it stays free."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.socket() as found:
            found.bind(("127.0.0.1", port))
            return port


def configured(folder: Path, publisher: Publisher, **given_: object) -> Path:
    """A configuration with one source, polled every second."""
    config = folder / "config.yaml"
    subscribing(config, publisher.address, channels={}, subscriptions={})
    tree = yaml.safe_load(config.read_text("utf-8"))
    tree["sources"] = {issues.AGREEMENTS_SOURCE: tree["sources"][issues.AGREEMENTS_SOURCE] | {"every": "1s"}}
    tree["poll"] |= {"soonest": "1s"}
    tree["run"] = {"port": free_port()} | given_
    config.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return config


@contextmanager
def running(config: Path, state: Path) -> Iterator[Running]:
    """Start the daemon; what still runs at the end is killed."""
    log, notify = state.parent / "log", state.parent / "notify"
    with listening(notify) as told, log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "--config", str(config), "--state", str(state), "run"],
            cwd=ROOT,
            stderr=out,
            env=os.environ | {"NOTIFY_SOCKET": str(notify)},
            text=True,
        )
        try:
            daemon = Running(process, log, config, state, told)
            until(lambda: daemon.events("run.started") or process.poll() is not None)
            yield daemon
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A server on this machine."""
    with Publisher() as server:
        yield server


@pytest.fixture
def agencies(publisher: Publisher) -> Agencies:
    """What it publishes: it does not change by itself."""
    return Agencies(publisher, random.Random(1))


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A daemon that is left running, and the list that it watches."""

    daemon: Running
    publisher: Publisher
    agencies: Agencies

    def change(self) -> None:
        """Publish another version of the list, and wait until the daemon has recorded it."""
        before = len(self.recorded())
        self.agencies.change()
        until(lambda: len(self.recorded()) > before)

    def recorded(self) -> list[int]:
        """The numbers of the list's versions that were recorded so far."""
        events = self.daemon.events("version.recorded")
        return [each["number"] for each in events if each["report"] == "participating"]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A daemon that has recorded the first version, for tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("watched")
    with Publisher() as publisher:
        agencies = Agencies(publisher, random.Random(1))
        with running(configured(folder, publisher), folder / "state") as found:
            until(lambda: len(found.events("version.recorded")) >= 3)
            yield Watched(daemon=found, publisher=publisher, agencies=agencies)
    assert found.process.returncode == -signal.SIGKILL  # by nobody but us


def test_a_change_is_recorded_without_being_asked(watched: Watched) -> None:
    """What the publisher changes is in the log of events soon after, once."""
    watched.change()
    watched.change()
    assert watched.recorded() == list(range(1, len(watched.recorded()) + 1))


def test_systemd_is_told_that_it_is_ready_and_well(watched: Watched) -> None:
    """READY comes once the loops run, WATCHDOG when the database has answered."""
    until(lambda: "READY=1" in watched.daemon.notices())
    until(lambda: "WATCHDOG=1" in watched.daemon.notices())


def test_a_faulty_configuration_changes_nothing(watched: Watched) -> None:
    """Its faults are told, and the old one goes on."""
    config = watched.daemon.config
    sound = config.read_text("utf-8")
    config.write_text(sound + "\nsauces: {}\n", encoding="utf-8")
    watched.daemon.process.send_signal(signal.SIGHUP)
    (rejected,) = until(lambda: watched.daemon.events("config.rejected"))
    assert "sauces" in rejected["faults"][0]
    watched.change()
    config.write_text(sound, encoding="utf-8")


def test_there_is_one_daemon_for_each_state_folder(watched: Watched) -> None:
    """A second one is refused and says which process is there; other commands run beside it."""
    daemon = watched.daemon
    command = [sys.executable, "-m", "monitor", "--config", str(daemon.config), "--state", str(daemon.state)]
    second = subprocess.run([*command, "run"], cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert second.returncode == 1
    assert str(daemon.process.pid) in second.stderr
    for beside in ("poll", "log"):
        assert subprocess.run([*command, beside], cwd=ROOT, timeout=DEADLINE, check=False).returncode == 0


def test_health_and_figures_are_served_to_this_machine(watched: Watched) -> None:
    """`/healthz` says that it is well, `/metrics` has the source; a page elsewhere that has a name for us gets none."""
    daemon = watched.daemon
    status, told = daemon.ask("/healthz")
    health_told = json.loads(told)
    assert [source["state"] for source in health_told.pop("sources").values()] == ["good"]
    assert (status, health_told) == (200, {"status": "pass", "ailments": []})
    status, told = daemon.ask("/metrics")
    assert status == 200
    assert f'monitor_source_failures{{source="{issues.AGREEMENTS_SOURCE}"}} 0.0' in told
    recorded = len(daemon.events("version.recorded"))
    assert recorded >= 3
    assert f'monitor_versions{{status="recorded"}} {recorded}.0' in told
    assert daemon.ask("/metrics", host="rebound.example")[0] == 403
    assert daemon.ask("/elsewhere")[0] == 404


def test_sighup_reads_the_configuration_again(watched: Watched) -> None:
    """A good one takes the place of the old one, in the same process."""
    daemon = watched.daemon
    started = len(daemon.events("run.started"))
    configured(daemon.config.parent, watched.publisher)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: len(daemon.events("run.started")) > started)
    assert daemon.events("config.reloaded")
    watched.change()
    assert daemon.process.poll() is None


@pytest.mark.usefixtures("agencies")
def test_a_crash_lets_go_of_the_folder_and_sigterm_ends_with_status_0(tmp_path: Path, publisher: Publisher) -> None:
    """After SIGKILL another one starts at once; told to end, it says that it stops, and what it was about is done."""
    config, state = configured(tmp_path, publisher), tmp_path / "state"
    with running(config, state) as first:
        until(lambda: first.events("version.recorded"))
    assert first.process.returncode == -signal.SIGKILL
    with running(config, state) as second:
        assert second.events("run.started")
        second.process.terminate()
        assert second.process.wait(DEADLINE) == 0
        assert second.events("run.stopped")
        assert "STOPPING=1" in second.notices()


@pytest.mark.usefixtures("agencies")
def test_health_has_the_age_of_the_last_look_at_each_source(tmp_path: Path, publisher: Publisher) -> None:
    """A source that was looked at is good until its time is over; one that never was is not."""
    with polled_once(tmp_path, publisher) as program:
        pauses = program.config.pauses() | {"never": timedelta(minutes=15)}
        (source,) = [row["name"] for row in program.store.all("SELECT name FROM sources WHERE failures = 0")]
        at = moment(program.store.all("SELECT succeeded_at FROM sources WHERE failures = 0")[0]["succeeded_at"])
        for later, state in ((timedelta(minutes=6), "good"), (timedelta(days=2), "late")):
            with health.serving(
                0, store=lambda: program.store, ailments=tuple, pauses=pauses, now=partial(add, at, later)
            ) as port:
                told = json.loads(asked(port, "/healthz")[1])["sources"]
                figures = asked(port, "/metrics")[1]
            assert told[source] | {"looked_at": ""} == {
                "source": source, "looked_at": "", "age_seconds": int(later.total_seconds()), "state": state,
            }  # fmt: skip
            assert told["never"]["state"] == "never"
            assert told["never"]["age_seconds"] is None
            assert f'monitor_source_age_seconds{{source="{source}"}} {later.total_seconds()}' in str(figures)


@pytest.mark.usefixtures("agencies")
def test_a_lost_database_is_told_to_whoever_watches(tmp_path: Path, publisher: Publisher) -> None:
    """Where the database was moved away, what is written would be lost: `/healthz` fails, the watchdog starves."""
    with polled_once(tmp_path, publisher) as program, listening(tmp_path / "notify") as heard, capture_logs() as events:
        supervisor = Supervisor(address=str(tmp_path / "notify"))
        daemon = Daemon(steps=program.steps, supervisor=supervisor, tick=0.05)
        with health.serving(0, store=lambda: program.store, ailments=daemon.ailments) as port:
            daemon.start()
            until(lambda: "WATCHDOG=1" in heard())
            assert asked(port, "/healthz")[0] == 200
            (tmp_path / "state" / "monitor.db").rename(tmp_path / "elsewhere.db")
            status, told = asked(port, "/healthz")
            assert status == 503
            assert "monitor.db" in json.loads(told)["ailments"][0]
            until(lambda: any(each["event"] == "run.unwell" for each in list(events)))
            until(lambda: any(line.startswith("STATUS=") and "monitor.db" in line for line in heard()))
            unwell = len(heard())
            until(lambda: len(heard()) > unwell)
            assert "WATCHDOG=1" not in heard()[unwell:]
        assert daemon.stop()


def test_whoever_watches_from_outside_gets_a_sign_of_life(tmp_path: Path, publisher: Publisher) -> None:
    """The address is asked while all is well; it is a secret and stands in no event."""
    with Server({"/ping/very-secret": Reply()}) as server:
        config = configured(tmp_path, publisher, ping_url=server.address("/ping/very-secret"))
        with running(config, tmp_path / "state") as daemon:
            until(lambda: server.requests)
            server.pages["/ping/very-secret"] = Reply(status=500)
            assert "very-secret" not in daemon.log.read_text("utf-8")


def test_a_damaged_database_is_not_built_upon(tmp_path: Path, publisher: Publisher) -> None:
    """The daemon does not start, and says how to put back a backup."""
    config, state = configured(tmp_path, publisher), tmp_path / "state"
    state.mkdir()
    (state / "monitor.db").write_bytes(b"no database" * 1000)
    with running(config, state) as daemon:
        assert daemon.process.wait(DEADLINE) == 1
        assert "monitor.db" in daemon.log.read_text("utf-8")


def test_a_failing_source_is_no_hot_loop(tmp_path: Path) -> None:
    """A source that fails is asked again after its pause, also where the daemon is killed and started again."""
    with Server({"/identify-and-arrest/287g": Reply(status=404)}) as server, Publisher() as publisher:
        config = configured(tmp_path, publisher)
        text = (
            config.read_text("utf-8").replace(publisher.address, server.address("")).replace("every: 1s", "every: 1h")
        )
        config.write_text(text, encoding="utf-8")
        for _ in range(2):
            with running(config, tmp_path / "state") as daemon:
                until(partial(_is_well, daemon))
                until(lambda: server.requests)
        assert len(server.requests) == 1


@pytest.mark.usefixtures("agencies")
def test_what_was_polled_is_noted_at_the_latest_when_it_stops(tmp_path: Path, publisher: Publisher) -> None:
    """A poll that found nothing new waits to be noted with others; a daemon that is stopped notes it."""
    with polled_once(tmp_path, publisher) as program:
        looked: list[Polled] = []
        daemon = Daemon(steps=_remembering(program.steps, looked), supervisor=Supervisor(), tick=HOUR.total_seconds())
        daemon.start()
        until(lambda: looked)
        assert daemon.stop()
        assert looked[0].is_quiet
        assert _polled_at(program) == instant(looked[0].started)


@pytest.mark.usefixtures("agencies")
def test_polls_that_can_not_be_noted_are_noted_later(tmp_path: Path, publisher: Publisher) -> None:
    """They wait while nothing can be written, and nothing more is polled."""
    with polled_once(tmp_path, publisher) as program:
        looked: list[Polled] = []
        steps = _remembering(program.steps, looked)
        attempts: list[list[Polled]] = []

        def note(polls: Iterable[Polled]) -> None:
            attempts.append(list(polls))
            if len(attempts) < 3:
                raise StoreError("the disk is full")
            steps.note(attempts[-1])

        daemon = Daemon(steps=replace(steps, note=note), supervisor=Supervisor(), tick=0.05)
        daemon.start()
        until(lambda: len(attempts) >= 3)
        assert daemon.stop()
        assert attempts[:3] == [looked[:1]] * 3
        assert _polled_at(program) == instant(looked[-1].started)


def test_a_host_that_hangs_keeps_no_more_threads_than_it_may_have_requests(tmp_path: Path) -> None:
    """Sources of other hosts are polled meanwhile, and a stop passes over those of its own that have not begun."""
    lists = {"counties": {"heading": "^counties$", "item": "^(?P<name>.+)$", "key": ["name"]}}
    report = {"kind": "page", "format": "html", "lists": lists}
    pages = {
        f"hangs-{number}": f"https://hangs.example.org/{number}" for number in range(2 * schedule.MAX_POLLS_AT_ONCE)
    }
    pages["other"] = "https://other.example.org/"
    tree = {"sources": {name: {"page": page, "reports": {"lists": report}} for name, page in pages.items()}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    looked: list[str] = []
    goes_on = threading.Event()

    def look(name: str) -> Polled:
        looked.append(name)
        assert name == "other" or goes_on.wait(DEADLINE)
        return Polled(source=name, started=NOW)

    with Program(config_path=tmp_path / "config.yaml", state_override=tmp_path / "state") as program:
        daemon = Daemon(steps=replace(program.steps, look=look), supervisor=Supervisor(), tick=0.05)  # one thread more
        daemon.start()
        until(lambda: "other" in looked)
        until(lambda: len(looked) == program.config.poll.per_host + 1)
        assert not daemon.stop(grace=0.1)
        goes_on.set()
        until(lambda: not any(each.name.startswith("poll_") for each in threading.enumerate()))
        assert len(looked) == program.config.poll.per_host + 1


def test_hosts_that_always_have_more_to_poll_leave_their_turn_to_others(tmp_path: Path) -> None:
    """Though there are as many of them as threads, and one source of each is due again while another is polled."""
    lists = {"counties": {"heading": "^counties$", "item": "^(?P<name>.+)$", "key": ["name"]}}
    report = {"kind": "page", "format": "html", "lists": lists}
    hosts = range(schedule.MAX_POLLS_AT_ONCE)
    pages = {f"busy-{host}-{number}": f"https://busy{host}.example.org/{number}" for host in hosts for number in (1, 2)}
    pages["other"] = "https://other.example.org/"
    sources = {name: {"page": page, "reports": {"lists": report}} for name, page in pages.items()}
    tree = {"poll": {"per_host": 1}, "sources": sources}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    come = threading.Event()

    with Program(config_path=tmp_path / "config.yaml", state_override=tmp_path / "state") as program:

        def look(name: str) -> Polled:
            if name == "other":
                come.set()
            with program.store.transaction():
                schedule_rows.postpone_polls(program.store, {name: instant(NOW - HOUR)})
            come.wait(0.2)  # so long that the other source of its host is due again
            return Polled(source=name, started=NOW)

        daemon = Daemon(steps=replace(program.steps, look=look), supervisor=Supervisor(), tick=0.01)
        daemon.start()
        assert come.wait(DEADLINE)
        daemon.stop()


def test_a_channel_that_hangs_delays_no_other(tmp_path: Path) -> None:
    """While one waits for its receiver, the others are given what there is, and what comes after it."""
    hook = {"kind": "webhook", "url": "https://hook.example.org/", "secret_env": "HOOK_SECRET"}
    page = {"kind": "page", "format": "html", "lists": {"names": {"heading": "^names$", "item": "^(?P<name>.+)$"}}}
    tree = {
        "sources": {"one": {"page": "https://one.example.org/", "reports": {"page": page}}},
        "channels": dict.fromkeys(("hangs", "second", "third"), hook),
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    drained: list[str] = []
    goes_on = threading.Event()

    def drain(channel: str) -> Iterator[Delivered]:
        drained.append(channel)
        assert channel != "hangs" or goes_on.wait(DEADLINE)
        return iter(())

    with Program(config_path=tmp_path / "config.yaml", state_override=tmp_path / "state") as program:
        steps = replace(program.steps, look=lambda name: Polled(source=name, started=NOW), drain=drain)
        daemon = Daemon(steps=steps, supervisor=Supervisor(), tick=0.05)
        daemon.start()
        until(lambda: "hangs" in drained)
        before = len(drained)
        until(lambda: {"second", "third"} <= set(drained[before:]))
        until(lambda: min(map(drained.count, ("second", "third"))) > 2)
        assert drained.count("hangs") == 1
        goes_on.set()
        assert daemon.stop()


@contextmanager
def polled_once(folder: Path, publisher: Publisher) -> Iterator[Program]:
    """A program whose source was polled and understood, an hour ago."""
    with Program(config_path=configured(folder, publisher), state_override=folder / "state") as program:
        assert [polled.faults for polled in program.poll([issues.AGREEMENTS_SOURCE])] == [()]
        assert all(done.fault is None for done in program.process())
        program.now = lambda: datetime.now(UTC) + HOUR
        yield program


def _remembering(steps: Steps, looked: list[Polled]) -> Steps:
    """The same steps; each look is remembered."""

    def look(name: str) -> Polled:
        polled = steps.look(name)
        looked.append(polled)
        return polled

    return replace(steps, look=look)


def _polled_at(program: Program) -> str:
    (source,) = metrics.polled_sources(program.store)
    return source.polled_at


def _is_well(daemon: Running) -> bool:
    return "WATCHDOG=1" in daemon.notices()


def test_without_systemd_nothing_is_told() -> None:
    """Outside of systemd telling is no fault."""
    Supervisor(address=None).tell("READY=1")
    Supervisor(address="/nowhere/at/all").tell("READY=1")


def test_a_source_that_changes_often_is_polled_often() -> None:
    """Twice a day: every few minutes; once a month: as rarely as it may be."""
    often = [NOW - each * 12 * HOUR for each in (4, 3, 2, 1)]
    rarely = [NOW - each * 720 * HOUR for each in (4, 3, 2, 1)]
    bounds = {"every": HOUR, "soonest": timedelta(minutes=5)}
    assert timedelta(minutes=5) < schedule.pause(changes=often, now=NOW, **bounds) < timedelta(minutes=10)
    assert schedule.pause(changes=rarely, now=NOW, **bounds) == HOUR
    assert schedule.pause(changes=(), now=NOW, **bounds) == HOUR


@given(st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)), max_size=12))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_pause_is_within_its_bounds(changes: list[datetime]) -> None:
    """Whatever has changed when, also after a clock that went wrong."""
    pause = schedule.pause(every=HOUR, soonest=timedelta(minutes=5), changes=sorted(changes), now=NOW)
    assert timedelta(minutes=5) <= pause <= HOUR


def test_a_time_set_by_a_clock_that_stood_ahead_is_not_waited_for(tmp_path: Path) -> None:
    """A source whose next poll is a year away, since the clock was, is due; one within the hour is not."""
    with Store(tmp_path) as store, store.transaction():
        for source, until in (("year", 8760 * HOUR), ("hour", HOUR), ("past", -8760 * HOUR)):
            schedule_rows.postpone_polls(store, {source: instant(NOW + until)})
        schedule_rows.add_new_sources(store, ("new", "hour"), at=instant(NOW))
        due = schedule_rows.due_sources(store, at=instant(NOW), latest=instant(NOW + 24 * HOUR))
    assert due == ["past", "new", "year"]


def test_a_server_that_asks_to_be_left_alone_is_left_alone(tmp_path: Path) -> None:
    """What it asks for puts the next poll off, but never brings it nearer."""
    with Store(tmp_path) as store, store.transaction():
        schedule_rows.postpone_polls(store, {"source": instant(NOW + HOUR)})
        schedule_rows.put_off_poll(store, "source", until=instant(NOW))
        assert schedule_rows.due_sources(store, at=instant(NOW), latest=instant(NOW + 24 * HOUR)) == []
        schedule_rows.put_off_poll(store, "source", until=instant(NOW + 2 * HOUR))
        assert schedule_rows.due_sources(store, at=instant(NOW + HOUR), latest=instant(NOW + 24 * HOUR)) == []
