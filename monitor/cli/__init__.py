"""The command line: runs one command, and turns errors into one line and an exit status."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress

from monitor import OBJECTS_BEFORE_COLLECTION

gc.set_threshold(OBJECTS_BEFORE_COLLECTION)  # before all that is loaded now, and holds no garbage
atexit.register(gc.freeze)  # at its end a process gives back all memory, and need not look for garbage first
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look for some among all packages that are there

import click  # noqa: E402

from monitor.cli.app import cli  # noqa: E402
from monitor.errors import ConfigError, MonitorError  # noqa: E402


def main(arguments: list[str] | None = None) -> None:
    """Run one command, and exit with its status.

    0: done. 1: something failed, and a message said what. 2: wrong usage or configuration. 130: interrupted.

    `arguments` are those of the command line; None means those of this process.
    """
    try:
        status = cli.main(args=arguments, prog_name="monitor", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("monitor: interrupted; the same command goes on where it stopped", err=True)
        status = 130
    except click.ClickException as fault:
        fault.show()
        status = 2
    except ConfigError as fault:
        for line in fault.faults:
            click.echo(f"monitor: {line}", err=True)
        status = 2
    except MonitorError as fault:
        for line in str(fault).splitlines():
            click.echo("monitor: " + "".join(letter if letter.isprintable() else "?" for letter in line), err=True)
        status = 1
    except OSError as fault:
        where = fault.filename or "the output"
        click.echo(f"monitor: {where}: {fault.strerror}; see to it, then run the same command again", err=True)
        _give_up_output()
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _give_up_output() -> None:
    """Discard the rest of the output, so that Python does not fail again when it flushes standard output at its end."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
