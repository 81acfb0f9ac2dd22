"""Installs other programs to be measured beside monitor, each in an environment of its own in `.rivals`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSIONS = {
    "csv-diff": ("csv-diff==1.2",),
    "urlwatch": ("urlwatch==2.29", "standard-imghdr; python_version >= '3.13'"),
}


def installed(name: str) -> Path:
    """The folder with a rival's commands; made where it is not there yet."""
    folder = ROOT / ".rivals" / name
    if not (folder / ".installed").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *VERSIONS[name]], check=True)
        (folder / ".installed").touch()
    return folder / "bin"
