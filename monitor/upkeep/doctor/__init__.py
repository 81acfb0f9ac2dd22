"""The doctor: looks for faults before they do harm. It changes, creates and sends nothing."""

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
    """The things that the doctor looks at.

    config_path: the file that `config` came from.
    state: the state folder.
    now: gives the present.
    offline: whether to look at this machine only.
    """

    config: Config
    config_path: Path
    state: Path
    now: Callable[[], datetime]
    offline: bool = False


def examine(examination: Examination) -> Iterator[Finding]:
    """Yield each finding as soon as it is known: on configuration, state folder, this machine, then the network."""
    yield from configuration_findings(examination.config, examination.config_path)
    yield from state_findings(examination.config, examination.state, now=examination.now())
    yield from machine_findings(examination.state, now=examination.now())
    if not examination.offline:
        yield from network_findings(examination.config, now=examination.now)
