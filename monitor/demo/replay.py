"""Replays the demo's history on a local web server, step by step, while the program polls that server as usual.

Alerts go to a mail server and an imitation of Slack on this machine, and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from monitor.config.file import load
from monitor.demo.history import history_steps
from monitor.demo.issues import AGREEMENTS_SOURCE
from monitor.demo.publisher import Publisher
from monitor.demo.receivers import Mailbox, Room
from monitor.demo.step import play
from monitor.program import Program
from monitor.store.doubts import doubts_of_amendment

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from monitor.alerts.message import Message
    from monitor.config.sources import Config
    from monitor.demo.step import Step
    from monitor.steps.outcomes import Processed


# Documents that are looked at in one step.
MAX_DEMO_DOCUMENTS = 1_000
# The alerts of a step are due after this time.
ALERTS_DUE_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """An alert that a receiver has accepted: its channel and its subject."""

    channel: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The result of one step of the history.

    - `lines`: sentences about failures, and other remarks.
    - `processed`: the results for the new versions.
    - `documents`: sentences about documents that records link to.
    - `messages`: the changes, in the words of an alert.
    - `arrived`: the alerts that reached the mail server or the imitation of Slack.
    """

    step: Step
    lines: tuple[str, ...]
    processed: tuple[Processed, ...]
    messages: tuple[Message, ...]
    arrived: tuple[Arrived, ...]
    documents: tuple[str, ...] = ()


def replay(config_path: Path, folder: Path) -> Generator[Played]:
    """Replay the whole history into the new state folder `folder`, and yield the result of each step.

    The configuration used is written to `config.yaml` in that folder, and at the end the mails to `mail` and the Slack
    messages to `slack`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with Publisher() as publisher, Mailbox() as mailbox, Room() as room:
        local = folder / "config.yaml"
        text = localized(config_path.read_text(encoding="utf-8"), load(config_path), publisher.address)
        local.write_text(_subscribed(text, mailbox, room), encoding="utf-8")
        present = [datetime(2017, 1, 1, tzinfo=UTC)]
        with Program(config_path=local, state_override=folder, now=lambda: present[0]) as program:
            for step in history_steps():
                present[0] = step.at
                play(step, publisher)
                watched = _watched(program, step)
                present[0] += ALERTS_DUE_AFTER
                yield _told(program, watched, mailbox, room)
        _leave_mails(mailbox, folder / "mail")
        _leave_posts(room, folder / "slack")


def localized(text: str, config: Config, address: str) -> str:
    """Return the text of a configuration, changed so that it polls the local server at `address`.

    The address of each publisher is replaced, and private addresses are allowed.
    """
    for source in config.sources.values():
        parts = urlsplit(source.page)
        text = text.replace(f"{parts.scheme}://{parts.netloc}", address)
    return text.replace("allow_private_addresses: false", "allow_private_addresses: true")


def _subscribed(text: str, mailbox: Mailbox, room: Room) -> str:
    """Return the text of a configuration, changed so that alerts go only to the mail server and the imitation of Slack.

    All channels and subscriptions of the text are replaced, so that no real receiver gets an alert.
    """
    tree = yaml.safe_load(text)
    sender, to = "monitor@example.org", "desk@example.org"
    tree["channels"] = {
        "mail": {"kind": "email", "server": mailbox.address, "tls": "none", "sender": sender, "to": [to]},
        "slack": {"kind": "slack", "url": room.address},
    }
    # In the configuration they are left to whoever runs the program, for there are thousands of them.
    tree["sources"][AGREEMENTS_SOURCE]["reports"]["participating"]["lists"]["participating"]["documents"] = ["moa"]
    tree["subscriptions"] = {
        "everything": {"channels": ["mail"], "settle": "1s"},
        "texas": {"channels": ["slack"], "states": ["TX"], "settle": "1s"},
        "watch": {"channels": ["slack"], "operator": True},
    }
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=120))


def _watched(program: Program, step: Step) -> Played:
    """Poll the source that the step has changed, process its new versions, and return the result."""
    (polled,) = program.poll([step.source])
    lines = (*polled.faults, *polled.notes)
    processed = tuple(program.process())
    told = (program.message_about(done) for done in (*polled.turned, *processed) if not done.hold_reason)
    messages = tuple(message for message in told if message)
    watched = Played(step=step, lines=lines, processed=processed, messages=messages, arrived=())
    return _looked(program, watched) if step.looks else watched


def _looked(program: Program, played: Played) -> Played:
    """Look at the documents that are due; return `played` with what happened to them added."""
    said, entries, kept = [], [], 0
    for look in program.look_at_documents(played.step.source, limit=MAX_DEMO_DOCUMENTS, stopping=lambda: False):
        kept += look.is_new and not look.entries
        for entry in look.entries:
            entries.append(entry)
            said.append(f"a document, {entry.reason}: {urlsplit(look.document.url).path}")
            doubts = doubts_of_amendment(program.store, entry.id or 0)
            said += [f"doubted: it is likely that of {doubt.suggestions[0].name}" for doubt in doubts]
    if kept:
        said.insert(0, f"{kept} documents kept, as they were there before")
    message = program.message_of(entries)
    messages = (*played.messages, message) if message else played.messages
    return replace(played, documents=tuple(said), messages=messages)


def _told(program: Program, played: Played, mailbox: Mailbox, room: Room) -> Played:
    """Send the alerts that are due; return `played` with those that arrived added."""
    mails, posts = len(mailbox.received), len(room.received)
    faults = tuple(done.fault for done in program.deliver() if done.fault)
    arrived = (
        *(Arrived(channel="mail", subject=str(mail["Subject"]).strip()) for mail in mailbox.received[mails:]),
        *(Arrived(channel="slack", subject=post["blocks"][0]["text"]["text"]) for post in room.received[posts:]),
    )
    return replace(played, lines=(*played.lines, *faults), arrived=arrived)


def _leave_mails(mailbox: Mailbox, folder: Path) -> None:
    """Write the mails that arrived into a new folder, as files that a mail program can open."""
    folder.mkdir()
    for number, content in enumerate(mailbox.contents, start=1):
        (folder / f"{number:03}.eml").write_bytes(content)


def _leave_posts(room: Room, folder: Path) -> None:
    """Write the Slack messages that arrived into a new folder: each as text, and as the JSON that was sent.

    The builder of Slack, https://app.slack.com/block-kit-builder, shows the JSON as Slack would.
    """
    folder.mkdir()
    for number, post in enumerate(room.received, start=1):
        (folder / f"{number:03}.txt").write_text(text_of_post(post), encoding="utf-8")
        content = json.dumps(post, ensure_ascii=False, indent=1)
        (folder / f"{number:03}.json").write_text(content + "\n", encoding="utf-8")


def text_of_post(post: Mapping[str, Any]) -> str:
    """Return a Slack message as plain text: its blocks, with an empty line between them."""
    texts = []
    for block in post.get("blocks", ()):
        parts = [block["text"]] if "text" in block else block.get("elements", ())
        texts.append("\n".join(unescape(part["text"]) for part in parts) or "---")
    return "\n\n".join(texts or [unescape(post["text"])]) + "\n"
