"""`make upgrade-systemd` keeps the history and the alerts, and `make rollback-systemd` brings back what was before.

The daemon is a real process. `systemctl` and `systemd-run` are stood in for, see `tests/support/stand_in_systemd.py`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import venv
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from monitor import __version__
from monitor.demo import issues
from monitor.demo.publisher import Publisher
from monitor.program import Program
from tests.daemon.test_daemon import configured, until
from tests.support.crashes import Agencies
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAND_IN = ROOT / "tests" / "support" / "stand_in_systemd.py"
STEP = '''

@migrations()
def m999_of_a_later_release(db: Database) -> None:
    """Add a table that no release before knows."""
    _apply(db, ("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT",))
'''


def program(folder: Path, *, source: Path) -> None:
    """Make a folder like an installed program, which runs the code in `source` with the packages of these tests."""
    venv.create(folder, symlinks=True)
    purelib = sysconfig.get_path("purelib")
    (there,) = folder.glob("lib/python*/site-packages")
    (there / "source.pth").write_text(f"{source}\n{purelib}\n", encoding="utf-8")
    (folder / ".installed").touch()
    shutil.copytree(ROOT / "systemd", folder / "systemd")


def later_release(folder: Path, *, has_step: bool) -> Path:
    """Make the code of a later release, perhaps with one more step of the schema; return its folder."""
    package = folder / "monitor"
    shutil.copytree(ROOT / "monitor", package)  # with what is compiled of it, which is as old as its files
    text = (package / "__init__.py").read_text(encoding="utf-8")
    (package / "__init__.py").write_text(text.replace(__version__, "99.0"), encoding="utf-8")
    if has_step:
        steps, known = package / "store" / "migrations.py", package / "store" / "database.py"
        steps.write_text(steps.read_text(encoding="utf-8") + STEP, encoding="utf-8")
        text = known.read_text(encoding="utf-8")
        known.write_text(text.replace("STEPS = (\n", 'STEPS = (\n    "m999_of_a_later_release",\n'), encoding="utf-8")
    return folder


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine with the service, below a folder: its daemon watches a list of a publisher."""

    root: Path
    agencies: Agencies
    variables: dict[str, str]

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.root / "var/lib/monitor"

    def tool(self, action: str, *options: str) -> subprocess.CompletedProcess[str]:
        """What `make upgrade-systemd` runs once the new program lies beside the present one, or `rollback-systemd`."""
        command = [sys.executable, str(ROOT / "tools/upgrade.py"), action, "--root", str(self.root), *options]
        return subprocess.run(command, env=self.variables, capture_output=True, text=True, check=False)

    def systemctl(self, *words: str) -> int:
        """Call the stand-in."""
        return subprocess.run(["systemctl", *words], env=self.variables, check=False).returncode

    def said(self, folder: str = "opt/monitor", *words: str, state: Path | None = None) -> list[str]:
        """The lines that a program prints about a state folder."""
        python, config = self.root / folder / "bin/python", self.root / "etc/monitor/config.yaml"
        own = [str(python), "-P", "-m", "monitor", "--config", str(config), "--state", str(state or self.state)]
        return subprocess.run([*own, *words], capture_output=True, text=True, check=True).stdout.splitlines()

    def versions(self, state: Path | None = None) -> int:
        """How many versions a state folder has."""
        path = (state or self.state) / "monitor.db"
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM versions").fetchone()[0])
        return 0

    def change(self) -> None:
        """Publish another version, and wait until the daemon has recorded it."""
        before = self.versions()
        self.agencies.change()
        until(lambda: self.versions() > before)


@pytest.fixture(scope="module")
def agencies() -> Iterator[Agencies]:
    """A list that does not change by itself, and its publisher."""
    with Publisher() as publisher:
        yield Agencies(publisher, random.Random(1))


