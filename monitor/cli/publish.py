"""The command that writes the pages as a static site, and what the daemon does to keep that site up to date."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from monitor.cli import render
from monitor.cli.options import pass_program
from monitor.daemon.steps import Publication
from monitor.errors import RefusedError
from monitor.sandbox.reader import Reader
from monitor.store import read_only
from monitor.times import backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.program import Program
    from monitor.web.static_folder import SiteWritten

SITE_WATCH_SECONDS = 60.0  # between two checks whether the history has changed
# After this time the daemon checks the site in any case: a source can become late by time alone.
MAX_SITE_PAUSE_SECONDS = 3600.0
# How long the daemon waits after a publication failed; twice as long after each further failure, up to the longest.
FIRST_SITE_PAUSE, MAX_SITE_RETRY_PAUSE = timedelta(minutes=1), timedelta(hours=1)
NICENESS = 10  # of the process that the daemon starts: everything else on the machine comes first
MAX_SITE_FAULT_LETTERS = 500
FILES = ("none", "reports", "all")
PICTURES = ("none", "entries", "all")


@click.command(name="publish")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--address", help="Where the site will be, like https://lists.example.org; else `web.address`.")
@click.option("--files", type=click.Choice(FILES), help="Which kept files it has: those of reports (default), or all.")
@click.option(
    "--pictures", type=click.Choice(PICTURES), help="Which pictures of pages: those of entries (default), or all."
)
@click.option("--if-changed", is_flag=True, help="Do nothing if FOLDER shows the present history already.")
@click.option("--watch", is_flag=True, help="Stay, and write again whenever the history changes.")
@pass_program
def publish_command(
    program: Program,
    *,
    folder: Path | None,
    address: str | None,
    files: str | None,
    pictures: str | None,
    if_changed: bool,
    watch: bool,
) -> None:
    """Write the change log into FOLDER, as a static web site.

    The site consists of files alone, so any web host can serve it: the pages of `monitor web`, feeds, CSV and JSON.
    Only files that differ are written, and nothing that others put into FOLDER is touched. Without FOLDER,
    `web.publish` in the configuration says where.

    Example: monitor publish public --address https://lists.example.org
    """
    settings = program.config.web.publish
    if folder is None and settings is None:
        raise click.UsageError(
            "name a FOLDER, or one in the configuration, with `web: { publish: { folder: FOLDER } }`"
        )
    if settings is None or (folder and folder.absolute() != settings.folder.absolute()):
        settings = None
    there = folder or (settings.folder if settings else Path())
    named = _address(address) or (settings and settings.address) or program.config.web.address or ""
    chosen = (
        files or (settings.files if settings else "reports"),
        pictures or (settings.pictures if settings else "entries"),
    )
    try:
        said = ""
        while True:
            before = said
            said = _publish(program, there, address=named.rstrip("/"), chosen=chosen, if_changed=if_changed or watch)
            if said != before:
                click.echo(said)
            if not watch:
                return
            time.sleep(SITE_WATCH_SECONDS)
    except KeyboardInterrupt:
        if not watch:
            raise


def _publish(program: Program, folder: Path, *, address: str, chosen: tuple[str, str], if_changed: bool) -> str:
    """Write the static site once, and return what was done in words."""
    try:
        from monitor.web import server  # noqa: PLC0415 - needs the extra "web"
        from monitor.web.context import Access  # noqa: PLC0415 - the same
        from monitor.web.static_crawl import SiteContents  # noqa: PLC0415 - the same
        from monitor.web.static_site import publish_site  # noqa: PLC0415 - the same
    except ImportError as fault:
        raise RefusedError(f"the pages need the package {fault.name}; install monitor[web]") from fault
    contents = SiteContents(files=chosen[0], pictures=chosen[1])
    access = Access(address=address)
    with (
        Reader(server.PAGE_LIMITS) as reader,
        closing(server.site(program.config, program.state, reader, access=access, now=program.now)) as site,
        render.progress() as bar,
    ):
        task = bar.add_task("pages", total=None)
        done = publish_site(
            site,
            folder,
            contents,
            tell=lambda count, total: bar.update(task, completed=count, total=total),
            if_changed=if_changed,
        )
    if done is None:
        return f"{folder} shows the present history already"
    hint = "Feeds and calendars are left out, because they name whole addresses: say --address, or web.address."
    return _in_words(folder, done) + ("" if address else f"\n{hint}")


def _in_words(folder: Path, done: SiteWritten) -> str:
    sizes = ", ".join(f"{kind} {size / 1e6:,.1f} MB" for kind, size in sorted(done.bytes_of.items()))
    counts = f"{done.written:,} written, {done.unchanged:,} unchanged, {done.removed:,} removed"
    return f"{folder}: {done.written + done.unchanged:,} files ({sizes}): {counts}"


def _address(text: str | None) -> str:
    """Return the value of --address without a slash at its end. Raises UsageError if it is no web address."""
    if not text:
        return ""
    parts = urlsplit(text)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.netloc
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise click.UsageError(f"--address {text!r} is no web address; write it like https://lists.example.org")
    return text.rstrip("/")


def publication(
    program: Program, *, clock: Callable[[], float] = time.monotonic, niceness: int = NICENESS
) -> Callable[[Callable[[float], bool]], Publication | None] | None:
    """Return the function by which the daemon keeps the static site up to date; None if there is to be none.

    The daemon calls that function again and again. If the history has changed since the last time, or an hour has
    passed, it runs `monitor publish` in a separate process with low priority, and returns the outcome. If not, it
    returns None.

    Its argument is a function that waits for a number of seconds, and returns whether the daemon is being stopped. If
    so, the process is killed, which harms nothing, and None is returned.

    After a failure it tries again, at first after a minute, then more and more rarely: a folder that can't be written
    should not cost the machine a publication each minute. `clock` returns seconds that only ever grow. `niceness` is
    that of the process: from 0, as for other programs, to 19, which lets all others go first.
    """
    settings = program.config.web.publish
    if settings is None:
        return None
    last_mark, last_at = "", 0.0
    failures, retry_at = 0, 0.0

    def publish_due(wait: Callable[[float], bool]) -> Publication | None:
        nonlocal last_mark, last_at, failures, retry_at
        now = clock()
        if failures and now < retry_at:
            return None
        mark = read_only.lasting_mark(program.store)
        if mark == last_mark and now - last_at < MAX_SITE_PAUSE_SECONDS:
            return None
        last_mark, last_at = mark, now
        done = _run(program, wait, niceness)
        if done and done.fault:
            last_mark = ""  # so that it is tried again
            failures += 1
            pause = backoff(failures, first=FIRST_SITE_PAUSE, longest=MAX_SITE_RETRY_PAUSE)
            retry_at = clock() + pause.total_seconds()
            program.tell_unpublished(str(settings.folder), done.fault)
        elif done:
            failures = 0
        return done

    return publish_due


def _run(program: Program, wait: Callable[[float], bool], niceness: int) -> Publication | None:
    """Run `monitor publish` in a separate process; return the outcome, or None if the daemon is being stopped."""
    options = ("--config", str(program.config_path), "--state", str(program.state))
    command = [sys.executable, "-P", "-m", "monitor", *options, "publish", "--if-changed"]
    try:
        # What it says goes into a file, because it would wait for a reader once a pipe is full.
        with (
            TemporaryFile("w+", encoding="utf-8", errors="replace") as out,
            subprocess.Popen(  # noqa: S603 - this program itself
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            ) as child,
        ):
            os.setpriority(os.PRIO_PROCESS, child.pid, niceness)
            while child.poll() is None:
                if wait(0.2):
                    child.kill()
                    return None
            out.seek(0)
            said = out.read().strip()
    except OSError as fault:
        return Publication(fault=f"the process could not be started: {fault.strerror}")
    last = said.rpartition("\n")[2][:MAX_SITE_FAULT_LETTERS]
    return Publication(said=last) if child.returncode == 0 else Publication(fault=last or f"exit {child.returncode}")
