"""The units say what they should, systemd takes them, and installing them destroys nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from monitor.config.sources import Run
from monitor.daemon import daemon
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES = ("monitor.service", "monitor-web.service", "monitor-backup.service")
UNITS = (*SERVICES, "monitor-backup.timer")
MOST = 1.5  # exposure, of 10
SYSTEM = Path("/usr/lib/systemd/system")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze, of the package systemd, is not installed"
)


def make(target: str, root: Path, *more: str) -> str:
    """Make a target with everything under `root`; returns what was printed."""
    ran = subprocess.run(
        ["make", "--no-print-directory", target, f"DESTDIR={root}", *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def with_program(root: Path, prefix: str = "opt/monitor") -> Path:
    """A folder where the program is installed already: making its environment takes minutes, and needs the network."""
    folder = root / prefix
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "monitor").touch(mode=0o755)
    (folder / ".installed").touch()
    os.utime(folder / ".installed", (4e9, 4e9))  # newer than any source
    return folder


def settings(unit: str) -> Iterator[tuple[str, str]]:
    """The settings of a unit in order, each with its value."""
    for line in (ROOT / "systemd" / unit).read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            yield name, value


def setting(unit: str, name: str) -> str:
    """The one value of a setting."""
    (value,) = (value for found, value in settings(unit) if found == name)
    return value


@needs_systemd
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Not a word of `systemd-analyze verify` about what was installed: every key is known, every command is there."""
    with_program(tmp_path)
    make("install-systemd", tmp_path)
    shutil.copytree(SYSTEM, tmp_path / SYSTEM.relative_to("/"), symlinks=True)
    (tmp_path / "bin").mkdir()
    for command in ("sh", "mkdir"):
        shutil.copy(f"/bin/{command}", tmp_path / "bin" / command)
    for unit in UNITS:
        ran = subprocess.run(
            ["systemd-analyze", "verify", f"--root={tmp_path}", f"/etc/systemd/system/{unit}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", ""), unit


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES)
def test_exposure_is_low(unit: str) -> None:
    """What `systemd-analyze security` makes of a unit, of 10 at worst."""
    shown = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(ROOT / "systemd" / unit)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(rf"Overall exposure level for {re.escape(unit)}: ([\d.]+)", shown)
    assert found
    assert float(found[1]) <= MOST


def test_sandboxes_differ_in_nothing_that_is_not_explained() -> None:
    """What monitor.service explains line by line stands in the same words in the units that refer to it."""
    daemons = list(settings("monitor.service"))
    shared = daemons[daemons.index(("ProtectSystem", "strict")) : daemons.index(("LimitCORE", "0")) + 1]
    for unit in SERVICES[1:]:
        text = (ROOT / "systemd" / unit).read_text(encoding="utf-8")
        own = text.partition("line by line as in monitor.service, which gives the reasons")[2].splitlines()
        assert [tuple(line.split("=", 1)) for line in own if line and line[0] != "#"][: len(shared)] == shared


def test_units_fit_the_program() -> None:
    """Times, ports, user and state agree with what the daemon does, and with each other."""
    minutes, seconds = setting("monitor.service", "WatchdogSec"), setting("monitor.service", "TimeoutStopSec")
    assert int(minutes.removesuffix("min")) * 60 > 2 * daemon.ROUND_SECONDS
    assert int(seconds.removesuffix("s")) >= daemon.STOP_SECONDS + 10
    assert setting("monitor.service", "SocketBindAllow") == f"tcp:{Run().port}"
    assert setting("monitor-web.service", "SocketBindAllow") == "tcp:8080"
    for unit in SERVICES:
        assert setting(unit, "User") == "monitor"
        assert setting(unit, "StateDirectory").split()[0] == "monitor"


@pytest.mark.parametrize("unit", SERVICES)
def test_commands_of_the_units_are_commands(unit: str) -> None:
    """The command line of each unit is one that the program understands."""
    program, *words = setting(unit, "ExecStart").split()
    assert program == "/opt/monitor/bin/monitor"
    assert words[:4] == ["--config", "/etc/monitor/config.yaml", "--state", "/var/lib/monitor"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])  # an unknown command or option is found before help is given
    assert ended.value.code == 0


