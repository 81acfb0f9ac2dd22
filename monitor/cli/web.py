"""The command that serves the change log as web pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.app import cli, pass_program
from monitor.errors import RefusedError

if TYPE_CHECKING:
    from monitor.program import Program

a_file = click.Path(dir_okay=False)


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--address", help="What people type, like https://monitor.example.org; begins permanent addresses.")
@click.option("--public", is_flag=True, help="Whoever reaches the port may read.")
@click.option("--password-file", type=a_file, help="A file with a password (any user name), or $MONITOR_WEB_PASSWORD.")
@click.option("--token-file", type=a_file, help="A file with a token for programs (Bearer), or $MONITOR_WEB_TOKEN.")
@pass_program
def web(
    program: Program,
    *,
    host: str,
    port: int,
    address: str | None,
    public: bool,
    password_file: str | None,
    token_file: str | None,
) -> None:
    """Serve the change log as web pages. They only read, and are for this machine unless told otherwise.

    Example: monitor web --port 8080
    """
    try:
        from monitor.web import server  # noqa: PLC0415 - needs the extra "web"
        from monitor.web.context import Access  # noqa: PLC0415 - the same
    except ImportError as fault:
        raise RefusedError(f"the pages need the package {fault.name}; install monitor[web]") from fault
    from monitor.sandbox.reader import Reader  # noqa: PLC0415 - only here

    access = Access(
        address=_address(address),
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


def _address(text: str | None) -> str:
    from urllib.parse import urlsplit  # noqa: PLC0415 - only here

    parts = urlsplit(text or "")
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query):
        raise click.UsageError(f"--address {text!r} is none; write it like https://monitor.example.org")
    return f"{parts.scheme}://{parts.netloc}" if text else ""


def _secret(path: str | None, variable: str) -> str | None:
    """A secret from a file's first line, or else from the environment."""
    import os  # noqa: PLC0415 - only here
    from pathlib import Path  # noqa: PLC0415 - only here

    if path is None:
        return os.environ.get(variable) or None
    try:
        return Path(path).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise RefusedError(f"{path}: {getattr(fault, 'strerror', None) or fault}") from fault
