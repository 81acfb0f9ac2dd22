"""The command that takes a web archive's history in."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.app import cli, executor_option, pass_program, reading, workers_option
from monitor.store import recording

if TYPE_CHECKING:
    from datetime import datetime

    from rich.progress import Progress

    from monitor.backfill import Backfiller
    from monitor.program import Program
    from monitor.workers import Workers

NAMED = 5  # captures that could not be had that are named


@cli.command()
@click.argument("source")
@click.option("--since", help="Only what was captured at this time or later (ISO 8601).")
@click.option("--until", help="Only what was captured before this time (ISO 8601).")
@workers_option
@executor_option
@pass_program
def backfill(
    program: Program, *, source: str, since: str | None, until: str | None, workers: int | None, executor: str | None
) -> None:
    """Take what the Wayback Machine has of SOURCE into the history, before what is already there.

    Its limits are obeyed, so it takes as many minutes as there are captures, divided by wayback.per_minute. It can be
    broken off at any time: the same command goes on where it stopped. What it finds alerts nobody.

    Example: monitor backfill ice-287g --since 2024-01-01
    """
    from monitor import backfill as steps  # noqa: PLC0415 - only here

    program.source(source)
    with render.progress() as bar, reading(program, workers=workers, executor=executor) as readers:
        tell = partial(render.tell, bar)
        step = program.backfiller(since=_moment(since), until=_moment(until), tell=tell)
        failed = _get(program, step, source, bar)
        _join(step, source, bar)  # what a person has decided on since; only then is there a place before it
        for placed in steps.place(step, source):
            reasons = "; ".join(f"{count} {reason}" for reason, count in placed.left_out.items())
            tell(
                f"{source}/{placed.report}: {placed.versions} versions" + (f"; left out: {reasons}" if reasons else "")
            )
        failed = _understand(program, source, readers, bar) or failed
        for where, undecided in _join(step, source, bar).items():
            failed = True
            tell(f"{where}: {undecided} versions wait for a person, see `monitor holds`; then say this again")
    if failed:
        raise SystemExit(1)


def _get(program: Program, step: Backfiller, source: str, bar: Progress) -> bool:
    """List what the archive has, and keep its bytes; returns whether something could not be had."""
    from monitor import backfill as steps  # noqa: PLC0415 - only here

    task = bar.add_task("listing what the archive has", total=None)
    for listed in steps.find(step, source):
        bar.update(task, description=f"listing what the archive has: {listed:,} captures")
    captures = steps.wanted(step, source)
    bar.update(task, description="getting captures", total=len(captures), completed=0)
    faults = []
    # Side by side, for each capture waits for the archive and then for the disk; how often it is asked stays the same.
    threads = ThreadPoolExecutor(program.config.poll.per_host)
    try:
        for fault in threads.map(lambda each: steps.keep(replace(step, store=program.store), source, each), captures):
            faults += [fault] if fault else []
            bar.advance(task)
    finally:
        threads.shutdown(cancel_futures=True)
    bar.remove_task(task)
    render.tell(bar, f"{source}: {len(captures):,} captures, of which {len(captures) - len(faults):,} could be had")
    for fault in faults[:NAMED]:
        render.tell(bar, f"monitor: {fault}")
    if len(faults) > NAMED:
        render.tell(bar, f"monitor: {len(faults) - NAMED} more could not be had; say this again to try them again")
    return bool(faults)


def _understand(program: Program, source: str, readers: Workers, bar: Progress) -> bool:
    """The second step for what was found; returns whether a version could not be recorded."""
    waiting = recording.kept_versions(program.store, source=source, found_later=True)
    task = bar.add_task("reading versions", total=len(waiting))
    counts: Counter[str] = Counter()
    for done in program.process_found(source, readers):
        where = f"{source}/{done.version.report}: {done.version.file_name} of {done.version.captured_at}"
        if why := done.hold_reason or done.fault:
            counts["held"] += 1
            render.tell(bar, f"monitor: {where} {'is held' if done.hold_reason else 'waits'}: {why}")
        else:
            counts["recorded"] += 1
            counts["amendments"] += len(done.entries)
        bar.advance(task)
    bar.remove_task(task)
    render.tell(bar, f"{source}: {counts['recorded']:,} versions recorded, {counts['amendments']:,} amendments")
    return bool(counts["held"])


def _join(step: Backfiller, source: str, bar: Progress) -> dict[str, int]:
    """Join what can be joined; returns the reports of which something is undecided, with how many versions."""
    from monitor import backfill as steps  # noqa: PLC0415 - only here

    undecided = {}
    for joined in steps.join(step, source):
        where = f"{source}/{joined.report}"
        if joined.undecided:
            undecided[where] = joined.undecided
        else:
            render.tell(bar, f"{where}: joined to what was there, with {len(joined.entries)} amendments")
    return undecided


def _moment(text: str | None) -> datetime | None:
    from monitor.importing import moment_of  # noqa: PLC0415 - only here

    return moment_of(text) if text else None
