"""The command that runs the daemon: its signals, and the lock by which a state folder has one daemon at most."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import click
import structlog

from monitor.cli.options import pass_program
from monitor.cli.publish import publication
from monitor.cli.steps import require_sources
from monitor.daemon import health
from monitor.daemon import log as event_log
from monitor.daemon.daemon import Daemon
from monitor.daemon.systemd import Supervisor
from monitor.errors import ConfigError, RefusedError, StoreError
from monitor.files import lock
from monitor.program import Program
from monitor.store import queries
from monitor.store.adopt import prepare_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_SIGNAL_WAIT = 10  # seconds between two looks at the clock


@click.command(name="run")
@pass_program
def run_command(program: Program) -> None:
    """Watch the sources until told to stop (the daemon).

    Ctrl-C or SIGTERM ends it. SIGHUP makes it read the configuration again.

    Example: monitor run
    """
    require_sources(program)
    supervisor = Supervisor.of_environment()
    signals = Signals()
    event_log.configure()
    with _alone(program.state), signals:
        prepare_store(program.state)
        serving: Program | None = program
        while serving:
            serving = _serve(serving, signals, supervisor)


class Signals:
    """The signals that tell the daemon to stop (SIGTERM, SIGINT), or to read its configuration again (SIGHUP).

    The main thread waits for them with `next`. There are no signal handlers, because a handler that interrupts another
    could make the process hang. Enter the `with` block before any thread is started. In the block, these signals are
    held back until `next` takes them, and a new thread holds back the same signals as the thread that starts it.
    """

    WANTED = frozenset((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))

    def __enter__(self) -> Self:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, self.WANTED)
        return self

    def __exit__(self, *_: object) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def next(self) -> int | None:
        """Wait for the next signal and return its number; return None if none has come within ten seconds."""
        received = signal.sigtimedwait(self.WANTED, MAX_SIGNAL_WAIT)
        return received.si_signo if received else None


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the lock that only one daemon can have on a state folder, while the block runs.

    If the process crashes, the system frees the lock. Raises RefusedError if another process has it.
    """
    state.mkdir(parents=True, exist_ok=True)
    path = state / ".daemon-lock"
    with ExitStack() as exits:
        try:
            number = exits.enter_context(lock(path, wait=False))
        except BlockingIOError as fault:
            other = path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
            raise RefusedError(f"{state}: `monitor run` is at work here (process {other}); end it first") from fault
        os.ftruncate(number, 0)
        os.write(number, f"{os.getpid()}\n".encode("ascii"))
        yield


def _serve(program: Program, signals: Signals, supervisor: Supervisor) -> Program | None:
    """Run the daemon until a signal comes.

    Return a program with the new configuration if that was read again, or None if the daemon should stop.
    """
    log = structlog.get_logger()
    with program, ExitStack() as exits:
        _check(program)
        daemon = Daemon(steps=replace(program.steps, publish=publication(program)), supervisor=supervisor)
        port = program.config.run.port
        if port:
            try:
                exits.enter_context(
                    health.serving(
                        port,
                        store=lambda: program.store,
                        ailments=daemon.ailments,
                        pauses=program.config.pauses(),
                        now=program.now,
                    )
                )
            except OSError as fault:
                log.warning("health.failed", port=port, fault=fault.strerror, remedy="name another port with run.port")
        _freeze()
        daemon.start()
        log.info("run.started", sources=len(program.config.sources), channels=len(program.config.channels))
        following: Program | None = None
        while (received := signals.next()) in {None, signal.SIGHUP}:
            daemon.keep_time()
            if received is None:
                continue
            supervisor.reloading()
            found = _next(program)
            if isinstance(found, Program):
                following = found
                log.info("config.reloaded")
                break
            log.warning("config.rejected", faults=found, remedy="the one before goes on; mend it and reload again")
            supervisor.tell("READY=1")
        supervisor.tell("STATUS=reading the configuration" if following else "STOPPING=1")
        if not daemon.stop():
            log.warning("run.cut_short", remedy="what was under way is done again at the next start")
            if not following:
                sys.stderr.flush()
                os._exit(0)  # the threads that hang would keep the process; everything is safe to kill
        log.info("run.stopped")
        return following


def _freeze() -> None:
    """Take the objects that exist now out of later garbage collections, which saves time; they are kept anyway."""
    gc.unfreeze()  # what an earlier configuration left is let go of
    gc.collect()
    gc.freeze()


def _check(program: Program) -> None:
    """Raise StoreError if the database is damaged, so that nothing more is written to it."""
    if faults := queries.integrity_faults(program.store):
        raise StoreError(
            f"{program.store.path}: damaged: {faults[0]}; stop here, keep the folder, and put back a backup: "
            "`monitor --state NEW restore BACKUP`"
        )


def _next(program: Program) -> Program | tuple[str, ...]:
    """Read the configuration again; return a program with it, or the faults of the configuration.

    If there are faults, the daemon goes on with the old configuration.
    """
    following = Program(config_path=program.config_path, state_override=program.state_override, now=program.now)
    try:
        if following.state == program.state:
            return following
    except ConfigError as fault:
        return fault.faults
    return (f"{program.config_path}: state: another folder needs another start of the daemon",)
