"""Tests of the processes that read, each started and ended as the program does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.sandbox import worker_process
from tests.support import forks
from tests.support.kept import own_readers
from tests.support.loaded_workers import LoadedWorkers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package", autouse=True)
def _own_readers() -> Iterator[None]:
    forks.end_server()  # tests look at all that this process has started
    with own_readers():
        yield


@pytest.fixture(scope="package")
def loaded_workers(_own_readers: None) -> Iterator[LoadedWorkers]:
    """What forks worker processes that have loaded what reads."""
    with LoadedWorkers() as found:
        yield found


@pytest.fixture
def forked_workers(loaded_workers: LoadedWorkers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the workers of all readers in this process be forked, where a test is not about how they are started."""
    monkeypatch.setattr(worker_process, "started", loaded_workers.started)
