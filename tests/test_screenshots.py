"""The pictures in docs/ can be made again by any Chromium, and a machine without one is told so."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.support.paths import ROOT
from tools import screenshots

if TYPE_CHECKING:
    from pathlib import Path

TOOL = ROOT / "tools" / "screenshots.py"


@pytest.mark.skipif(not any(map(shutil.which, screenshots.BROWSERS)), reason="no Chromium here")
def test_the_pictures_are_made(tmp_path: Path, demo: Path) -> None:
    """By the command: both alerts, and a web page in both windows: of some height, and small enough to be kept."""
    command = (sys.executable, TOOL, tmp_path / "docs", "--state", demo / "state", "--page", "front")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
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


def test_a_missing_browser_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what is needed, and nothing is written."""
    monkeypatch.setenv("PATH", str(tmp_path))
    status = screenshots.main([str(tmp_path / "docs")])
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("no browser: one of chromium,")
    assert not (tmp_path / "docs").exists()
