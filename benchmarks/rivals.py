"""Install other programs to be measured beside this one, in environments of their own in `.rivals`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Packages that rivals need in order to make text of a spreadsheet and of a PDF.
READERS = ("openpyxl==3.1.5", "pypdf==7.1.0")
VERSIONS = {
    "bolivar": ("bolivar==2.2.1",),  # it comes with modules of its own by the names of pdfplumber and pdfminer
    "camelot": ("camelot-py==2.0.0",),
    "changedetection.io": ("changedetection.io==0.60.10",),
    "csv-diff": ("csv-diff==1.2",),
    "daff": ("daff==1.4.2",),
    "deepdiff": ("deepdiff==9.1.0",),  # what webchanges compares data with
    "splink": ("splink==4.0.16", "duckdb==2.0.1", "pandas==3.1.1"),
    "urlwatch": ("urlwatch==2.29", "html2text==2025.4.15", "standard-imghdr; python_version >= '3.13'", *READERS),
    "webchanges": ("webchanges==3.37.0", "deepdiff==9.1.0", *READERS),  # the last for Python 3.11
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


def titled(name: str) -> str:
    """Return a rival's name with its version, for people."""
    return VERSIONS[name][0].replace("==", " ")
