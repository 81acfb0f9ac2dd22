"""The real spreadsheets, where they lie beside the project: scored, and the same whether imported or polled."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from monitor.config.sources import load
from monitor.demo.publisher import HTML_TYPE, Publisher
from monitor.demo.replay import localized
from monitor.program import Program
from monitor.store import changelog
from monitor.store.search import LogFilter
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CORPUS = ROOT.parent / "shared" / "corpus"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

pytestmark = [
    pytest.mark.skipif(not CORPUS.exists(), reason="the real spreadsheets are not beside the project"),
]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the whole series imported by the real command."""
    state = tmp_path_factory.mktemp("imported")
    command = [sys.executable, "-m", "monitor", "--config", str(ROOT / "config.yaml"), "--state", str(state)]
    subprocess.run([*command, "import", "ice-287g", "--manifest", str(CORPUS / "manifest.csv")], check=True)
    return state


def logged(state: Path) -> str:
    """The change log as `monitor log --json` prints it."""
    command = [sys.executable, "-m", "monitor", "--config", str(ROOT / "config.yaml"), "--state", str(state)]
    done = subprocess.run(
        [*command, "log", "--source", "ice-287g", "--json"], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize(
    "need",
    [
        ["--need", "added=0.997", "removed=0.995", "corrected=0.997"],
        ["--list", "participating", "--need", "added=0.997", "removed=1.0", "corrected=0.997"],
    ],
)
def test_the_change_log_agrees_with_the_hand_made_truth(imported: Path, need: list[str]) -> None:
    """Precision and recall reach what is needed; of participating agencies none is falsely said to be gone."""
    score = [sys.executable, str(CORPUS / "score.py"), str(CORPUS / "truth.jsonl"), *need]
    done = subprocess.run(score, input=logged(imported), text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_real_file_is_held(imported: Path) -> None:
    """All 99 files are recorded."""
    with Program(config_path=ROOT / "config.yaml", state_override=imported) as program:
        statuses = program.store.all("SELECT status, count(*) AS files FROM versions GROUP BY status")
    assert statuses == [{"status": "recorded", "files": 99}]


def test_polled_step_by_step_the_history_is_the_same(imported: Path, tmp_path: Path) -> None:
    """A server that publishes the files one after the other leads to the same amendments in the same order."""
    default = ROOT / "config.yaml"
    with (CORPUS / "manifest.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    links: dict[str, str] = {}
    with Publisher() as server:
        config = tmp_path / "config.yaml"
        config.write_text(localized(default.read_text(encoding="utf-8"), load(default), server.address))
        present = [datetime.fromisoformat(rows[0]["captured_at"])]
        with Program(config_path=config, state_override=tmp_path / "state", now=lambda: present[0]) as program:
            for row in sorted(rows, key=lambda each: each["captured_at"]):
                present[0] = datetime.fromisoformat(row["captured_at"])
                path = links[row["list"]] = urlsplit(row["url"]).path
                server.publish(path, (CORPUS / row["file"]).read_bytes(), content_type=XLSX, at=present[0])
                page = "".join(f'<p><a href="{link}">{name}</a></p>' for name, link in links.items())
                html = f"<html><body><h1>287(g)</h1>{page}</body></html>".encode()
                server.publish("/identify-and-arrest/287g", html, content_type=HTML_TYPE, at=present[0])
                for _ in program.poll(["ice-287g"]):
                    for done in program.process():
                        assert not done.hold_reason
            polled = [entry.to_json() for entry in changelog.log_entries(program.store, LogFilter(source="ice-287g"))]
    assert [entry["entry_hash"] for entry in polled] == [
        json.loads(line)["entry_hash"] for line in logged(imported).splitlines()
    ]
