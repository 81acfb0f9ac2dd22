"""State folders of an earlier release are opened and migrated, and tell the same as then, byte for byte.

`tools/golden_state.py` says how they were made and what is asked. Only the command line and addresses are used here.
"""

from __future__ import annotations

import json
import lzma
import re
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Commands

STATES = Path(__file__).parent / "golden" / "states"
NAMES = ("demo", "backfilled")
LONGEST = 600  # characters of a difference that are shown
MIGRATIONS = ["m001_history", "m002_schedule", "m003_browsing", "m004_backfill", "m005_finding", "m006_receipts"]
READS = (
    "/api/sources",
    "/api/log",
    "/api/amendment/{id}",
    "/api/jurisdiction/{ocd_id}",
    "/api/list/{source}/{list}",
    "/api/report/{source}/{report}",
    "/api/version/{source}/{report}/{number}",
    "/api/compare",
    "/api/holds",
    "/api/doubts",
)


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """The name of a state."""
    return str(request.param)


@pytest.fixture(scope="module")
def told(name: str) -> dict[str, Any]:
    """What the program that made it told of it."""
    content: dict[str, Any] = json.loads(lzma.decompress((STATES / f"{name}.told.json.xz").read_bytes()))
    return content


def unpacked(name: str, folder: Path) -> Path:
    """A copy of a state in a folder."""
    with tarfile.open(STATES / f"{name}.tar.xz") as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def state(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder, which a command has migrated: pages never write."""
    folder = unpacked(name, tmp_path_factory.mktemp(name))
    command = (sys.executable, "-m", "monitor", "--config", folder / "config.yaml", "--state", folder, "holds")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def program(monitor: Commands, state: Path) -> Commands:
    """`monitor` on that folder, with the configuration that made it."""
    monitor.state, monitor.config = state, state / "config.yaml"
    return monitor


@pytest.fixture(scope="module")
def address(state: Path, told: dict[str, Any]) -> Iterator[str]:
    """The folder's pages, served."""
    command = (sys.executable, "-m", "monitor", "--config", state / "config.yaml", "--state", state)
    options = ("--port", "0", "--address", told["address"])
    with subprocess.Popen((*command, "web", *options), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[0].rstrip("/")
        finally:
            process.terminate()


def applied(state: Path) -> list[str]:
    """The migrations that the database has, in order."""
    with closing(sqlite3.connect(state / "monitor.db")) as database:
        rows = database.execute("SELECT name FROM _sqlite_migrations ORDER BY id").fetchall()
    return [each for (each,) in rows]


def difference(old: str, new: str) -> str:
    """Where two texts part."""
    at = next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    begin = max(0, at - LONGEST // 4)
    return f"at character {at}\n was: {old[begin : at + LONGEST]}\n is:  {new[begin : at + LONGEST]}"


RECORD_KEYS = ("source", "report", "list", "fields", "jurisdiction", "listed_since", "amendments", "doubts", "notices")


def is_the_same(old: str, new: str) -> bool:
    """Whether an answer says what it said then.

    Of a place, and of each record about it, it is said since then whether it is listed: in keys of its own, and with
    another meaning of `until` and `now`, since a list that was taken down or not seen for long lists nothing now. Of a
    version it is said last whether a web archive's copy is the same, which was not looked at then.
    """
    new = new.replace(', "saved": null, "compared": null}', ', "saved": null}')
    new = re.sub(r'(, "saved": "[^"]+"), "compared": "not compared"}', r"\1}", new)
    if old == new or '"statements"' in new:
        return old == new or json.loads(old).items() <= json.loads(new).items()  # `verify` says more now
    if '"age_seconds"' in new:  # each source has more keys now
        then, since = (json.loads(text) for text in (old, new))
        pairs = zip(then.pop("sources"), since.pop("sources"), strict=True)
        return then == since and all(one.items() <= other.items() for one, other in pairs)
    if "standing" not in new:
        return False
    before, after = ([json.loads(line) for line in text.splitlines()] for text in (old, new))
    records, found = ([record for each in some for record in each.get("listed", [each])] for some in (before, after))

    def told(some: list[dict[str, Any]]) -> list[str]:
        return sorted(json.dumps([record.get(key) for key in RECORD_KEYS]) for record in some)

    entries = [each.get("entries") for each in before] == [each.get("entries") for each in after]
    return told(records) == told(found) and ("listed" not in before[0] or entries)


def test_it_is_opened_and_migrated(name: str, monitor: Commands, tmp_path: Path) -> None:
    """By the first command, which only reads; what it has is of then, and after that comes what was added since."""
    monitor.state = unpacked(name, tmp_path / "copy")
    monitor.config = monitor.state / "config.yaml"
    assert applied(monitor.state) == MIGRATIONS
    assert monitor("holds", "--json").status == 0
    assert applied(monitor.state)[: len(MIGRATIONS)] == MIGRATIONS
    once = applied(monitor.state)
    assert monitor("verify").status == 0
    assert applied(monitor.state) == once


def test_the_commands_tell_the_same(program: Commands, told: dict[str, Any]) -> None:
    """Each ends with the exit status of then, and prints the same."""
    changed = []
    for each in told["commands"]:
        ran = program(*each["arguments"])
        if each["arguments"][0] == "show" and "--json" not in each["arguments"]:
            continue  # it says first whether the place is listed; it is compared as JSON
        if ran.status != each["status"] or not is_the_same(each["out"], ran.out):
            changed.append(f"{each['arguments']}: {ran.status} {ran.err} {difference(each['out'], ran.out)}")
    assert not changed, f"{len(changed)} of {len(told['commands'])}, the first: {changed[0]}"


def test_the_addresses_tell_the_same(address: str, told: dict[str, Any]) -> None:
    """Each answers with the status of then, and the same body."""
    changed = []
    with httpx.Client(base_url=address, timeout=600) as client:
        for each in told["reads"]:
            answer = client.get(each["path"])
            body = each.get("body", answer.text)  # of a fault only the status is kept
            if answer.status_code != each["status"] or not is_the_same(body, answer.text):
                changed.append(f"{each['path']}: {answer.status_code} {difference(body, answer.text)}")
    assert not changed, f"{len(changed)} of {len(told['reads'])}, the first: {changed[0]}"


@pytest.mark.parametrize("path", READS)
def test_each_read_of_then_is_described_and_asked(path: str, address: str, told: dict[str, Any]) -> None:
    """None was taken away, and the answers that are kept have at least one of each that is not a fault."""
    assert path in httpx.get(f"{address}/api/openapi.json").json()["paths"]
    pattern = re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(path)))
    good = [each["path"].partition("?")[0] for each in told["reads"] if each["status"] == 200]
    assert any(map(pattern.fullmatch, good))


def test_it_is_sound(program: Commands, name: str) -> None:
    """Database, archive and chain; and what is kept of the archive is what was packed."""
    ran = program("verify")
    assert (ran.status, ran.err) == (0, "")
    with tarfile.open(STATES / f"{name}.tar.xz") as tar:
        files = [each.name for each in tar if each.name.startswith("archive/")]
        for each in files:
            kept = tar.extractfile(each)
            assert kept
            assert (program.state / each).read_bytes() == kept.read()
    assert files
