"""Kills `monitor fetch-documents` at random moments of its first load, and says what is there after it has ended."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.changelog.verify import verify
from monitor.program import Program
from monitor.store import documents
from monitor.store.search import LogFilter, log_entries
from tests.support.agreement_press import ROOT, press
from tests.support.documents import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

MAX_SECONDS = 1800.0  # of one run that is not killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What is there after a first load.

    kills: how many runs were killed before they had ended.
    documents, once: how many documents there are, and how many of them have exactly one file.
    scans: how many have pages, but no text.
    told: entries of the change log about documents. faults: what `verify` finds.
    """

    kills: int
    documents: int
    once: int
    scans: int
    told: int
    faults: tuple[str, ...]


def configured(folder: Path, address: str, config: str = CONFIG) -> list[str]:
    """Write a configuration for the publisher at an address, poll it once, and return the beginning of any command."""
    text = config.replace("STATE", str(folder / "state")).replace("ADDRESS", address)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml")]
    with Program(config_path=folder / "config.yaml") as program:
        assert not [fault for polled in program.poll(["agreements"]) for fault in polled.faults]
        assert not [done.hold_reason for done in program.process() if done.hold_reason]
    return command


def killed_load(folder: Path, *, count: int, pages: int, kills: int, longest: float, seed: int = 1) -> Loaded:
    """Load so many documents, killed so many times after at most `longest` seconds, then once to the end."""
    chance = random.Random(seed)
    ended_early = 0
    with press(count, pages=pages) as address:
        command = [*configured(folder, address), "fetch-documents", "--per-minute", "6000"]
        for turn in range(kills + 1):
            limit = chance.uniform(0.5, longest) if turn < kills else MAX_SECONDS
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True) as process:
                try:
                    process.wait(timeout=limit)
                except subprocess.TimeoutExpired:
                    ended_early += 1
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
            assert turn < kills or process.returncode == 0
    with Program(config_path=folder / "config.yaml") as program:
        store = program.store
        files = [documents.files_of(store, row.id) for row in documents.documents_of(store, "agreements")]
        return Loaded(
            kills=ended_early,
            documents=len(files),
            once=sum(len(each) == 1 for each in files),
            scans=sum(each[0].letters == 0 for each in files if each),
            told=len(list(log_entries(store, LogFilter(kinds=("document",))))),
            faults=verify(store, program.archive, program.config).faults,
        )