def test_the_readme_is_installed_with_what_it_links(tmp_path: Path) -> None:
    """The file that the units name for documentation leads to pages and pictures that are there too."""
    folder = with_program(tmp_path)
    make("install-systemd", tmp_path)
    text = (folder / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", text)
    assert len(targets) > 10
    assert [target for target in targets if not (folder / target).exists()] == []


def test_installing_again_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    """The configuration and the secrets stay; the units become those of the new release."""
    with_program(tmp_path)
    said = make("install-systemd", tmp_path)
    config, secrets = tmp_path / "etc/monitor/config.yaml", tmp_path / "etc/monitor/secrets"
    unit = tmp_path / "etc/systemd/system/monitor.service"
    assert config.read_bytes() == (ROOT / "config.yaml").read_bytes()
    assert (config.stat().st_mode & 0o777, secrets.stat().st_mode & 0o777) == (0o644, 0o700)
    assert unit.read_bytes() == (ROOT / "systemd" / unit.name).read_bytes()
    assert str(config) in said
    config.write_text("contact: desk@example.org\n", encoding="utf-8")
    (secrets / "slack").write_text("secret", encoding="utf-8")
    unit.write_text("[Service]\n", encoding="utf-8")
    make("install-systemd", tmp_path)
    assert config.read_text(encoding="utf-8") == "contact: desk@example.org\n"
    assert (secrets / "slack").read_text(encoding="utf-8") == "secret"
    assert unit.read_bytes() == (ROOT / "systemd" / unit.name).read_bytes()


def test_program_may_lie_elsewhere(tmp_path: Path) -> None:
    """With another PREFIX the units name that place alone."""
    with_program(tmp_path, "srv/watch")
    make("install-systemd", tmp_path, "PREFIX=/srv/watch")
    for unit in SERVICES:
        text = (tmp_path / "etc/systemd/system" / unit).read_text(encoding="utf-8")
        assert "ExecStart=/srv/watch/bin/monitor " in text
        assert "/opt/monitor" not in text


def test_python_in_a_home_directory_is_refused(tmp_path: Path) -> None:
    """The units hide home directories, so a program that needs one would never start: that is said at once."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho /home/someone/.pyenv\n", encoding="utf-8")
    python.chmod(0o755)
    ran = subprocess.run(
        ["make", "install-systemd", f"DESTDIR={tmp_path}/root", f"PYTHON={python}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "lies in a home directory, which the units hide; say PYTHON=/usr/bin/python3" in ran.stderr
    assert not (tmp_path / "root").exists()


def test_uninstalling_takes_the_program_alone(tmp_path: Path) -> None:
    """Units and program are gone; configuration, secrets, state, backups and other units are as they were."""
    program = with_program(tmp_path)
    make("install-systemd", tmp_path)
    kept = (
        "etc/monitor/secrets/slack",
        "var/lib/private/monitor/monitor.db",
        "var/lib/private/monitor-backup/monitor.db",
    )
    other = "etc/systemd/system/other.service"
    for each in (*kept, other):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text("kept", encoding="utf-8")
    for _ in range(2):
        make("uninstall-systemd", tmp_path)
        assert not program.exists()
        assert [each.name for each in (tmp_path / "etc/systemd/system").iterdir()] == ["other.service"]
        assert (tmp_path / "etc/monitor/config.yaml").exists()
        assert all((tmp_path / each).read_text(encoding="utf-8") == "kept" for each in kept)


def test_uninstalling_leaves_what_it_did_not_install(tmp_path: Path) -> None:
    """A folder of that name that install-systemd did not make is someone else's."""
    folder = tmp_path / "opt/monitor"
    folder.mkdir(parents=True)
    make("uninstall-systemd", tmp_path)
    assert folder.exists()


NO_WRITABLE_CODE = """
import ctypes, mmap, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    sys.exit("no such thing")
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)
    sys.exit("not refused")
except PermissionError:
    pass
ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 7)()
import apprise, apscheduler, httpx, lap, lxml.html, numpy, rapidfuzz, sqlite3, PIL.Image
from monitor.extract.pdf.picture import record_picture
from monitor.extract.pdf import lists, plumber
from monitor.extract.read import read_report
from monitor.sandbox.reader import Reader
from tests.sandbox.test_confine import FILES, PDF, WEEKLY
numpy.linalg.inv(numpy.eye(50))
lap.lapjv(numpy.eye(50))
with Reader() as reader:
    for content, report in FILES:
        assert read_report(content, report).lists == reader.read(content, report)
    boxes = read_report(PDF, WEEKLY).lists[0].records[0].locator.boxes
    assert record_picture(PDF, boxes) == reader.picture(PDF, boxes)
lists.read_pdf(PDF, WEEKLY.lists, by=plumber.plumber_pages)
print("all read")
"""


def test_nothing_needs_memory_that_is_both_written_and_run() -> None:
    """MemoryDenyWriteExecute, as the kernel itself can enforce it, takes away nothing that any library uses."""
    ran = subprocess.run(
        [sys.executable, "-c", NO_WRITABLE_CODE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ran.stderr.strip() == "no such thing":
        pytest.skip("this kernel has no PR_SET_MDWE (it came with 6.3)")
    assert (ran.returncode, ran.stdout) == (0, "all read\n"), ran.stderr
