"""The pictures in docs/ can be made again by any Chromium, and a machine without one is told so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOOL = ROOT / "tools" / "screenshots.py"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def run(folder: Path, *options: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, as `make screenshots` runs it."""
    command = [sys.executable, TOOL, folder, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no Chromium here")
def test_the_pictures_are_made(tmp_path: Path, demo: Path) -> None:
    """Both alerts, and a web page in both windows: of some height, and small enough for a repository."""
    done = run(tmp_path / "docs", "--state", demo / "state", "--page", "front")
    assert done.returncode == 0, done.stderr
    for window, width in (("desk", 1200), ("phone", 390)):
        with Image.open(tmp_path / "docs" / f"web-front-{window}.png") as shown:
            assert shown.width == width
            assert shown.height > 600
    for name in ("alert-mail.png", "alert-slack.png"):
        path = tmp_path / "docs" / name
        with Image.open(path) as shown:
            assert shown.height > 600
            assert shown.width > 1_000
        assert path.stat().st_size < 300_000


def test_a_missing_browser_is_named(tmp_path: Path) -> None:
    """One line says what is needed, and nothing is written."""
    done = run(tmp_path / "docs", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("no browser: one of chromium,")
    assert not (tmp_path / "docs").exists()
