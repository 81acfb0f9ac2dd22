"""The command that serves the change log as web pages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import pass_program
from monitor.config.extras import remedy
from monitor.config.file import load
from monitor.config.values import site_address
from monitor.errors import RefusedError
from monitor.sandbox.reader import Reader

if TYPE_CHECKING:
    from monitor.program import Program

a_file = click.Path(dir_okay=False)


@click.command(name="web")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address of this machine to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port to listen on; 0 takes any free one.",
)
@click.option("--address", help="The address that people type, like https://monitor.example.org; else `web.address`.")
@click.option("--public", is_flag=True, help="Let everyone read who reaches the port.")
@click.option(
    "--password-file", type=a_file, help="A file with the password that readers need; else $MONITOR_WEB_PASSWORD."
)
@click.option("--token-file", type=a_file, help="A file with the token that programs need; else $MONITOR_WEB_TOKEN.")
@click.option("--try", "is_trial", is_flag=True, help="Serve a page on which descriptions are tried, and no history.")
@pass_program
def web_command(
    program: Program,
    *,
    host: str,
    port: int,
    address: str | None,
    public: bool,
    password_file: str | None,
    token_file: str | None,
    is_trial: bool,
) -> None:
    """Serve the change log as web pages, on this machine.

    The pages only read. Other machines reach them only if you say so: with a --host, and with a password, a token or
    --public. With --try there is another page in their place, a form for what `monitor try` does; it serves this
    machine alone.

    Example: monitor web --port 8080
    """
    try:
        from monitor.web import server  # noqa: PLC0415 - needs the extra "web"
        from monitor.web.context import Access  # noqa: PLC0415 - the same
    except ImportError as fault:
        raise RefusedError(f"the pages need the package {fault.name}; {remedy('web')}") from fault
    if is_trial:
        if not server.is_loopback(host) or public or address or password_file or token_file:
            raise click.UsageError(
                "--try serves this machine alone: leave out --public, --address, --password-file and --token-file, and "
                "name no --host but 127.0.0.1 or ::1"
            )
        _serve_trial(program, host, port)
        return
    access = Access(
        address=_address(address) or program.config.web.address or "",
        password=_secret(password_file, "MONITOR_WEB_PASSWORD"),
        token=_secret(token_file, "MONITOR_WEB_TOKEN"),
    )
    try:
        server.check_access(host, access, public=public)
    except RefusedError as fault:
        raise click.UsageError(str(fault)) from fault
    config, state = program.config, program.state
    with Reader(server.PAGE_LIMITS) as reader, server.bound(host, port) as listening:
        name, number = listening.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        click.echo(f"http://{shown}:{number}/ shows {state}; end it with Ctrl-C")
        server.serve_pages(listening, server.site(config, state, reader, access=access, now=program.now))


def _serve_trial(program: Program, host: str, port: int) -> None:
    """Serve the page on which descriptions are tried, until a signal ends this process."""
    try:
        from monitor.web import server  # noqa: PLC0415 - needs the extra "web"
        from monitor.web.trial import TrialSite, trial_application  # noqa: PLC0415 - the same
    except ImportError as fault:
        raise RefusedError(f"the page needs the package {fault.name}; {remedy('web')}") from fault

    site = TrialSite(load=lambda: load(program.config_path), trial=program.trial)
    with server.bound(host, port) as listening:
        name, number = listening.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        click.echo(f"http://{shown}:{number}/ tries descriptions; end it with Ctrl-C")
        server.serve_application(listening, trial_application(site))


def _address(text: str | None) -> str:
    """Return scheme and host of --address, or "" without it. Raises UsageError if it is no such address."""
    try:
        return site_address(text) if text else ""
    except ValueError as fault:
        raise click.UsageError(f"--address {fault}") from fault


def _secret(path: str | None, variable: str) -> str | None:
    """Return a secret: the first line of the file `path`, or without a path the value of an environment variable.

    Return None if neither is given. Raises RefusedError if the file can't be read.
    """
    if path is None:
        return os.environ.get(variable) or None
    try:
        return Path(path).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise RefusedError(f"{path}: {getattr(fault, 'strerror', None) or fault}") from fault
