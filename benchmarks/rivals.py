"""Install other programs, and earlier states of this one, to be measured beside it, in environments in `.rivals`."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Packages that rivals need in order to make text of a spreadsheet and of a PDF.
READERS = ("openpyxl==3.1.5", "pypdf==7.1.0")
VERSIONS = {
    "camelot": ("camelot-py==2.0.0",),
    "changedetection.io": ("changedetection.io==0.60.10",),
    "csv-diff": ("csv-diff==1.2",),
    "daff": ("daff==1.4.2",),
    "deepdiff": ("deepdiff==9.1.0",),  # what webchanges compares data with
    "splink": ("splink==4.0.16", "duckdb==2.0.1", "pandas==3.1.1"),
    "urlwatch": ("urlwatch==2.29", "standard-imghdr; python_version >= '3.13'", *READERS),
    "webchanges": ("webchanges==3.37.0", *READERS),  # the last for Python 3.11
}


class MissingRivalError(Exception):
    """A rival that can't be installed on this machine; the message says why."""


def installed(name: str) -> Path:
    """Return the folder with a rival's commands, and install the rival first if needed."""
    folder = ROOT / ".rivals" / name
    mark = folder / ".installed"
    wanted = "\n".join(VERSIONS[name])
    if not mark.exists() or mark.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*pip, *VERSIONS[name]], check=False, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            faults = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
            raise MissingRivalError(f"{name} could not be installed here: {(faults or ['pip failed'])[-1]}")
        mark.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def earlier(commit: str) -> Path:
    """Return the Python of an earlier state of this program, which runs with the packages that this one has.

    Raises MissingRivalError where the history of the repository is not there.
    """
    folder = ROOT / ".rivals" / f"monitor-{commit}"
    python = folder / ".venv" / "bin" / "python"
    mark = folder / ".installed"
    if not mark.exists():
        git = shutil.which("git")
        packed = git and subprocess.run([git, "archive", commit], cwd=ROOT, check=False, capture_output=True)
        if not packed or packed.returncode:
            raise MissingRivalError(f"monitor {commit} is not in the history of this copy of the repository")
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
            files.extractall(folder, filter="data")
        venv.create(folder / ".venv", clear=True)
        ours, theirs = (
            sysconfig.get_path("purelib", vars={"base": prefix}) for prefix in (sys.prefix, folder / ".venv")
        )
        Path(theirs, "earlier.pth").write_text(f"{folder}\n{ours}\n", encoding="utf-8")
        subprocess.run([python, "-m", "compileall", "-q", folder / "monitor"], check=True)
        mark.touch()
    return python


def titled(name: str) -> str:
    """Return a rival's name with its version, for people."""
    return VERSIONS[name][0].replace("==", " ")
