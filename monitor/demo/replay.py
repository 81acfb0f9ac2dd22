"""Plays the published history on a local server, step by step, while the real three steps watch it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.config import load
from monitor.demo.history import steps
from monitor.demo.publisher import Publisher
from monitor.demo.step import play
from monitor.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.config import Config
    from monitor.demo.step import Step
    from monitor.message import Message
    from monitor.process import Processed


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One step of the history and what the program made of it: faults and notes, versions, what they tell."""

    step: Step
    lines: tuple[str, ...]
    processed: tuple[Processed, ...]
    messages: tuple[Message, ...]


def replay(config_path: Path, folder: Path) -> Iterator[Played]:
    """Play the whole history into a new state folder; the configuration used is left there as `config.yaml`."""
    folder.mkdir(parents=True, exist_ok=True)
    with Publisher() as publisher:
        local = folder / "config.yaml"
        text = config_path.read_text(encoding="utf-8")
        local.write_text(localized(text, load(config_path), publisher.address), encoding="utf-8")
        present = [datetime(2017, 1, 1, tzinfo=UTC)]
        with Program(config_path=local, state_override=folder, now=lambda: present[0]) as program:
            for step in steps():
                present[0] = step.at
                play(step, publisher)
                yield _watched(program, step)


def localized(text: str, config: Config, address: str) -> str:
    """The configuration with every publisher's address replaced by the local server's, which it may ask."""
    for source in config.sources.values():
        parts = urlsplit(source.page)
        text = text.replace(f"{parts.scheme}://{parts.netloc}", address)
    return text.replace("allow_private_addresses: false", "allow_private_addresses: true")


def _watched(program: Program, step: Step) -> Played:
    """Poll the source that has published, process, deliver."""
    (polled,) = program.poll([step.source])
    lines = (*polled.faults, *polled.notes)
    processed = tuple(program.process())
    told = (program.message_about(done) for done in (*polled.turned, *processed) if not done.hold_reason)
    return Played(step=step, lines=lines, processed=processed, messages=tuple(message for message in told if message))
