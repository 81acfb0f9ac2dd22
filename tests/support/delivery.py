"""Kills the real program at random moments of delivery, and sees that every alert arrives on every channel.

    python -m tests.support.delivery --rounds 200 --seed 1

A mail server, a Slack-shaped endpoint and a webhook take the alerts; in half of the rounds one of them is down: it
refuses, cuts the connection or says nothing. Exit status 1 where an alert is missing, or a repeat has another id.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from monitor.alerts.writing.words import identity
from monitor.channels.mail import Mail
from monitor.channels.slack import Slack
from monitor.channels.webhook import Webhook
from monitor.config.channels import EmailChannel, SlackChannel, WebhookChannel
from monitor.config.file import load
from monitor.config.secrets import Secret
from monitor.daemon.daemon import Daemon
from monitor.daemon.systemd import Supervisor
from monitor.program import Program
from monitor.steps.outcomes import Polled
from monitor.store import alerts
from monitor.times import instant
from tests.support.paths import ROOT, code_of
from tests.support.slack_endpoint import CUT, HANG, Answer, Endpoint, slack_limits
from tests.support.smtp import MailServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from _typeshed import TraceFunction
    from aiosmtpd.smtp import SMTP, Envelope, Session

    from monitor.channels import Channel
    from monitor.demo.publisher import Publisher
    from monitor.store.database import Store
    from monitor.store.entry import LogEntry
    from tests.support.slack_endpoint import Posted

START = datetime(2025, 6, 2, 12, tzinfo=UTC)
BETWEEN = timedelta(hours=8)  # from round to round: longer than any wait after a failure
FASTER = 600  # how much faster the clock of a delivering process goes
TICK = 0.05  # seconds between two looks at the outbox
TIMEOUT = 1.5  # seconds for one attempt
DEADLINE = 600.0  # seconds in which what waits must be delivered; seldom more than a few
# How a receiver is down: what the endpoints answer, and what the mail server replies.
ANSWERS = {
    "refuses": Answer(status=503),
    "asks to wait": Answer(status=429, headers=(("Retry-After", "120"),)),
    "cuts": CUT,
    "hangs": HANG,
}
REPLIES = {
    "refuses": {"MAIL": "451 not now"},
    "asks to wait": {"DATA": "452 no room"},
    "cuts": {"DATA": "cut"},
    "hangs": {"MAIL": "hang"},
}
LONGEST_RUN = 1.0  # seconds until a delivering process is killed
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # of nothing
# The modules whose lines are chosen to die at.
SENDING = code_of(
    *("steps/deliver", "alerts/contents", "alerts/compose", "store/database", "store/alerts", "channels/mail"),
    *("channels/mail_message", "channels/smtp", "channels/slack", "channels/webhook", "channels/post"),
)


def subscribing(
    config: Path, address: str, *, channels: Mapping[str, object], subscriptions: Mapping[str, object]
) -> None:
    """Write the default configuration with these channels and subscriptions, for a local server."""
    from monitor.demo.replay import localized  # noqa: PLC0415 - a process to be killed needs none of it

    text, described = (ROOT / "config.yaml").read_text("utf-8"), load(ROOT / "config.yaml")
    for key, given in (("channels", channels), ("subscriptions", subscriptions)):
        text = text.replace(f"\n{key}: {{}}", f"\n{key}: {json.dumps(given)}")
    config.write_text(localized(text, described, address), encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An alert that a receiver has taken: its name in the world, what it said, and when, on this process's clock."""

    key: str
    content: str
    at: float


@dataclass
class _Web(Endpoint):
    """An endpoint that may be down."""

    name: str = ""
    receivers: Receivers = field(kw_only=True)

    def take(self, posted: Posted) -> Answer:
        """Note a request, or misbehave."""
        if how := self.receivers.down.get(self.name):
            return ANSWERS[how]
        answer = super().take(posted)
        if answer.status == 200:
            self.receivers.note(self.name, posted.headers.get("webhook-id", ""), posted.content.decode())
        return answer


