"""The history is compared with what somebody else holds of it."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.alerts import writing
from monitor.alerts.message import LogState
from monitor.channels.mail_message import letter
from monitor.channels.webhook import payload
from monitor.evidence.checkpoint import checkpoint
from monitor.store import leaves
from monitor.store.database import Store
from monitor.store.merkle import Tree
from tests.support.messages import alert

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands


@pytest.fixture
def history(demo: Path, monitor: Commands) -> Commands:
    """The demo's history, to be changed."""
    shutil.copytree(demo / "state", monitor.state)
    monitor.config = monitor.state / "config.yaml"
    return monitor


def held(history: Commands, size: int) -> str:
    """The checkpoint of the log when it had so many leaves."""
    with Store(history.state) as store:
        return checkpoint("example.org/log", size, leaves.tree_of_size(store, size).root, key=None)


def test_it_continues_an_old_checkpoint(history: Commands, tmp_path: Path) -> None:
    """As text, within a letter, with other line ends, in a packet's folder, and in its ZIP file."""
    text = held(history, 100)
    (tmp_path / "checkpoint.txt").write_text(text, encoding="utf-8")
    (tmp_path / "letter.txt").write_text(f"This is what I have:\n\n{text}\nYours", encoding="utf-8")
    (tmp_path / "windows.txt").write_bytes(text.replace("\n", "\r\n").encode())
    (tmp_path / "packet/log").mkdir(parents=True)
    (tmp_path / "packet/log/checkpoint.txt").write_text(text, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "packet.zip", "w") as packet:
        packet.writestr("log/checkpoint.txt", text)
    for name in ("checkpoint.txt", "letter.txt", "windows.txt", "packet", "packet.zip"):
        ran = history("verify", "--against", tmp_path / name)
        assert (ran.status, ran.err) == (0, ""), name
        assert "continues the checkpoint of 100 statements" in ran.out
        assert ("the files of the packet" in ran.out) == name.startswith("packet")


def test_it_continues_an_alert(history: Commands, tmp_path: Path) -> None:
    """By the head of the change log that the alert names."""
    head = history("log", "--json").rows[20]["entry_hash"]
    for text in (f"Change log\n  head:            {head}\n", f"Change log head: {head}"):
        (tmp_path / "alert.txt").write_text(text, encoding="utf-8")
        assert history("verify", "--against", tmp_path / "alert.txt").status == 0
    (tmp_path / "alert.txt").write_text(f"head: {'ab' * 32}", encoding="utf-8")
    ran = history("verify", "--against", tmp_path / "alert.txt")
    assert ran.status == 1
    assert "it is another one" in ran.err


@pytest.mark.parametrize("form", ["text", "slack", "webhook", "mail"])
def test_the_checkpoint_of_an_alert_is_compared_too(history: Commands, tmp_path: Path, form: str) -> None:
    """In each form in which somebody keeps it; an alert of before the change log had an entry has nothing else."""
    with Store(history.state) as store:
        root = leaves.tree_of_size(store, 100).root.hex()
    (tmp_path / "alert.txt").write_text(written(root, form), encoding="utf-8")
    ran = history("verify", "--against", tmp_path / "alert.txt")
    assert (ran.status, ran.err) == (0, "")
    assert "continues the checkpoint of 100 statements" in ran.out
    (tmp_path / "alert.txt").write_text(written("ab" * 32, form), encoding="utf-8")
    ran = history("verify", "--against", tmp_path / "alert.txt")
    assert ran.status == 1
    assert "altered" in ran.err


def written(root: str, form: str) -> str:
    """An alert that names the checkpoint of 100 statements with this root."""
    state = LogState(size=100, root=root, key="SHA256:abc")
    message = dataclasses.replace(alert(), head="", checkpoint=state, notes=("5,000 statements, root " + "ef" * 32,))
    if form == "text":
        return writing.text(message)
    if form == "slack":
        return json.dumps(writing.slack(message))
    if form == "webhook":
        return json.dumps(payload(message), separators=(",", ":"))
    return letter(message, sender="monitor@example.org", to=["desk@example.org"]).as_string()


def test_a_history_that_was_cut_off_is_found(history: Commands, tmp_path: Path) -> None:
    """The checkpoint is of a longer log."""
    with Store(history.state) as store:
        size = leaves.tree(store).size
    root = Tree().with_leaves([bytes(32)]).root
    (tmp_path / "longer.txt").write_text(checkpoint("a.example/log", size + 1, root, key=None), encoding="utf-8")
    ran = history("verify", "--against", tmp_path / "longer.txt")
    assert ran.status == 1
    assert "cut off" in ran.err


def test_a_history_that_was_rewritten_throughout_is_found(history: Commands, tmp_path: Path) -> None:
    """Also where `verify` alone finds nothing: the log was made anew over other rows."""
    (tmp_path / "held.txt").write_text(held(history, 50), encoding="utf-8")
    with closing(sqlite3.connect(history.state / "monitor.db")) as db, db:
        tables = ("leaves", "evidence_head", "version_states", "sightings", "list_proofs")
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for table in tables:
            db.execute(f"DELETE FROM {table}")
        db.execute("UPDATE captures SET captured_at = replace(captured_at, '2017', '2016') WHERE id = 1")
    assert history("verify").status == 0
    ran = history("verify", "--against", tmp_path / "held.txt")
    assert ran.status == 1
    assert "altered" in ran.err


def test_what_is_no_checkpoint_is_said(history: Commands, tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "letter.txt").write_text("Dear ...", encoding="utf-8")
    ran = history("verify", "--against", tmp_path / "letter.txt")
    assert ran.status == 1
    assert "no checkpoint" in ran.err
