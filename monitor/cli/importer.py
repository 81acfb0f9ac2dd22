"""The command that adds files that a person already has to the history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import render
from monitor.cli.options import pass_program
from monitor.cli.steps import process_all
from monitor.history import importer
from monitor.times import instant

if TYPE_CHECKING:
    from monitor.program import Program


@click.command(name="import")
@click.argument("source")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    help="A CSV file that lists files, with the columns file, captured_at and url.",
)
@click.option("--at", help="When the FILE was captured, like 2025-05-01 (ISO 8601; default: now).")
@click.option("--url", help="The web address at which the FILE was published.")
@pass_program
def import_command(
    program: Program, *, source: str, file: Path | None, manifest: Path | None, at: str | None, url: str | None
) -> None:
    """Add files that you have to the history of SOURCE.

    Name one FILE, or a --manifest that lists many. Which report a file belongs to is told by the address that it was
    published at, or else by its name. Files must be newer than what the history has of their report. Of a report that
    is several files or pages, the files of a manifest that were captured at one time are one version.

    Example: monitor import ice-287g --manifest files/manifest.csv
    """
    described = program.source(source)
    if (file is None) == (manifest is None):
        raise click.UsageError("Name either a FILE or a --manifest.")
    if manifest:
        if at or url:
            raise click.UsageError("--at and --url go with a FILE; a manifest has its own.")
        files = importer.manifest(manifest, source, described)
    else:
        assert file is not None
        moment = at or instant(program.now())
        files = (importer.describe(file, captured_at=moment, url=url, source=described),)
    kept = held = 0
    versions = importer.versions_of(files)
    with render.progress() as bar:
        judging = bar.add_task("looking up names", total=None, visible=False)
        program.reader.tell = lambda done, total: bar.update(judging, completed=done, total=total, visible=done < total)
        for each in bar.track(versions, description="importing"):
            kept += importer.import_version(program.context, source, each)
            held += process_all(program, source)
    click.echo(f"{source}: {len(files)} files, {kept} new versions, {len(versions) - kept} already known")
    if held:
        raise SystemExit(1)
