"""What `make setup` says while it works, and how an environment is made lean."""

from __future__ import annotations

import subprocess
import sys
import venv
from typing import TYPE_CHECKING

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = str(ROOT / "tools")


def tool(code: str) -> str:
    """What a piece of code prints that uses the tools, which are scripts and no package."""
    ran = subprocess.run([sys.executable, "-c", code], cwd=TOOLS, capture_output=True, text=True, check=True)
    return ran.stdout


def test_each_package_that_pip_begins_with_is_counted() -> None:
    """Every twentieth is named where no terminal rewrites a line; what pip says of failures is passed on."""
    said = tool(
        "import install\n"
        "lines = [f'Collecting p{n}==1 (from -r x.lock (line 1))\\n' for n in range(40)]\n"
        "lines.insert(39, 'Processing /folder/typing_extensions-4.16.0-py3-none-any.whl\\n')\n"
        "install.show([*lines, '  Downloading p.whl\\n', 'Installing collected packages: p0\\n'])"
    )
    assert said == "      20: p19\n      40: typing_extensions\n"


def test_an_environment_that_can_not_be_made_says_why(tmp_path: Path) -> None:
    """A lock that is not there: the message of the tool, and exit status 1. What another Python left is made anew."""
    (tmp_path / "e/bin").mkdir(parents=True)
    (tmp_path / "e/pyvenv.cfg").touch()
    for name in ("python", "python3", f"python3.{sys.version_info.minor}"):
        (tmp_path / "e/bin" / name).symlink_to("/bin/false")
    command = [sys.executable, TOOLS + "/install.py", str(tmp_path / "e"), "/nowhere/monitor.whl", "--locks", "run"]
    ran = subprocess.run([*command, "--pip"], capture_output=True, text=True, check=False, env={"PIP_NO_INDEX": "1"})
    assert ran.returncode == 1
    assert "pip could not install the packages" in ran.stderr


def test_lean_takes_out_a_package_and_tests_and_keeps_the_lists_true(tmp_path: Path) -> None:
    """Of a package that is never loaded nothing is left; of another its tests go, from the folder and from RECORD."""
    venv.create(tmp_path / "own")
    (packages,) = (tmp_path / "own").glob("lib/python*/site-packages")
    for name, files in (("pygments", ["__init__.py"]), ("other", ["__init__.py", "tests/test_a.py", "a.pyi"])):
        info = packages / f"{name}-1.0.dist-info"
        info.mkdir()
        for file in files:
            (packages / name / file).parent.mkdir(parents=True, exist_ok=True)
            (packages / name / file).touch()
        record = [f"{name}/{file},," for file in files] + [f"{info.name}/RECORD,,"]
        (info / "RECORD").write_text("\n".join(record) + "\n", encoding="utf-8")
    subprocess.run([sys.executable, TOOLS + "/lean.py", str(tmp_path / "own")], check=True)
    assert not list(packages.glob("pygments*"))
    assert (
        packages / "other-1.0.dist-info/RECORD"
    ).read_text() == "other/__init__.py,,\nother-1.0.dist-info/RECORD,,\n"
    assert sorted(path.name for path in (packages / "other").iterdir()) == ["__init__.py"]
