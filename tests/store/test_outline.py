"""What a checked configuration says is kept beside the database, and believed of the same bytes and program alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor import PACKAGE
from monitor.errors import ConfigError
from monitor.program import Program
from monitor.store.outline import OUTLINE, Outline, bytes_of, check_hash, guessed_state, keep_outline, kept_outline
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable


def in_place(file: Path, make: Callable[[Path], None]) -> None:
    """Put something else where a file is."""
    file.unlink()
    make(file)


SAID = Outline(state="state", sources={"ice-287g": {"agreements": ("participating", "pending")}})
NOT_BELIEVED: dict[str, Callable[[Path], object]] = {
    "gone": lambda file: file.unlink(),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-5]),
    "empty": lambda file: file.write_bytes(b""),
    "no text": lambda file: file.write_bytes(b"\xff\xfe"),
    "deep": lambda file: file.write_bytes(b"[" * 100_000),
    "another kind of value": lambda file: file.write_text("[]"),
    "no sources": lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"sources": 7})),
    "no reports": lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"sources": {"one": []}})),
    "of another check": lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"checked": "0" * 64})),
    "of another folder": lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"state": "/etc"})),
    "too long": lambda file: file.write_bytes(file.read_bytes() + b" " * 1_000_000),
    "a folder": lambda file: in_place(file, Path.mkdir),
    "a pipe": lambda file: in_place(file, os.mkfifo),
}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default configuration in a folder of its own, with a state folder in which its outline is kept."""
    monkeypatch.chdir(tmp_path)
    path = Path("config.yaml")
    shutil.copy(ROOT / "config.yaml", path)
    Path("state").mkdir()
    keep_outline(path, Path("state"), SAID, content=bytes_of(path))
    return path


def test_an_outline_is_kept_and_found_again(config: Path) -> None:
    """In the folder that the configuration names, and in another one if that is said."""
    assert kept_outline(config, None) == SAID
    assert kept_outline(config, Path("state")) == SAID
    assert kept_outline(config, Path("other")) is None
    Path("other").mkdir()
    keep_outline(config, Path("other"), SAID, content=bytes_of(config))
    assert kept_outline(config, Path("other")) == SAID


@pytest.mark.parametrize("spoil", NOT_BELIEVED.values(), ids=NOT_BELIEVED)
def test_a_spoilt_outline_is_not_believed(config: Path, spoil: Callable[[Path], object]) -> None:
    """The configuration is then checked as if there were none, and the program goes on."""
    spoil(Path("state") / OUTLINE)
    assert kept_outline(config, None) is None
    with Program(config_path=config) as program:
        assert list(program.outline.sources) == ["ice-ddor", "ice-287g", "dhs-sanctuary", "doj-sanctuary"]


def test_other_bytes_have_no_outline(config: Path) -> None:
    """Even where a single blank is different; and a fault that came in is told."""
    config.write_bytes(config.read_bytes() + b" ")
    assert kept_outline(config, None) is None
    config.write_bytes(config.read_bytes() + b"\nnonsense: 1\n")
    with Program(config_path=config) as program, pytest.raises(ConfigError, match="no such key"):
        _ = program.outline


def test_bytes_that_changed_while_they_were_checked_get_no_outline(config: Path) -> None:
    """Nobody knows which of both were checked."""
    before = bytes_of(config)
    config.write_bytes(config.read_bytes() + b"\n# later")
    keep_outline(config, Path("state"), replace(SAID, sources={}), content=before)
    assert kept_outline(config, None) is None
    config.write_bytes(before or b"")
    assert kept_outline(config, None) == SAID


def test_a_pipe_is_read_once() -> None:
    """A configuration that comes by a pipe, as a shell's `<(...)`, is checked each time."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"):
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(b"sources: {}\n")
        assert kept_outline(Path(f"/dev/fd/{reading}"), Path("state")) is None
        assert bytes_of(Path(f"/dev/fd/{reading}")) is None
        assert os.read(reading, 100) == b"sources: {}\n"


def test_a_folder_that_can_not_be_written_is_no_fault(config: Path) -> None:
    """Nor one that is not there, nor one that is a file."""
    for name in ("none", "config.yaml"):
        keep_outline(config, Path(name), SAID, content=bytes_of(config))
    (Path("state") / OUTLINE).unlink()
    (Path("state") / OUTLINE).mkdir()
    keep_outline(config, Path("state"), SAID, content=bytes_of(config))
    assert [path.name for path in Path("state").iterdir()] == [OUTLINE]


def test_no_secret_is_kept(config: Path) -> None:
    """Names alone are: no address, no password, nobody who is told."""
    sources = config.read_text(encoding="utf-8").partition("\nchannels:")[0]
    config.write_text(
        sources
        + "\nchannels: {room: {kind: slack, url: 'https://hooks.slack.com/services/hunter2XYZZY'}}\n"
        + "subscriptions: {texas: {channels: [room], states: [TX]}}\n",
        encoding="utf-8",
    )
    with Program(config_path=config) as program:
        assert program.reports("ice-287g")["pending"] == ("pending",)
    text = (Path("state") / OUTLINE).read_text(encoding="utf-8")
    assert json.loads(text).keys() == {"checked", "state", "sources"}
    assert not any(word in text for word in ("hunter2", "slack", "room", "texas", "https"))
    assert (Path("state") / OUTLINE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("line", "folder"),
    [
        ("state: /var/lib/monitor", "/var/lib/monitor"),
        ("state: 'a b'  # where", "a b"),
        ('state: "kept"', "kept"),
        ("state: kept # where\r", "kept"),
        ("# state: kept", "state"),
        ("  state: kept", "state"),
        ("statement: kept", "state"),
    ],
)
def test_the_folder_is_guessed_from_its_line(line: str, folder: str) -> None:
    """Which says the same as the YAML, in the forms in which people write it."""
    assert guessed_state(f"sources: {{}}\n{line}\n".encode()) == Path(folder)


def test_another_program_has_another_check(tmp_path: Path) -> None:
    """A release that checks otherwise believes no outline of the one before it."""
    for name in ("config", "jurisdictions"):
        shutil.copytree(PACKAGE / name, tmp_path / "monitor" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "errors.py", "files.py", "model.py", "times.py", "alerts/subscriptions.py"):
        (tmp_path / "monitor" / name).parent.mkdir(exist_ok=True)
        shutil.copy2(PACKAGE / name, tmp_path / "monitor" / name)
    (tmp_path / "monitor" / "store").mkdir()
    for name in ("__init__.py", "outline.py"):
        shutil.copy2(PACKAGE / "store" / name, tmp_path / "monitor" / "store" / name)
    code = "from monitor.store.outline import check_hash; print(check_hash(b'sources: {}'))"

    def checked() -> str:
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
        )
        return ran.stdout.strip()

    hashes = [checked()]
    for name in ("config/values.py", "jurisdictions/states.py", "alerts/subscriptions.py"):
        with (tmp_path / "monitor" / name).open("a", encoding="utf-8") as module:
            module.write("\n# another release\n")
        hashes.append(checked())
    assert len(set(hashes)) == len(hashes)
    assert check_hash(b"sources: {}") == check_hash(b"sources: {}") != check_hash(b"sources: {} ")
