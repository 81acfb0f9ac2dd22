"""Pages that a script draws: what is kept of them, what is told, and what is never believed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.changelog.verify import verify
from monitor.errors import ConfigError
from monitor.history.drafting import draft_source
from monitor.history.trial import try_source
from monitor.store.drawn import drawing_of_version
from tests.sandbox.test_drawing import browsers, left_behind
from tests.support.drawn import ROWS, Drawing, asked, data, drawing, loading, needs_chromium, script_page
from tests.support.kept_browser import kept_browser, own_browser
from tests.support.servers import Reply, Request, Server
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.steps.outcomes import Polled

__all__ = ["kept_browser"]

pytestmark = [needs_chromium, pytest.mark.usefixtures("kept_browser")]
SECONDS = 120.0


def faults(watch: Drawing) -> tuple[str, ...]:
    """What `monitor verify` finds."""
    program = watch.program
    return verify(program.store, program.archive, program.config).faults


@dataclass(frozen=True, kw_only=True)
class Told:
    """A page that was drawn time and again, and how it went. Only to be read.

    - `watch`: the program that watched it, at the end; its state lies in `folder`.
    - `first`, `same`, `faulty`, `changed`: what was found as the list came, stayed, did not come, and changed.
    - `captures`: what had been kept after the first time.
    """

    watch: Drawing
    folder: Path
    address: str
    first: Polled
    same: Polled
    faulty: tuple[Polled, ...]
    changed: Polled
    captures: tuple[dict[str, Any], ...]


@pytest.fixture(scope="module")
def told(kept_browser: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:  # noqa: ARG001 - it draws
    """The list comes as JSON, and its page never changes; three times the data are refused."""
    folder = tmp_path_factory.mktemp("told")
    with Server({"/": loading(), "/camps.json": data(ROWS)}) as server, drawing(server, folder) as watch:
        first, captures = watch.poll(), tuple(watch.captures)
        same, faulty = watch.poll(), []
        for status in (500, 403, 429):
            server.pages["/camps.json"] = Reply(status=status)
            faulty.append(watch.poll())
        server.pages["/camps.json"] = data((*ROWS[1:], ("Gulf Camp", "Gulf County")))
        changed = watch.poll()
        yield Told(
            watch=watch, folder=folder, address=server.address("/"), first=first, same=same, faulty=tuple(faulty),
            changed=changed, captures=captures,
        )  # fmt: skip


def test_a_record_that_a_script_draws_is_told_when_it_comes_and_goes(told: Told) -> None:
    """Its page never changes, and still each amendment is told, and nothing else."""
    assert (told.first.faults, told.first.kept, told.same.kept, told.changed.kept) == ((), 1, 0, 1)
    assert [version.status for version in told.watch.versions] == ["recorded", "recorded"]
    assert sorted(told.watch.told) == [("added", "Gulf Camp"), ("removed", "Bay Camp")]
    assert faults(told.watch) == ()


def test_a_page_without_its_data_makes_no_version(told: Told) -> None:
    """Each fault is said, and the last good version stays; what comes after is told against it."""
    assert [(polled.kept, len(polled.faults)) for polled in told.faulty] == [(0, 1)] * 3
    for polled, status in zip(told.faulty, (500, 403, 429), strict=True):
        assert f"status {status}; without that the list would not be whole" in polled.faults[0]
    assert len(told.watch.versions) == 2
    assert ("removed", "Bay Camp") in told.watch.told


def test_the_served_and_the_drawn_document_are_kept_and_told_apart(told: Told) -> None:
    """Only the served one has an exchange; the drawn one says from which bytes and by which browser it was drawn."""
    store, archive = told.watch.program.store, told.watch.program.archive
    served, drawn = told.captures
    assert (served["url"], drawn["url"]) == (told.address, f"{told.address}#drawn")
    assert archive.get(served["sha256"]) == loading().body
    assert b"Bay Camp" in archive.get(drawn["sha256"])
    exchanges = [row["capture_id"] for row in store.all("SELECT capture_id FROM exchanges ORDER BY capture_id")]
    assert served["id"] in exchanges
    assert drawn["id"] not in exchanges
    headers = dict(json.loads(drawn["headers"]))
    assert headers["x-monitor-drawn-from"] == hashlib.sha256(loading().body).hexdigest() == served["sha256"]
    assert headers["x-monitor-browser"].startswith("Chromium ")
    version = told.watch.versions[0]
    assert (version.sha256, version.page_sha256, version.is_drawn) == (drawn["sha256"], served["sha256"], True)
    found = drawing_of_version(store, version.id)
    assert found
    assert (found.served_id, found.served_sha256) == (served["id"], served["sha256"])


def test_a_packet_of_evidence_has_both_and_says_which_is_which(told: Told, tmp_path: Path) -> None:
    """The page as it came with its exchange, and the drawn document."""
    command = [sys.executable, "-m", "monitor", "--config", str(told.watch.program.config_path)]
    command += ["--state", str(told.folder / "state"), "exhibit", "1", "--folder", str(tmp_path / "packet")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    text = (tmp_path / "packet/COVER.html").read_text("utf-8")
    assert "as a browser drew it" in text
    assert "as the server sent it" in text
    certificate = (tmp_path / "packet/CERTIFICATE-draft.html").read_text("utf-8")
    assert certificate.count("was answered by no address: a browser, Chromium") == 2
    assert certificate.count("is a copy of what the address") == 2
    hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "packet").rglob("*.html")}
    assert {capture["sha256"] for capture in told.watch.captures} <= hashes


def test_the_pages_say_what_was_drawn(told: Told, tmp_path: Path) -> None:
    """The page of a version names the browser and leads to the bytes that the server sent."""
    version = told.watch.versions[0]
    shutil.copytree(told.folder / "state", tmp_path / "state")
    (tmp_path / "state/config.yaml").write_bytes(told.watch.program.config_path.read_bytes())
    with serving_of(tmp_path / "state") as served:
        page = served.get("/version/camps/page/1").text
        assert "by a browser, Chromium" in page
        assert f"/file/{version.page_sha256}" in page
        assert served.get(f"/file/{version.page_sha256}").content == loading().body


def test_links_that_a_script_draws_lead_to_reports(tmp_path: Path) -> None:
    """The version of the file names the drawn document as the page that linked it."""
    script = "document.getElementById('list').innerHTML = '<p>Files</p><a href=/camps.csv>Camps</a>';"
    content = b"Name,County\r\n" + b"".join(f"{name},{county}\r\n".encode() for name, county in ROWS)
    csv = Reply(headers=(("Content-Type", "text/csv"),), body=content)

    def linked(text: str) -> str:
        return text.replace("kind: page", "kind: rolling\n        match: {text: Camps}").replace("html", "csv")

    with (
        Server({"/": script_page(script), "/camps.csv": csv}) as server,
        drawing(server, tmp_path, change=linked) as watch,
    ):
        assert watch.poll().faults == ()
        (version,) = watch.versions
        assert (version.status, version.is_drawn) == ("recorded", False)
        assert version.page_sha256 == watch.captures[1]["sha256"]
        assert watch.captures[1]["url"].endswith("#drawn")


def test_a_server_that_is_not_named_is_named_in_the_fault(tmp_path: Path) -> None:
    """Its data are not asked for, and no version is made."""
    with Server({"/": Reply(), "/camps.json": data(ROWS)}) as server, drawing(server, tmp_path) as watch:
        server.pages["/"] = loading(server.address("/camps.json", host="localhost"))
        polled = watch.poll()
        assert polled.kept == 0
        assert "asks for data from localhost; add it to sources.camps.hosts" in polled.faults[0]
        assert watch.captures == []


def test_a_browser_that_is_killed_doubles_nothing(tmp_path: Path) -> None:
    """The poll fails, the next one goes on, and verify finds all in order."""

    def killing(_: Request) -> Reply:
        for number in browsers():
            with suppress(OSError):
                os.kill(number, signal.SIGKILL)
        return data(ROWS[1:])

    with Server({"/": loading(), "/camps.json": data(ROWS)}) as server, drawing(server, tmp_path) as watch:
        watch.poll()
        server.pages["/camps.json"] = killing
        with own_browser():
            assert len(watch.poll().faults) == 1
        assert browsers() == []
        server.pages["/camps.json"] = data(ROWS[1:])
        assert watch.poll().faults == ()
        assert (len(watch.versions), watch.told) == (2, [("removed", "Bay Camp")])
        assert (faults(watch), left_behind()) == ((), [])


def test_a_poll_that_is_killed_takes_its_browser_with_it(tmp_path: Path) -> None:
    """No process is left of it, nothing is recorded, and the next poll records it once."""
    with (
        Server({"/": loading()}) as server,
        drawing(server, tmp_path) as watch,
        tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder,
    ):
        mark = f"C.{os.getpid()}"  # a variable that is passed on to all that is started

        def killing(_: Request) -> Reply:
            os.kill(polling.pid, signal.SIGKILL)
            return data(ROWS)

        server.pages["/camps.json"] = killing
        command = [sys.executable, "-m", "monitor", "--config", str(watch.program.config_path)]
        command += ["--state", str(tmp_path / "state"), "poll"]
        polling = subprocess.Popen(
            command, env=os.environ | {"LANG": mark, "TMPDIR": folder}, stdout=subprocess.DEVNULL
        )
        assert polling.wait(SECONDS) == -signal.SIGKILL
        assert asked(server.requests, "/camps.json") == 1
        assert are_gone(f"LANG={mark}".encode())
        server.pages["/camps.json"] = data(ROWS)
        assert watch.poll().faults == ()
        assert [version.status for version in watch.versions] == ["recorded"]
        assert faults(watch) == ()


def are_gone(word: bytes) -> bool:
    """Wait until no process has a word in its environment any more; False if some still have after a long time."""
    ends_at = time.monotonic() + SECONDS
    while time.monotonic() < ends_at:
        having = 0
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                having += word in path.read_bytes()
        if not having:
            return True
    return False


def test_a_trial_draws_the_page(tmp_path: Path) -> None:
    """It reads what the browser drew; without `render` it says what the description lacks."""
    with Server({"/": loading(), "/camps.json": data(ROWS)}) as server, drawing(server, tmp_path) as watch:
        with watch.program.trial() as context:
            found = try_source(context, "camps")
        assert [(each.name, each.records) for each in found.files[0].lists] == [("camps", 3)]
        assert found.files[0].held is None
    other = tmp_path / "other"
    other.mkdir()

    def unrendered(text: str) -> str:
        return text.replace("    render: browser\n", "")

    with Server({"/": loading()}) as server, drawing(server, other, change=unrendered) as watch:
        with watch.program.trial() as context:
            found = try_source(context, "camps")
        assert found.page
        assert found.page.notes[0].endswith("draws its content by a script; give sources.camps `render: browser`")
        assert any("draws its content by a script" in note for note in watch.poll().notes)


def test_a_description_is_drafted_of_what_a_browser_draws(tmp_path: Path) -> None:
    """The draft says that the page needs a browser, and reads every record."""
    with Server({"/": loading(), "/camps.json": data(ROWS)}) as server, drawing(server, tmp_path) as watch:
        with watch.program.trial() as context:
            drafted = draft_source(context, [server.address("/")], name="drafted")
        assert "    render: browser\n" in drafted.text
        assert [each.records for each in drafted.trial.files[0].lists if each.name != "notices"] == [3]


def test_without_a_browser_a_poll_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a fault of the poll, and no version."""
    with Server({"/": loading()}) as server, drawing(server, tmp_path) as watch:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "`apt-get install chromium`" in watch.poll().faults[0]


def test_only_a_browser_draws(tmp_path: Path) -> None:
    """Another value of `render` is a fault of the configuration that says which one there is."""

    def other(text: str) -> str:
        return text.replace("render: browser", "render: chrome")

    with (
        Server({"/": loading()}) as server,
        pytest.raises(ConfigError) as caught,
        drawing(server, tmp_path, change=other),
    ):
        pass
    assert "sources.camps.render" in str(caught.value)
    assert "write browser" in str(caught.value)
