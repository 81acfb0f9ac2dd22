"""The command that reads the kept versions again with the present configuration, and shows the differences."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import as_json, executor_option, pass_program, readers, workers_option
from monitor.cli.printed import print_json
from monitor.config.titles import Titles
from monitor.history import reprocess as again

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.history.reprocess import LogDifference
    from monitor.program import Program
    from monitor.store.entry import LogEntry

PLACE = {"id", "entry_hash"}  # of an entry that is only read again: they are none of the log's


@click.command(name="reprocess")
@click.argument("source")
@as_json
@workers_option
@executor_option
@pass_program
def reprocess_command(
    program: Program, source: str, *, as_json: bool, workers: int | None, executor: str | None
) -> None:
    """Read the kept versions again, and show what would differ.

    This shows what the change log of SOURCE would say if its lists had always been described as the configuration
    describes them now. Nothing is changed: the log stays as it was written, and nobody is alerted. With --json each
    line is an entry: `only` is "then" if the log alone has it, and "now" if only reading again finds it.

    Example: monitor reprocess ice-287g
    """
    program.source(source)
    with render.progress() as bar, readers(program, workers=workers, executor=executor) as reading:
        context = program.context
        with again.scratch_context(context, source) as (scratch, count):
            task = bar.add_task("reading versions", total=count)
            faults = []
            for done in again.process_again(scratch, source, workers=reading):
                if done.fault:
                    faults.append(done.fault)
                    render.tell(bar, f"monitor: {source}/{done.version.report_key}: {done.fault}")
                bar.advance(task)
            difference = again.compare_logs(context, scratch, source)
    if as_json:
        for only, entries in (("then", difference.only_then), ("now", difference.only_now)):
            for entry in entries:
                printed = entry.to_json()
                print_json(
                    {"only": only} | {name: printed[name] for name in printed if only == "then" or name not in PLACE}
                )
    else:
        _show(source, count, difference, Titles(program.config))
    if faults:
        raise SystemExit(1)


def _show(source: str, count: int, difference: LogDifference, titles: Titles) -> None:
    screen = render.console()
    for title, entries in (
        ("The log has, and would not have:", difference.only_then),
        ("The log would have, and has not:", difference.only_now),
    ):
        if entries:
            screen.print(title, style="bold")
        for entry in entries:
            told = entry if entries is difference.only_then else replace(entry, id=None)
            screen.print(render.amendment(told, titles))
    for (report, name), (otherwise, standing) in difference.records.items():
        if otherwise:
            click.echo(
                f"{source}/{report}/{name}: {otherwise:,} of {standing:,} records of the present list would differ"
            )
    kinds = ", ".join(
        f"{len(entries):,} {word} ({_counted(entries)})"
        for word, entries in (("would be gone", difference.only_then), ("would be new", difference.only_now))
        if entries
    )
    click.echo(
        f"{count:,} versions read again: {difference.same:,} entries would be the same"
        + (f", {kinds}" if kinds else "")
    )


def _counted(entries: Sequence[LogEntry]) -> str:
    counts = Counter(entry.kind for entry in entries)
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
