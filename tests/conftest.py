"""What several tests share: the program on a state folder of its own, its commands, and spreadsheets to feed it."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from monitor.cli import main
from monitor.demo.replay import replay
from tests.support.kept import kept_readers, kept_yaml
from tests.support.once import once
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# How long a machine takes for an example proves nothing.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


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


@pytest.fixture(scope="session", autouse=True)
def _kept() -> Iterator[None]:
    with kept_readers(), kept_yaml():
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
