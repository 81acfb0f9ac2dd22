"""The command that adds old captures of a source from a web archive to the history."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import executor_option, pass_program, readers, workers_option
from monitor.errors import WaybackError
from monitor.history import backfill as steps
from monitor.history import mementos, placement
from monitor.history.join import join
from monitor.store import records
from monitor.times import WAKE_SECONDS, moment_of

if TYPE_CHECKING:
    from concurrent.futures import Future
    from datetime import datetime

    from rich.progress import Progress

    from monitor.history.backfill import BackfillContext
    from monitor.program import Program
    from monitor.sandbox.pool import Workers
    from monitor.store.captures import MementoRow

MAX_FAULTS_SHOWN = 5  # captures that failed and are named one by one


@click.command(name="backfill")
@click.argument("source")
@click.option("--since", help="Only captures from this time or later, like 2024-01-01 (ISO 8601).")
@click.option("--until", help="Only captures from before this time (ISO 8601).")
@workers_option
@executor_option
@pass_program
def backfill_command(
    program: Program, *, source: str, since: str | None, until: str | None, workers: int | None, executor: str | None
) -> None:
    """Add what the Wayback Machine has of SOURCE to the history.

    The captures are put before what is already there, and nobody is alerted about them.

    The archive's limits are obeyed, so this takes as many minutes as there are captures, divided by
    `wayback.per_minute` of the configuration. It can be ended at any time: the same command goes on where it stopped.
    If the archive asks for a pause of more than five minutes, and more than a minute for each capture that is left,
    the command does not wait but says when to go on.

    Example: monitor backfill ice-287g --since 2024-01-01
    """
    program.source(source)
    with render.progress() as bar, readers(program, workers=workers, executor=executor) as reading:
        tell = partial(render.tell, bar)
        context = program.backfill_context(since=_moment(since), until=_moment(until), tell=tell)
        failed = _get(program, context, source, bar)
        again = True
        while again:  # captures may be left that can be placed only now that the ones before are joined
            for placed in placement.place_captures(context, source):
                reasons = "; ".join(f"{count} {reason}" for reason, count in placed.left_out.items())
                left_out = f"; left out: {reasons}" if reasons else ""
                tell(f"{source}/{placed.report}: {placed.versions} versions{left_out}")
            failed = _understand(program, source, reading, bar) or failed
            joined = _join(context, source, bar)
            again = not all(joined.values()) and placement.has_unplaced(context, source)
        for missing in placement.reports_held_up(context, source):
            failed = True
            count = f"{missing.count} captures did not come for now, the first of {missing.first}"
            tell(f"{source}/{missing.report}: {count}; the report waits for them: run the same command again")
        for where, undecided in joined.items():
            if undecided:
                failed = True
                count = f"{undecided} versions wait for a person, see `monitor holds`"
                tell(f"{where}: {count}; then run the same command again")
    if failed:
        raise SystemExit(1)


def _get(program: Program, context: BackfillContext, source: str, bar: Progress) -> bool:
    """List which captures (old copies) the archive has of a source, and fetch them; return True if something failed."""
    task = bar.add_task("listing what the archive has", total=None)
    refused: list[str] = []
    context = replace(context, refuse=refused.append)
    for listed in mementos.list_captures(context, source):
        bar.update(task, description=f"listing what the archive has: {listed:,} captures")
    captures = steps.captures_to_get(context, source)
    bar.update(task, description="getting captures", total=len(captures), completed=0)
    faults: list[str] = []
    silent = 0
    ended: WaybackError | None = None

    def kept(capture: MementoRow, left: int) -> str | WaybackError | None:
        try:
            return steps.get_capture(replace(context, store=program.store), source, capture, left=left)
        except WaybackError as fault:
            return fault

    # Side by side, for each capture waits for the archive and then for the disk; the archive is asked no more often.
    threads = ThreadPoolExecutor(program.config.poll.per_host)
    try:
        asked = [threads.submit(kept, capture, len(captures) - before) for before, capture in enumerate(captures)]
        for fault in map(_outcome, asked):
            silent = silent + 1 if isinstance(fault, WaybackError) else 0
            if isinstance(fault, WaybackError) and silent > 1:  # one alone may be about that capture only
                ended = fault
                break
            faults += [str(fault)] if fault else []
            bar.advance(task)
    finally:
        context.web.leave()  # else the threads that wait for their turn would wait on, for minutes
        threads.shutdown(cancel_futures=True)
    bar.remove_task(task)
    if ended:
        left = len(steps.captures_to_get(context, source))
        render.tell(bar, f"{source}: {left:,} of {len(captures):,} captures are left; the same command goes on there")
        raise ended
    render.tell(bar, f"{source}: {len(captures):,} captures, of which {len(captures) - len(faults):,} could be had")
    for fault in (*refused, *faults[:MAX_FAULTS_SHOWN]):
        render.tell(bar, f"monitor: {fault}")
    if len(faults) > MAX_FAULTS_SHOWN:
        render.tell(bar, f"monitor: {len(faults) - MAX_FAULTS_SHOWN} more could not be had; run the same command again")
    return bool(refused or faults)


def _outcome(asked: Future[str | WaybackError | None]) -> str | WaybackError | None:
    """Wait until a thread has asked for a capture, and return its outcome. Ctrl-C ends this wait; see WAKE_SECONDS."""
    while not wait([asked], timeout=WAKE_SECONDS).done:
        pass
    return asked.result()


def _understand(program: Program, source: str, readers: Workers, bar: Progress) -> bool:
    """Process the versions that the backfill made; return True if one could not be recorded."""
    waiting = records.kept_versions(program.store, source=source, before_gap=True)
    task = bar.add_task("reading versions", total=len(waiting))
    counts: Counter[str] = Counter()
    for done in program.process_found(source, readers):
        where = f"{source}/{done.version.report_key}: {done.version.file_name} of {done.version.captured_at}"
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


def _join(context: BackfillContext, source: str, bar: Progress) -> dict[str, int]:
    """Join the new history of each report to the later one; return how many versions of each report wait for a person.

    A report with such versions can't be joined yet.
    """
    undecided = {}
    for joined in join(context.store, source, context.config.sources[source]):
        where = f"{source}/{joined.report}"
        undecided[where] = joined.undecided
        if not joined.undecided:
            render.tell(bar, f"{where}: joined to what was there, with {len(joined.entries)} amendments")
    return undecided


def _moment(text: str | None) -> datetime | None:
    return moment_of(text) if text else None
