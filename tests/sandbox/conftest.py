"""Tests of the processes that read, each started and ended as the program does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import forks
from tests.support.kept import own_readers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package", autouse=True)
def _own_readers() -> Iterator[None]:
    forks.end_server()  # tests look at all that this process has started
    with own_readers():
        yield
