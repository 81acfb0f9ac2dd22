"""The daemon keeps the static site up to date: in a process of its own, and never at the cost of watching."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import yaml

from monitor.cli.publish import publication
from monitor.demo.publisher import Publisher
from monitor.program import Program
from tests.daemon.test_daemon import configured, running, until
from tests.steps.test_untold import centers, watched
from tests.support.crashes import Agencies

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.conftest import Commands
    from tests.steps.test_untold import Watched


DEADLINE = 600.0  # seconds, which only a publication that hangs takes


def going_on(seconds: float) -> bool:
    """Wait, as a daemon does that is not being stopped: without that, a whole processor only asks for the end."""
    return threading.Event().wait(seconds)


def listed(monitor: Commands, tmp_path: Path) -> Watched:
    """A list with two versions, and a configuration that has its site written to the folder `site`."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    list_.come(centers(Guards={0: "77"}))
    config = list_.report.monitor.config
    further = f"""
web: {{ publish: {{ folder: {tmp_path / "site"}, address: "https://lists.example.org" }} }}
"""
    text = config.read_text(encoding="utf-8") + further
    config.write_text(text.replace("subscriptions:", "subscriptions:\n  watch: { channels: [feed], operator: true }"))
    return list_


def test_the_site_is_written_when_the_history_has_changed(monitor: Commands, tmp_path: Path) -> None:
    """At the first call, and after an entry; not without; a daemon that is being stopped leaves it for later."""
    list_ = listed(monitor, tmp_path)
    run, site = list_.report.monitor, tmp_path / "site"
    with Program(config_path=run.config, state_override=run.state) as program:
        publish = publication(program, niceness=0)
        assert publish
        assert publish(lambda _: True) is None
        assert not (site / "index.html").exists()
        again = publication(program, niceness=0)
        assert again
        done = again(going_on)
        assert done
        assert (done.fault, str(site) in done.said) == ("", True)
        assert (site / "amendment/1/index.html").exists()
        assert again(going_on) is None
        list_.come(centers(Guards={0: "77", 5: "91"}))
        done = again(going_on)
        assert done
        assert "written" in done.said
        assert (site / "amendment/2/index.html").exists()


def test_operators_are_told_once_that_it_could_not_be_written(monitor: Commands, tmp_path: Path) -> None:
    """With the reason and the folder. It is tried again after a minute, then after two, and in the end each hour."""
    run = listed(monitor, tmp_path).report.monitor
    now = [1_000.0]
    (tmp_path / "site").mkdir()
    (tmp_path / "site/letter.txt").write_text("mine", encoding="utf-8")
    with Program(config_path=run.config, state_override=run.state) as program:
        publish = publication(program, clock=lambda: now[0], niceness=0)
        assert publish
        for minutes in (1, 2):
            done = publish(going_on)
            assert done
            assert "holds 'letter.txt', which was not published by monitor" in done.fault
            now[0] += minutes * 60 - 1
            assert publish(going_on) is None
            now[0] += 1
        (tmp_path / "site/letter.txt").unlink()
        done = publish(going_on)
        assert done
        assert done.fault == ""
    (told,) = (row for row in run("outbox", "--json").rows if "static site" in row["subject"])
    assert "could not be written" in told["subject"]


def test_however_much_a_publication_says_it_ends(
    monitor: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says more than a pipe holds that nobody reads, and would wait for a reader for ever."""
    run = listed(monitor, tmp_path).report.monitor
    monkeypatch.setenv("PYTHONVERBOSE", "2")  # each file that may be a module is named
    said = subprocess.run([sys.executable, "-c", "import monitor.cli"], capture_output=True, check=True).stderr
    reading, writing = os.pipe()
    assert len(said) > fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
    os.close(reading)
    os.close(writing)
    stopping = threading.Event()
    deadline = threading.Timer(DEADLINE, stopping.set)
    deadline.start()
    try:
        with Program(config_path=run.config, state_override=run.state) as program:
            publish = publication(program, niceness=0)
            assert publish
            done = publish(stopping.wait)
    finally:
        deadline.cancel()
    assert done, f"it has not ended after {DEADLINE:.0f} seconds"
    assert done.fault == ""
    assert (tmp_path / "site/index.html").exists()


def test_without_a_folder_nothing_is_written(monitor: Commands, tmp_path: Path) -> None:
    """The daemon has no such work then."""
    run = watched(monitor, tmp_path, "csv").report.monitor
    with Program(config_path=run.config, state_override=run.state) as program:
        assert publication(program) is None


def test_the_daemon_publishes_beside_its_work(tmp_path: Path) -> None:
    """As a real process: the site is there, what comes later is recorded, and SIGTERM ends it at any time."""
    with Publisher() as publisher:
        agencies = Agencies(publisher, random.Random(1))
        config = configured(tmp_path, publisher)
        tree = yaml.safe_load(config.read_text("utf-8"))
        tree["web"] = {"publish": {"folder": str(tmp_path / "site")}}
        config.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
        with running(config, tmp_path / "state") as daemon:
            until(lambda: len(daemon.events("version.recorded")) >= 3)
            before = len(daemon.events("version.recorded"))
            agencies.change()
            until(lambda: len(daemon.events("version.recorded")) > before)
            until(lambda: daemon.events("site.published") or daemon.events("site.failed"))
            assert daemon.events("site.failed") == []
            assert (tmp_path / "site/index.html").exists()
            daemon.process.send_signal(signal.SIGTERM)
            assert daemon.process.wait(DEADLINE) == 0