@pytest.fixture(scope="module")
def history(agencies: Agencies, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder in which this release has recorded two versions of the list. Only to be copied."""
    folder = tmp_path_factory.mktemp("history")
    with Program(config_path=configured(folder, agencies.publisher), state_override=folder / "state") as program:
        for _ in range(2):
            agencies.change()
            assert not [fault for polled in program.poll([issues.AGREEMENTS_SOURCE]) for fault in polled.faults]
        assert not [done for done in program.process() if done.fault or done.hold_reason]
    return folder / "state"


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of a later release."""
    return later_release(tmp_path_factory.mktemp("later"), has_step=False)


@pytest.fixture(scope="module")
def later_with_step(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of a later release with one more step of the schema."""
    return later_release(tmp_path_factory.mktemp("later"), has_step=True)


@pytest.fixture
def stopped(tmp_path: Path, agencies: Agencies, history: Path) -> Iterator[Machine]:
    """A machine with this release and a history, whose service does not run."""
    root = tmp_path / "root"
    for folder in ("etc/systemd/system", "etc/monitor", "opt", "var/lib", "run"):
        (root / folder).mkdir(parents=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("systemctl", "systemd-run"):
        (tools / name).write_text(f"#!{sys.executable}\n{STAND_IN.read_text('utf-8')}", encoding="utf-8")
        (tools / name).chmod(0o755)
    for unit in (ROOT / "systemd").iterdir():
        shutil.copy(unit, root / "etc/systemd/system")
    program(root / "opt/monitor", source=ROOT)
    variables = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "STAND_IN_ROOT": str(root)}
    made = Machine(root=root, agencies=agencies, variables=variables)
    configured(tmp_path, agencies.publisher).rename(root / "etc/monitor/config.yaml")
    shutil.copytree(history, made.state)
    try:
        yield made
    finally:
        made.systemctl("stop", "monitor.service")


@pytest.fixture
def machine(stopped: Machine) -> Machine:
    """A machine on which this release runs, and has recorded a further version of a list."""
    stopped.systemctl("start", "monitor.service")
    stopped.change()
    return stopped


def test_an_upgrade_goes_on_with_the_history_and_can_be_taken_back(machine: Machine, later: Path) -> None:
    """Where no step of the schema is new, going back keeps all that came since.

    Nothing is changed where the new program refuses the configuration: the daemon goes on, with the program and the
    state that it had, until that is corrected.
    """
    before = machine.said("opt/monitor", "log", "--json")
    program(machine.root / "opt/monitor.new", source=later)
    config = machine.root / "etc/monitor/config.yaml"
    sound = config.read_text(encoding="utf-8")
    config.write_text(f"{sound}\nsauces: {{}}\n", encoding="utf-8")
    ran = machine.tool("upgrade")
    assert ran.returncode == 1
    assert "sauces" in ran.stderr
    assert "nothing was changed; correct the configuration first" in ran.stderr
    assert machine.said("opt/monitor", "--version") == [f"monitor, version {__version__}"]
    assert machine.systemctl("is-active", "monitor.service") == 0
    assert not (machine.root / "opt/monitor.old").exists()
    config.write_text(sound, encoding="utf-8")
    ran = machine.tool("upgrade")
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert f"from monitor {__version__} to 99.0" in ran.stdout
    assert ran.stdout.splitlines()[-1].strip() == "pass"
    assert machine.said("opt/monitor", "--version") == ["monitor, version 99.0"]
    assert machine.said("opt/monitor", "log", "--json")[: len(before)] == before
    machine.change()
    after = machine.said("opt/monitor", "log", "--json")
    ran = machine.tool("rollback")
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert "reads the state as it is, so all of it stays" in ran.stdout
    assert machine.said("opt/monitor", "--version") == [f"monitor, version {__version__}"]
    assert machine.said("opt/monitor", "log", "--json")[: len(after)] == after
    machine.change()
    assert machine.tool("rollback").stderr == (
        f"{machine.root}/opt/monitor.old: there is no program from before an upgrade; nothing was changed\n"
    )


def test_going_back_over_a_migration_restores_the_backup_and_keeps_what_came_since(
    machine: Machine, later_with_step: Path
) -> None:
    """The old program goes on from the moment of the upgrade; the newer state lies beside, whole, and is named."""
    program(machine.root / "opt/monitor.new", source=later_with_step)
    before = machine.versions()
    assert machine.tool("upgrade").returncode == 0
    at_upgrade = machine.versions(machine.root / "var/lib/monitor-upgrade")
    assert at_upgrade >= before
    machine.change()
    newest = machine.versions()
    ran = machine.tool("rollback")
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert machine.said("opt/monitor", "--version") == [f"monitor, version {__version__}"]
    (newer,) = machine.root.glob("var/lib/monitor-2*")
    assert f"kept as {newer}" in ran.stdout
    assert machine.versions(newer) >= newest
    assert machine.said("opt/monitor.new", "verify", state=newer)
    until(lambda: machine.versions() > at_upgrade)  # the old program finds what the list says now
    machine.change()
    assert machine.said("opt/monitor", "verify")


def test_a_new_program_that_is_not_well_is_said_and_not_upgraded_over(
    machine: Machine, later_with_step: Path, tmp_path: Path
) -> None:
    """A daemon that ends at once: exit status 1, with the way back; a second upgrade would lose the way back.

    Where going back was broken off, half a restored state is not taken for a history: it is set aside, and the backup
    is restored anew. The newer state stays where it was put.
    """
    later = shutil.copytree(later_with_step, tmp_path / "later")
    (later / "monitor/daemon/daemon.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    program(machine.root / "opt/monitor.new", source=later)
    ran = machine.tool("upgrade", "--health-seconds", "2")
    assert ran.returncode == 1
    assert "the service is not well; `journalctl -u monitor` says why. `make rollback-systemd` goes back" in ran.stderr
    program(machine.root / "opt/monitor.new", source=later)
    again = machine.tool("upgrade")
    assert again.returncode == 1
    assert "left a service that was not well, and nothing was changed now" in again.stderr
    aside = machine.root / "var/lib/monitor-20260101T000000Z"
    machine.state.rename(aside)
    machine.state.mkdir()
    (machine.state / "half").touch()
    note = machine.root / "opt/monitor.old/.upgraded"
    note.write_text(json.dumps(json.loads(note.read_text("utf-8")) | {"aside": str(aside)}), encoding="utf-8")
    newest = machine.versions(aside)
    ran = machine.tool("rollback")
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert machine.versions() >= newest >= 3
    assert machine.versions(aside) == newest
    (half,) = machine.root.glob("var/lib/monitor-not-restored-*")
    assert (half / "half").exists()
    machine.change()


def test_an_upgrade_that_was_broken_off_is_finished(stopped: Machine, later: Path) -> None:
    """Killed when the new program is in place but not started: the next call starts it, and keeps the way back."""
    program(stopped.root / "opt/monitor.new", source=later)
    note: dict[str, object] = {"at": "2026-01-01T00:00:00+00:00", "from": __version__, "to": "99.0", "stage": "begun"}
    note |= {"running": ["monitor.service"], "was_well": True}
    (stopped.root / "opt/monitor/.upgraded").write_text(json.dumps(note), encoding="utf-8")
    (stopped.root / "opt/monitor").rename(stopped.root / "opt/monitor.old")
    (stopped.root / "opt/monitor.new").rename(stopped.root / "opt/monitor")
    ran = stopped.tool("upgrade")
    assert ran.returncode == 0, ran.stderr
    assert "an upgrade was broken off" in ran.stdout
    assert stopped.systemctl("is-active", "monitor.service") == 0
    assert stopped.said("opt/monitor.old", "--version") == [f"monitor, version {__version__}"]


def test_a_program_is_put_back_where_a_replacement_was_broken_off_half_way(stopped: Machine) -> None:
    """Killed between the two renames nothing would lie where the units look."""
    (stopped.root / "opt/monitor").rename(stopped.root / "opt/monitor.old")
    ran = stopped.tool("upgrade")
    assert ran.returncode == 1
    assert "there is no new program; say `make upgrade-systemd`" in ran.stderr
    assert (stopped.root / "opt/monitor/pyvenv.cfg").exists()
