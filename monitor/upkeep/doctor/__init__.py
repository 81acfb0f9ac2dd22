"""The doctor: a command that looks for faults before they do harm. It changes, creates and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.upkeep.doctor.configured import configuration_findings
from monitor.upkeep.doctor.documents import document_findings
from monitor.upkeep.doctor.evidence import evidence_findings
from monitor.upkeep.doctor.finding import Finding, Level
from monitor.upkeep.doctor.machine import machine_findings
from monitor.upkeep.doctor.network import network_findings
from monitor.upkeep.doctor.site import site_findings
from monitor.upkeep.doctor.stored import state_findings, waiting_alerts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from monitor.config.sources import Config

__all__ = ["Examination", "Finding", "Level", "examine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the doctor is to look at.

    config, config_path: the configuration, and the file that it came from.
    state: the state folder (with the database and the kept files).
    now: a function that returns the present time.
    offline: whether to look only at this machine and not at the network.
    """

    config: Config
    config_path: Path
    state: Path
    now: Callable[[], datetime]
    offline: bool = False


def examine(examination: Examination) -> Iterator[Finding]:
    """Yield each finding as soon as it is made.

    First come those on the configuration, then on the state folder, its documents, key, time stamps and static site,
    this machine, and the network.
    """
    yield from configuration_findings(examination.config, examination.config_path)
    yield from state_findings(examination.config, examination.state, now=examination.now())
    yield from document_findings(examination.config, examination.state, now=examination.now())
    yield from evidence_findings(examination.config.evidence, examination.state, now=examination.now())
    yield from site_findings(examination.config, now=examination.now())
    waiting = waiting_alerts(examination.config, examination.state, now=examination.now())
    yield from machine_findings(examination.state, now=examination.now(), waiting=waiting)
    if not examination.offline:
        yield from network_findings(examination.config, now=examination.now)
