"""How the demo ends: its pages are served, and what it names can be typed and read."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_it_ends_with_the_web_pages_and_a_short_name(tmp_path: Path) -> None:
    """At a free port, which it names; the alias works in a shell; each message that arrived can be read."""
    folder = tmp_path / "history"
    command = [sys.executable, "-m", "monitor", "--state", str(folder), "demo", "--web"]
    with socket.socket() as taken:
        with suppress(OSError):  # then somebody else has it
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            said = ""
            while not (found := re.search(r"The same as web pages: (http://127\.0\.0\.1:(\d+)/)", said)):
                line = process.stdout.readline()
                assert line, said
                said += line
            assert "Port 8080 is in use; the next one is tried." in said
            assert found[2] != "8080"
            page = httpx.get(found[1])
            assert (page.status_code, "What changed" in page.text) == (200, True)
            process.send_signal(signal.SIGINT)
            assert f"The history stays in {folder}" in process.communicate(timeout=600)[0]
            assert process.returncode == 0
    assert "draws its content by a script" not in said  # the pages have a script each, and link their reports
    (alias,) = re.findall(r"^  (alias m=.*)$", said, re.MULTILINE)
    typed = subprocess.run(
        ["/bin/sh", "-c", f"{alias}\nm log --kind corrected"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "  corrected  " in typed.stdout
    posts = sorted(folder.glob("slack/*.json"))
    assert len(posts) == len(list(folder.glob("slack/*.txt"))) == 25
    assert json.loads(posts[0].read_text(encoding="utf-8"))["blocks"]
    read = (folder / "slack/002.txt").read_text(encoding="utf-8")
    assert "- was: Travis County State Jail\n+ now: Travis County Jail" in read
    assert len(list(folder.glob("mail/*.eml"))) == 24
