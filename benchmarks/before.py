"""Earlier states of this program, to be measured beside it: each in `.rivals`, with an environment of its own.

They are unpacked from the history of the repository, so that anyone can repeat a comparison with them. Their packages
are those that this program has, so that only the program differs.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

from rivals import MissingRivalError

ROOT = Path(__file__).parent.parent
BUILD = "b1b4a20"  # the state that speed is compared with
NAME = f"monitor at {BUILD}"


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
