"""The commands by which a person releases or rejects a held version (one that waits for a decision)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from monitor.cli.options import pass_program
from monitor.cli.steps import deliver_all, process_all
from monitor.errors import RefusedError
from monitor.steps import holds
from monitor.store import queries

if TYPE_CHECKING:
    from monitor.program import Program
    from monitor.store.rows import VersionRow


decided_by = click.option("--as", "by", metavar="NAME", help="Who decides; the name stands in the history for good.")


@click.command(name="release")
@click.argument("version")
@decided_by
@pass_program
def release_command(program: Program, version: str, by: str | None) -> None:
    """Accept a held VERSION: its changes enter the log.

    The alerts about them are sent. `monitor holds` shows what is held, why, and what would be told. VERSION is the
    first letters of the file's SHA-256, six at least, or SOURCE/REPORT/NUMBER.

    Example: monitor release 4b87a1f97165 --as "Jane Doe"
    """
    done = holds.release_held(program.context, _one_version(program, version), by=by)
    counts = Counter(entry.kind for entry in done.entries)
    changes = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "no amendments"
    click.echo(f"{done.version.file_name}: recorded, {changes}")
    failed = process_all(program, done.version.source, tell=True)
    if deliver_all(program) or failed:
        raise SystemExit(1)


@click.command(name="reject")
@click.argument("version")
@decided_by
@pass_program
def reject_command(program: Program, version: str, by: str | None) -> None:
    """Refuse a held VERSION: nothing of it enters the log.

    The file itself stays in the archive, and `monitor release` can still accept it later. `monitor holds` shows what is
    held, and why.
    VERSION is the first letters of the file's SHA-256, six at least, or SOURCE/REPORT/NUMBER.

    Example: monitor reject 4b87a1f97165
    """
    rejected = _one_version(program, version)
    holds.reject_held(program.context, rejected, by=by)
    click.echo(f"{rejected.file_name}: rejected")


def _one_version(program: Program, name: str) -> VersionRow:
    """Find the version that a person named, by the start of its SHA-256 or by source/report/number.

    If several have the same bytes, the held one is chosen. Raises RefusedError unless the name fits exactly one
    version.
    """
    named = queries.named_version(program.store, name)
    named = [version for version in named if version.status == "held"] or named
    if len(named) != 1:
        what = "no version" if not named else f"{len(named)} versions"
        raise RefusedError(f"{what} {name!r}; say at least six letters of its SHA-256, or source/report/number")
    return named[0]
