"""The first load of documents, killed and resumed, and stopped by a person."""

from __future__ import annotations

import re
import signal
import subprocess
from typing import TYPE_CHECKING

import httpx

from tests.support.agreement_press import ROOT, press
from tests.support.interrupted import until
from tests.support.killed_load import configured, killed_load

if TYPE_CHECKING:
    from pathlib import Path


def test_a_first_load_that_is_killed_ends_with_each_document_once(tmp_path: Path) -> None:
    """Whatever was under way at that moment; `benchmarks/documents.py` does it with two thousand."""
    loaded = killed_load(tmp_path, count=120, pages=1, kills=4, longest=2.0)
    assert loaded.kills >= 1
    assert (loaded.documents, loaded.once, loaded.scans) == (120, 120, 6)
    assert (loaded.told, loaded.faults) == (0, ())


def test_a_first_load_says_what_is_to_come_and_what_is_left_when_it_is_stopped(tmp_path: Path) -> None:
    """Ctrl-C is no fault: the same command goes on."""
    with press(30) as address:
        command = [*configured(tmp_path, address), "fetch-documents", "--per-minute", "60"]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        ) as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == ("30 documents to be fetched: about 6 MB, 1 minutes at 60 a minute\n")
            until(lambda: httpx.get(f"{address}/told").json())
            process.send_signal(signal.SIGINT)
            said, faults = process.communicate(timeout=600)
        assert process.returncode == 130, faults
        assert "interrupted; the same command goes on where it stopped" in faults
        assert "Traceback" not in faults
        assert re.search(r"^\d new files, 0 unchanged, 0 not had$", said, re.MULTILINE)
        done = subprocess.run([*command[:-1], "6000"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        assert "0 not had" in done
        again = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        assert again.splitlines()[0] == "0 documents to be fetched: about 0 MB, 0 minutes at 60 a minute"
        listed = subprocess.run(
            [*command[:-3], "documents", "agreements"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        assert listed.count("a scan without text") == 1


def test_a_poll_looks_at_a_hundred_documents_and_says_how_many_wait(tmp_path: Path) -> None:
    """The rest is for the first load; one that is not there fails nothing."""
    with press(130) as address:
        command = [*configured(tmp_path, address), "poll"]
        said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        assert "documents: 100 new files, 0 unchanged, 0 not had" in said
        assert "30 documents wait; `monitor fetch-documents` fetches them" in said
        said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        assert "documents: 30 new files, 0 unchanged, 0 not had" in said
        assert not [line for line in said if "wait" in line]
