"""Upgrades the service that `make install-systemd` made, and goes back: `make upgrade-systemd`, `rollback-systemd`.

Beside the program in /opt/monitor lie /opt/monitor.new, the next one, and /opt/monitor.old, the one before. The state
is backed up into /var/lib/monitor-upgrade before the new program opens it. Nothing of the state is ever removed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICES = ("monitor.service", "monitor-web.service")
UNITS = (*SERVICES, "monitor-backup.service", "monitor-backup.timer")
GO_BACK = "`make rollback-systemd` goes back"
FAULTY_CONFIGURATION = 2  # the exit status of every command of monitor
NOTE = ".upgraded"  # in the folder of the program before: when it was replaced
# How a command runs as the daemon's user, who exists only while something runs as that user.
AS_MONITOR = (
    *("systemd-run", "--quiet", "--wait", "--pipe", "--collect"),
    *("--property=DynamicUser=yes", "--property=User=monitor", "--property=StateDirectoryMode=0700"),
    *("--property=StateDirectory=monitor monitor-upgrade", "--property=UMask=0077"),
    "--property=WorkingDirectory=/var/lib/monitor",
)
MAX_HEALTH_SECONDS = 120.0  # for which the daemon may take to answer: it may have much to look through first
HEALTH_PAUSE_SECONDS = 1.0
PORT = "import pathlib, sys; from monitor.config.file import load; print(load(pathlib.Path(sys.argv[1])).run.port)"


class UpgradeError(Exception):
    """A step failed; the message says which, how things stand now, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """The installed service. `root` comes before each path, to try it out; `prefix` is where the program lies.

    `health_seconds`: how long the daemon may take to answer, in seconds.
    """

    root: str
    prefix: Path
    health_seconds: float

    def at(self, path: str | Path) -> Path:
        """Return where a path of the machine is: below `root`."""
        return Path(f"{self.root}{path}")

    @property
    def program(self) -> Path:
        """Return the folder of the program that the units start."""
        return self.at(self.prefix)

    @property
    def new(self) -> Path:
        """Return the folder of the next program."""
        return self.program.with_name(f"{self.program.name}.new")

    @property
    def old(self) -> Path:
        """Return the folder of the program before."""
        return self.program.with_name(f"{self.program.name}.old")

    @property
    def config(self) -> Path:
        """Return the path of the configuration."""
        return self.at("/etc/monitor/config.yaml")

    @property
    def state(self) -> Path:
        """Return the state folder, by the name that the units give it."""
        return self.at("/var/lib/monitor")

    @property
    def backup(self) -> Path:
        """Return the folder of the backup that is made before an upgrade."""
        return self.at("/var/lib/monitor-upgrade")

    @property
    def units(self) -> Path:
        """Return the folder of the units."""
        return self.at("/etc/systemd/system")

    def has_history(self) -> bool:
        """Return whether there is a history that can be backed up or lost."""
        return (self.state / "monitor.db").exists()

    def mend(self) -> None:
        """Put the program before in its place where a replacement was broken off half-way, and nothing lies there."""
        if not self.program.exists() and self.old.exists():
            self.old.rename(self.program)

    def note(self) -> dict[str, Any] | None:
        """Return what was written down when the program before was replaced; None if none was."""
        try:
            found: dict[str, Any] = json.loads((self.old / NOTE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def write_note(self, note: dict[str, Any]) -> None:
        """Write down, beside the program before, how far its replacement has come; whole or not at all."""
        part = self.old / f"{NOTE}.part"
        part.write_text(json.dumps(note), encoding="utf-8")
        part.replace(self.old / NOTE)

    def run(self, program: Path, *words: str | Path, is_quiet: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command of a program in one of the three folders, as the daemon's user."""
        own = (program / "bin" / "python", "-P", "-m", "monitor", "--config", self.config, "--state", self.state)
        return subprocess.run(  # noqa: S603 - the installed program
            [*AS_MONITOR, *own, *words], check=False, capture_output=is_quiet, text=True
        )

    def version(self, program: Path) -> str:
        """Return the version of a program in one of the three folders."""
        asked: list[str | Path] = [program / "bin" / "python", "-P", "-c", "import monitor; print(monitor.__version__)"]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603

    def port(self, program: Path) -> int:
        """Return the port that the daemon answers at; a program that knows the configuration is asked, so a new one."""
        asked: list[str | Path] = [program / "bin" / "python", "-P", "-c", PORT, self.config]
        return int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def health(port: int, seconds: float) -> tuple[str, list[str]]:
    """Return what the daemon says of itself, `pass` or `fail` with its ailments; `silent` if it does not answer.

    `seconds`: for which it may take to answer.
    """
    until = time.monotonic() + seconds
    while True:
        with suppress(urllib.error.URLError, OSError, ValueError):
            return _answer(f"http://127.0.0.1:{port}/healthz")
        if time.monotonic() > until:
            return "silent", []
        time.sleep(HEALTH_PAUSE_SECONDS)


def _answer(address: str) -> tuple[str, list[str]]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - this machine's own
            said = json.load(answer)
    except urllib.error.HTTPError as refused:
        said = json.load(refused)
    return str(said["status"]), [str(each) for each in said.get("ailments", [])]


def systemctl(*words: str) -> bool:
    """Run systemctl; return whether it succeeded."""
    return subprocess.run(["systemctl", *words], check=False).returncode == 0  # noqa: S603, S607 - wherever it lies


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - it says what it does


def upgrade(service: Service) -> None:
    """Put the program that lies beside the present one in its place, on the same state. Raises UpgradeError.

    An upgrade that was broken off is finished.
    """
    service.mend()
    last = service.note()
    if last is not None and last["stage"] == "begun":
        say("an upgrade was broken off after the new program was put in place; it is finished now")
        _finish(service, last)
        return
    if last is not None and last["stage"] == "started":
        raise UpgradeError(
            f"the upgrade of {last['at']} left a service that was not well, and nothing was changed now. "
            f"`make rollback-systemd` goes back; to keep the new program as it is, remove {service.old}/{NOTE}"
        )
    if not (service.program / "pyvenv.cfg").exists():
        raise UpgradeError(f"{service.program}: nothing is installed there; say `make install-systemd`")
    if not (service.new / ".installed").exists():
        raise UpgradeError(f"{service.new}: there is no new program; say `make upgrade-systemd`")
    before, after = service.version(service.program), service.version(service.new)
    say(f"1/6 from monitor {before} to {after}; the new one checks the configuration")
    if service.run(service.new, "config", "check").returncode:
        raise UpgradeError("nothing was changed; correct the configuration first")
    if service.has_history():
        say(f"2/6 backup into {service.backup}, while the service goes on")
        _back_up(service)
    running = [unit for unit in SERVICES if systemctl("is-active", "--quiet", unit)]
    was_well = SERVICES[0] in running and health(service.port(service.new), 0)[0] == "pass"
    say(f"3/6 stop: {', '.join(running) or 'nothing runs'}")
    _stop(running)
    try:
        if service.has_history():
            _back_up(service)  # what came since; short
    except UpgradeError:
        _start(running)
        raise
    say(f"4/6 the new program; the old one stays as {service.old}")
    last = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "from": before, "to": after, "stage": "begun"}
    last |= {"running": running, "was_well": was_well}
    _replace(service, last)
    _finish(service, last)


def _back_up(service: Service) -> None:
    if service.run(service.program, "backup", service.backup).returncode:
        raise UpgradeError(f"no backup could be made in {service.backup}, so nothing was changed; see to it first")


def _replace(service: Service, last: dict[str, Any]) -> None:
    """Put the new program in the place of the present one, which is kept beside it with its units and a note."""
    shutil.rmtree(service.old, ignore_errors=True)
    kept = service.program / "systemd"
    kept.mkdir(exist_ok=True)
    for unit in UNITS:
        if (service.units / unit).exists():
            shutil.copy(service.units / unit, kept / unit)
    (service.program / NOTE).write_text(json.dumps(last), encoding="utf-8")
    service.program.rename(service.old)
    service.new.rename(service.program)


def _finish(service: Service, last: dict[str, Any]) -> None:
    """Bring the state up to date, start what was running, and look whether it is well. Raises UpgradeError."""
    _install_units(service)
    say("5/6 the state is brought up to date")
    if service.has_history() and service.run(service.program, "holds", is_quiet=True).returncode:
        raise UpgradeError("the new program can't open the state; `make rollback-systemd` goes back")
    _start(last["running"])
    service.write_note(last | {"stage": "started"})
    say("6/6 health")
    _look(service, last["running"], port=service.port(service.program), was_well=last["was_well"])
    service.write_note(last | {"stage": "well"})


def _install_units(service: Service) -> None:
    """Install the units that came with the program."""
    for unit in sorted((service.program / "systemd").iterdir()):
        shutil.copy(unit, service.units / unit.name)
    systemctl("daemon-reload")


def _stop(units: Sequence[str]) -> None:
    if units and not systemctl("stop", *units):
        raise UpgradeError("the service can't be stopped; nothing was changed")


def _start(units: Sequence[str]) -> None:
    if units and not systemctl("start", *units):
        raise UpgradeError(f"{', '.join(units)} can't be started; `journalctl -u monitor` says why. {GO_BACK}")


def _look(service: Service, running: Sequence[str], *, port: int, was_well: bool) -> None:
    """Ask how the service is. Raises UpgradeError if it does not answer, or is not well and was so before."""
    if SERVICES[0] not in running:
        say("    the daemon was not running, and was not started; `systemctl start monitor` starts it")
        return
    status, ailments = health(port, service.health_seconds)
    say(f"    {status}")
    for ailment in ailments:
        say(f"    {ailment}")
    if status == "silent" or (status != "pass" and was_well):
        raise UpgradeError(f"the service is not well; `journalctl -u monitor` says why. {GO_BACK}")


def rollback(service: Service) -> None:
    """Put the program before in its place again; where it can't read the state, also the state from then.

    The newer state is kept beside it. A rollback that was broken off is finished. Raises UpgradeError.
    """
    service.mend()
    last = service.note()
    if last is None:
        raise UpgradeError(f"{service.old}: there is no program from before an upgrade; nothing was changed")
    say(f"1/5 back to monitor {last['from']}, which was replaced at {last['at']}; it checks the configuration")
    checked = service.run(service.old, "doctor", "--offline", is_quiet=True)  # which every release has
    if checked.returncode == FAULTY_CONFIGURATION:
        said = checked.stderr.strip()
        raise UpgradeError(
            f"{said}\nnothing was changed; take out of the configuration what the old program does not know"
        )
    port = service.port(service.program)
    running = sorted({*last["running"], *(unit for unit in SERVICES if systemctl("is-active", "--quiet", unit))})
    say(f"2/5 stop: {', '.join(running) or 'nothing runs'}")
    _stop(running)
    if last.get("aside") or (service.has_history() and service.run(service.old, "holds", is_quiet=True).returncode):
        last = _restore(service, last)
    else:
        say("3/5 the old program reads the state as it is, so all of it stays")
    say(f"4/5 the old program; the other stays as {service.new}")
    shutil.rmtree(service.new, ignore_errors=True)
    service.program.rename(service.new)
    service.old.rename(service.program)
    _install_units(service)
    _start(running)
    (service.program / NOTE).unlink()
    say("5/5 health")
    _look(service, running, port=port, was_well=False)
    if "aside" in last:
        _tell_apart(service, Path(last["aside"]), at=last["at"])


def _restore(service: Service, last: dict[str, Any]) -> dict[str, Any]:
    """Restore the backup from before the upgrade into a new state folder; return the note, with the newer one's place.

    Raises UpgradeError; all folders are there then.
    """
    real = service.state.resolve()
    time_now = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if not last.get("aside"):
        last = last | {"aside": str(real.with_name(f"{real.name}-{time_now}"))}
        service.write_note(last)
    newer = Path(last["aside"])
    if newer.exists() and real.exists():  # a restore was broken off
        real.rename(real.with_name(f"{real.name}-not-restored-{time_now}"))
    elif real.exists():
        real.rename(newer)
    say(f"3/5 the old program can't read the newer state. That is kept as {newer}; the backup is restored")
    if service.run(service.old, "restore", service.backup).returncode:
        raise UpgradeError(
            f"the backup can't be restored, and the service is stopped; see to {service.backup}, and repeat"
        )
    return last


def _tell_apart(service: Service, newer: Path, *, at: str) -> None:
    """Say what the newer program did since the upgrade, which the restored state does not know."""
    python = service.new / "bin" / "python"
    say(f"What was recorded after {at} stands in {newer} alone.")
    say("The old program looks anew at all lists. It finds what they say now, and may send alerts a second time; what")
    say("came and went meanwhile it can't see. To look at what was recorded:")
    say(f"  {python} -P -m monitor --config {service.config} --state {newer} log --since {at[:10]}")
    say(f"Remove {newer} only when nothing in it is needed any more.")


def main() -> int:
    """Upgrade the service or go back; return 0, or 1 with a message."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("action", choices=["upgrade", "rollback"])
    parser.add_argument("--root", default="", help="a folder that comes before each path")
    parser.add_argument("--prefix", type=Path, default=Path("/opt/monitor"), help="where the program lies")
    parser.add_argument(
        "--health-seconds", type=float, default=MAX_HEALTH_SECONDS, help="for which the daemon may take to answer"
    )
    asked = parser.parse_args()
    service = Service(root=asked.root, prefix=asked.prefix, health_seconds=asked.health_seconds)
    try:
        upgrade(service) if asked.action == "upgrade" else rollback(service)
    except UpgradeError as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - the message
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
