"""What would go wrong, looked for before it does; nothing is changed, made or sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.upkeep.doctor.configured import configuration_findings
from monitor.upkeep.doctor.finding import Finding, Level
from monitor.upkeep.doctor.machine import machine_findings
from monitor.upkeep.doctor.network import network_findings
from monitor.upkeep.doctor.stored import state_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from monitor.config.sources import Config

__all__ = ["Examination", "Finding", "Level", "examine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is looked at; with `offline` only what is on this machine."""

    config: Config
    config_path: Path
    state: Path
    now: Callable[[], datetime]
    offline: bool = False


def examine(asked: Examination) -> Iterator[Finding]:
    """All findings, as they come: what is configured, what is kept, this machine, and the others."""
    yield from configuration_findings(asked.config, asked.config_path)
    yield from state_findings(asked.config, asked.state, now=asked.now())
    yield from machine_findings(asked.state, now=asked.now())
    if not asked.offline:
        yield from network_findings(asked.config, now=asked.now)
