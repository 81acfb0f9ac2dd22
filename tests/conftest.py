"""What several tests share: the program on a state folder of its own, its commands, and spreadsheets to feed it."""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import logging
import os
import pickle
import signal
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from monitor.cli import main
from monitor.demo.replay import replay
from tests.support.kept import brief_pauses, kept_configurations, kept_databases, kept_readers, kept_yaml
from tests.support.memory import memory_folder
from tests.support.once import once
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# How long a machine takes for an example proves nothing.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", settings.get_profile("any machine"), max_examples=2_000)
settings.load_profile("any machine")

# The files that take longest, which are begun first, so that none of them is left for the end of the run. The tests of
# a file run one after the other, in one process, which makes a file's fixtures once.
LONGEST_FIRST = (
    "web/test_static_site.py",
    "web/test_browser.py",
    "history/test_exhibits.py",
    "web/test_api.py",
    "sandbox/test_reader.py",
    "install/test_upgrade.py",
    "web/test_static_again.py",
    "steps/test_broken_world.py",
    "extract/pdf/test_report.py",
    "matching/test_hostile_values.py",
    "history/test_survival.py",
    "store/test_evidence_killed.py",
    "steps/test_documents_bad.py",
    "web/test_static_browser.py",  # of the site that the first file has made by then
    "history/test_backfill.py",
    "steps/test_poll.py",
    "steps/test_parts.py",
    "steps/test_table_drift.py",
    "steps/test_documents_killed.py",
    "sandbox/test_drawing.py",
    "steps/test_corpus.py",
    "demo/test_ending.py",
    "cli/test_describe.py",
    "install/test_packages.py",
    "upkeep/test_backup.py",
    "sandbox/test_pool.py",
    "sandbox/test_reader_picture.py",
    "daemon/test_small_machine.py",
    "steps/test_drawn.py",
    "daemon/test_daemon.py",
    "history/test_compared.py",
    "daemon/test_publication.py",
    "store/test_evidence_faults.py",
    "upkeep/test_doctor.py",
    "steps/test_page_drift.py",
    "daemon/test_crashes.py",
    "steps/test_hostile_web.py",
    "test_golden_state.py",
    "test_screenshots.py",
    "steps/test_believed.py",
    "history/test_backfill_faults.py",
    "history/test_pictures.py",
    "test_drifts.py",
    "sandbox/test_known.py",
    "history/test_receipts.py",
    "cli/test_describe_forms.py",
    "test_publications.py",
    "steps/test_delivery.py",
    "store/test_migrations.py",
    "cli/test_cli.py",
    "test_networks.py",
    "web/test_alert_links.py",
    "web/test_exhibits.py",
    "cli/test_watch.py",
    "channels/test_mail.py",
    "extract/page/test_seen.py",
    "sandbox/test_confine.py",
    "web/test_guard.py",
    "evidence/test_warc.py",
    "web/test_trial_page.py",
    "alerts/test_differences.py",
    "daemon/test_systemd.py",
    "changelog/test_verify.py",
    "daemon/test_rest.py",
    "web/test_pages.py",
    "cli/test_describe_publications.py",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended: exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON objects that it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(kw_only=True)
class Commands:
    """Runs `monitor ...` in this process, on one state folder and configuration."""

    state: Path
    capture: pytest.CaptureFixture[str]
    config: Path = field(default=ROOT / "config.yaml")

    def __call__(self, *arguments: object) -> Ran:
        """Run one command."""
        self.capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["--config", str(self.config), "--state", str(self.state), *map(str, arguments)])
        out, err = self.capture.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(status=ended.value.code, out=out, err=err)


def pytest_configure(config: pytest.Config) -> None:
    """Have temporary folders lie in memory, keep what is compiled of the tests, and heed Ctrl-C.

    To compile 200 files of tests takes each process of each run as long as a thousand tests, and what the programs that
    tests start load of them has to be compiled as well: in the folders `__pycache__`, it is done once.

    A shell that starts the tests in the background has them ignore Ctrl-C, and with them all that they start, which
    some of them interrupt.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TMPDIR" not in os.environ and (folder := memory_folder()):
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None  # which may be known already
    logging.getLogger().addHandler(logging.NullHandler())  # what a library warns of is printed by no command
    if hasattr(config, "workerinput"):  # a process of xdist, whose exit status says nothing
        # After all that is to be done at the end: the memory of such a process is given back at once, not by objects.
        atexit.register(os._exit, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Have one process more than there are processors: some tests wait, for a daemon's next round or a time limit."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """In a run of all tests, have each of its processes begin to load them elsewhere: what it compiles, others find."""
    number, count = (os.environ.get(f"PYTEST_XDIST_WORKER{name}", "") for name in ("", "_COUNT"))
    if number and session.config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        files = sorted((ROOT / "tests").rglob("test_*.py"))
        first = len(files) * int(number.removeprefix("gw")) // int(count)
        for path in files[first:] + files[:first]:
            with suppress(Exception, pytest.skip.Exception):  # which pytest tells of when it loads the file itself
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; refuse two tests of one name, of which only one would be run."""
    twice = [name for name, count in Counter(item.nodeid for item in items).items() if count > 1]
    assert not twice, twice
    tests = ROOT / "tests"
    first = {tests / name: place for place, name in enumerate(LONGEST_FIRST)}
    assert all(path.is_file() for path in first)
    items.sort(key=lambda item: first.get(item.path, len(first)))


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over what is loaded now, the tests themselves above all: it stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _kept() -> Iterator[None]:
    with kept_readers(), kept_yaml(), kept_configurations(), kept_databases(), brief_pauses():
        yield


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the `state` that the demo leaves, and its steps as they were `played`, pickled. Only to be read."""

    def make(folder: Path) -> None:
        played = tuple(replay(ROOT / "config.yaml", folder / "state"))
        (folder / "played").write_bytes(pickle.dumps(played))

    return once(tmp_path_factory, "demo", make)


@pytest.fixture
def monitor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Commands:
    """`monitor` on a new state folder, with the default configuration."""
    return Commands(state=tmp_path / "state", capture=capsys)