@dataclass
class _Post(MailServer):
    """A mail server whose mails are noted."""

    receivers: Receivers = field(kw_only=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Take a mail, or not."""
        reply = await super().handle_DATA(server, session, envelope)
        if reply.startswith("250"):
            assert isinstance(envelope.content, bytes)
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.receivers.note("mail", mail["Message-ID"].strip("<>").split("@")[0], mail["Subject"])
        return reply


class Receivers:
    """The three that alerts are sent to, as `mail`, `room` and `hook`; `down` says how one of them misbehaves."""

    def __init__(self) -> None:
        self.taken: dict[str, list[Taken]] = {"mail": [], "room": [], "hook": []}
        self.down: dict[str, str] = {}
        self._exits = ExitStack()
        self.mail = self._exits.enter_context(_Post(receivers=self))
        self.room = self._exits.enter_context(_Web(name="room", check=slack_limits, receivers=self))
        self.hook = self._exits.enter_context(_Web(name="hook", receivers=self))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    @property
    def channels(self) -> dict[str, object]:
        """Their part of a configuration."""
        mail = {"kind": "email", "server": f"smtp://127.0.0.1:{self.mail.port}", "tls": "none"}
        return {
            "mail": mail | {"sender": "monitor@example.org", "to": ["desk@example.org"]},
            "room": {"kind": "slack", "url": self.room.address("/services/T0/B0/key")},
            "hook": {"kind": "webhook", "url": self.hook.address("/hook"), "secret_env": "HOOK_SECRET"},
        }

    def note(self, channel: str, key: str, content: str) -> None:
        """An alert was taken."""
        self.taken[channel].append(Taken(key=key, content=content, at=time.monotonic()))

    def break_down(self, channel: str, how: str) -> None:
        """From now on this one is down, in this way; all others are well."""
        self.down = {channel: how} if channel else {}
        self.mail.replies = REPLIES[how] if channel == "mail" else {}


class Recorder:
    """Records versions of the list of agencies, each with one agency more: the real first two steps."""

    def __init__(self, program: Program, publisher: Publisher) -> None:
        from monitor.demo.sheets import Agreement  # noqa: PLC0415 - as above

        self.program = program
        self.present = START
        self._publisher = publisher
        self._rows: list[Agreement] = []
        self._one = Agreement(
            state="TEXAS",
            agency="",
            type="County",
            county="Travis County",
            model="Task Force Model",
            signed=date(2025, 2, 26),
        )
        program.now = lambda: self.present
        for _ in range(30):
            self._add()
        self.record()

    def _add(self) -> None:
        self._rows.append(replace(self._one, agency=f"Constable Precinct {len(self._rows) + 1:03}"))

    def record(self) -> str:
        """One version more; returns the agency that it adds."""
        from monitor.demo import issues, pages, sheets  # noqa: PLC0415 - as above
        from monitor.demo.publisher import HTML_TYPE  # noqa: PLC0415 - as above

        self._add()
        paths = {
            "participating": f"{issues.AGREEMENTS_FOLDER}/participating.xlsx",
            "pending": f"{issues.AGREEMENTS_FOLDER}/pending.xlsx",
        }
        waiting = sheets.sheet(self._rows[:3], sheets.PENDING_COLUMNS)
        for path, content, kind in (
            (paths["participating"], sheets.sheet(self._rows), issues.XLSX),
            (paths["pending"], waiting, issues.XLSX),
            (issues.AGREEMENTS_PAGE, pages.agreements(START, **paths), HTML_TYPE),
        ):
            self._publisher.publish(path, content, content_type=kind, at=self.present)
        (polled,) = self.program.poll([issues.AGREEMENTS_SOURCE])
        assert not polled.faults, polled.faults
        for done in self.program.process():
            assert not done.hold_reason, done.hold_reason
        return self._rows[-1].agency


@dataclass(kw_only=True)
class Figures:
    """What the rounds came to.

    The longest delays are in seconds, of alerts on channels that were well: True where another one hung.
    """

    rounds: int = 0
    killed: int = 0
    down: Counter[str] = field(default_factory=Counter)
    alerts: int = 0
    waiting: int = 0
    arrived: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    delay: dict[bool, float] = field(default_factory=lambda: {False: 0.0, True: 0.0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that a round needs."""

    config: Path
    state: Path
    receivers: Receivers
    recorder: Recorder
    chance: random.Random


def play(rounds: int, *, seed: int, folder: Path) -> Figures:
    """Play the rounds, then let all be delivered, and compare what arrived with the database."""
    from monitor.demo.publisher import Publisher  # noqa: PLC0415 - as above

    figures = Figures()
    os.environ["HOOK_SECRET"] = SECRET
    config, state = folder / "config.yaml", folder / "state"
    everything = {"channels": ["mail", "room", "hook"], "settle": "1s"}
    with Publisher() as publisher, Receivers() as receivers:
        wanted = {"everything": everything, "watch": {"channels": ["room", "mail"], "operator": True}}
        subscribing(config, publisher.address, channels=receivers.channels, subscriptions=wanted)
        with Program(config_path=config, state_override=state) as program:
            stage = Stage(
                config=config,
                state=state,
                receivers=receivers,
                recorder=Recorder(program, publisher),
                chance=random.Random(seed),
            )
            lines = _rehearse(stage)
            while figures.killed < rounds:
                _round(stage, lines, figures)
            receivers.break_down("", "")
            stage.recorder.present += BETWEEN
            figures.waiting = len(alerts.open_deliveries(program.store))
            _ended(_delivering(stage, die_at=""))
            compare(program.store, receivers, figures)
    return figures


def _rehearse(stage: Stage) -> dict[str, int]:
    """Deliver once undisturbed, and count how often each line runs."""
    process = _delivering(stage, die_at="")
    *_, said = _ended(process).splitlines()
    return {str(line): int(count) for line, count in json.loads(said).items()}


def _round(stage: Stage, lines: Mapping[str, int], figures: Figures) -> None:
    """Record two versions, the second while the first is being delivered, and kill the delivering process."""
    chance, receivers, recorder = stage.chance, stage.receivers, stage.recorder
    channel, how = chance.choice(("mail", "room", "hook")), chance.choice(tuple(ANSWERS))
    if figures.rounds % 2:
        channel, how = "", ""
    receivers.break_down(channel, how)
    recorder.present += BETWEEN
    first = recorder.record()
    recorder.present += timedelta(minutes=1)
    line = chance.choice(sorted(lines))
    die_at = f"{line}#{chance.randint(1, 4 * lines[line])}" if chance.random() < 0.6 else None
    process = _delivering(stage, die_at=die_at)
    assert process.stdout
    process.stdout.readline()  # it begins
    begun = time.monotonic()
    second = recorder.record()
    recorded = time.monotonic()
    with suppress(subprocess.TimeoutExpired):
        longest = LONGEST_RUN + 2 * TIMEOUT * (how == "hangs")
        process.wait(longest if die_at else chance.uniform(0, longest))
    process.kill()
    _, said = process.communicate()
    assert "Traceback" not in said, said
    figures.rounds += 1
    figures.killed += process.returncode == -signal.SIGKILL
    figures.down[f"{channel} {how}" if channel else "all are well"] += 1
    for agency, since in ((first, begun), (second, max(begun, recorded))):
        delays = [
            taken.at - since
            for name, all_taken in receivers.taken.items()
            if name in {"room", "hook"} - {channel}  # a mail's subject says no agency
            for taken in all_taken[-8:]
            if agency in taken.content
        ]
        figures.delay[how == "hangs"] = max(figures.delay[how == "hangs"], *delays, 0.0)


def _delivering(stage: Stage, *, die_at: str | None) -> subprocess.Popen[str]:
    """Start a process that delivers until it is killed; where it can't die at a line, until nothing waits."""
    arguments = ["--config", str(stage.config), "--state", str(stage.state), "--at", instant(stage.recorder.present)]
    if die_at is not None:
        arguments += ["--die-at", die_at]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.delivery", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ended(process: subprocess.Popen[str]) -> str:
    out, said = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, said
    return out


def compare(store: Store, receivers: Receivers, figures: Figures) -> None:
    """Every alert on every channel, at least once, under its key, whenever it came."""
    rows = store.all(
        """
        SELECT alerts.id, alerts.key, deliveries.channel, deliveries.status FROM deliveries
        JOIN alerts ON alerts.id = deliveries.alert_id ORDER BY deliveries.id
        """
    )
    figures.alerts = len({row["key"] for row in rows})
    figures.faults += [
        f"{row['key']} on {row['channel']} is {row['status']}" for row in rows if row["status"] != "sent"
    ]
    for channel, taken in receivers.taken.items():
        ours = {identity(row["key"]): row["id"] for row in rows if row["channel"] == channel}
        figures.arrived[channel] = len(taken)
        figures.repeats[channel] = len(taken) - len(ours)
        if channel == "room":  # Slack knows no id: an alert is told by the numbers of its entries, as far as they fit
            there = {
                key
                for key, alert in ours.items()
                if any(_tells_of(each, alerts.entries_of_alert(store, alert)) for each in taken)
            }
        else:
            there = {each.key for each in taken}
            figures.faults += [f"{key} on {channel} is no alert" for key in there - ours.keys()]
            said = Counter(key for key, _ in {(each.key, _lasting(each.content)) for each in taken})
            figures.faults += [
                f"a repeat of {key} on {channel} says otherwise" for key, count in said.items() if count > 1
            ]
        figures.faults += [f"{key} never arrived on {channel}" for key in ours.keys() - there]


def _tells_of(taken: Taken, entries: Sequence[LogEntry]) -> bool:
    """Whether a Slack message is about these entries; where they are many, it is cut."""
    named = sum(f"(entry {entry.id})" in taken.content for entry in entries)
    return named >= min(len(entries), 3)


def _lasting(content: str) -> str:
    """What must be the same in each repeat of an alert.

    All but when its files were last seen, and, where it is of lists first seen and names no entries, the log's end.
    """
    if not content.startswith("{"):
        return content
    told = json.loads(content)["data"]
    return json.dumps([told["id"], told["subject"], told["entries"], told["entries"] and told["head"]])


# What follows runs in the process that is killed.


def _deliver(config: Path, state: Path, at: datetime, *, die_at: str | None) -> None:
    """The third step as the daemon has it, on a clock that goes faster; prints how often it came to each line."""
    counted: Counter[str] = Counter()
    tick = threading.Event()
    with Program(config_path=config, state_override=state) as program:
        program.channels = {name: _channel(program, name) for name in ("mail", "room", "hook")}
        begun = time.monotonic()
        program.now = lambda: at + FASTER * timedelta(seconds=time.monotonic() - begun)
        waiting = alerts.open_deliveries(program.store)
        print("begins", flush=True)  # noqa: T201 - for the process that started this one
        if die_at is not None:
            _mortal(die_at, counted)
        steps = replace(program.steps, look=_nothing_new, process=lambda: iter(()))
        daemon = Daemon(steps=steps, supervisor=Supervisor(), tick=TICK)
        daemon.start()
        while waiting or die_at != "":
            waiting = [each for each in alerts.open_deliveries(program.store) if each.status == alerts.WAITING]
            tick.wait(TICK)
        assert daemon.stop()
    sys.settrace(None)
    print(json.dumps(counted))  # noqa: T201 - as above


def _nothing_new(name: str) -> Polled:
    return Polled(source=name, started=datetime.now(UTC))


def _channel(program: Program, name: str) -> Channel:
    """A channel as configured, but for its patience."""
    described = program.config.channels[name]
    if isinstance(described, EmailChannel):
        return Mail(
            name,
            host=described.host,
            port=described.port,
            sender=described.sender,
            to=described.to,
            security=described.tls,
            seconds=TIMEOUT,
        )
    assert isinstance(described, SlackChannel | WebhookChannel)
    url = Secret.of(described, "url")
    assert url
    if isinstance(described, SlackChannel):
        return Slack(name, url=url, seconds=TIMEOUT)
    secret = Secret.of(described, "secret")
    assert secret
    return Webhook(name, url=url, secret=secret, seconds=TIMEOUT)


def _mortal(die_at: str, counted: Counter[str]) -> None:
    """From now on this process kills itself where it comes to a line for the n-th time, like `deliver.py:95#2`."""
    lock = threading.Lock()

    def trace(frame: FrameType, event: str, _: object) -> TraceFunction | None:
        if frame.f_code.co_filename not in SENDING:
            return None
        if event == "line":
            place = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            with lock:
                counted[place] += 1
                if f"{place}#{counted[place]}" == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def _main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.delivery", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    for option in ("--config", "--state", "--at", "--die-at"):  # for the processes to be killed
        parser.add_argument(option, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.at:
        at = datetime.fromisoformat(given.at)
        _deliver(Path(given.config), Path(given.state), at, die_at=given.die_at)
        return
    with tempfile.TemporaryDirectory() as temporary:
        figures = play(given.rounds, seed=given.seed, folder=Path(temporary))
    _tell(figures)
    if figures.faults:
        sys.exit(1)


def _tell(figures: Figures) -> None:
    """Print the figures."""
    lines = [
        f"{figures.rounds} rounds, {figures.killed} of them killed, {figures.alerts} alerts",
        f"{figures.waiting} deliveries waited when the last kill was over",
        *(f"{count:6} rounds: {what}" for what, count in sorted(figures.down.items())),
        *(f"{name}: {count} arrived, {figures.repeats[name]} repeats" for name, count in figures.arrived.items()),
        f"longest delay {figures.delay[False]:.2f} s",
        f"longest delay where another channel hung {figures.delay[True]:.2f} s; an attempt has {TIMEOUT} s",
        f"{len(figures.faults)} faults",
        *figures.faults,
    ]
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    _main(sys.argv[1:])
