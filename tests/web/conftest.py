"""The demo's history, played once, and its pages served by the real server on this machine."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from monitor.config.file import load
from monitor.program import present
from monitor.sandbox.reader import Reader
from monitor.store.database import Store
from monitor.store.search import LogFilter, log_entries
from monitor.web import server as web_server
from monitor.web.app import application
from monitor.web.context import Access
from monitor.web.packets import Packets, ReaderLimit
from tests.support.agreed import written_agreements
from tests.support.servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.documents import Agreements


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Pages at an address of this machine."""

    address: str
    folder: Path
    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page."""
        return self.client.get(self.address + path, headers=headers)

    def log(self, **asked: Any) -> list[dict[str, Any]]:
        """The change log as the command reads it, oldest first."""
        with Store(self.folder) as store:
            return [entry.to_json() for entry in log_entries(store, LogFilter(**asked))]


def asking(**given: Any) -> httpx.Client:
    """A client that asks over a new connection each time, and reads no certificates, which takes longer than a page."""
    return httpx.Client(verify=False, timeout=300, limits=httpx.Limits(max_keepalive_connections=0), **given)


@contextmanager
def serving_of(folder: Path, access: Access | None = None, *, limit: ReaderLimit | None = None) -> Iterator[Served]:
    """The pages of a state folder, served by a thread; without a `limit` a reader may have a million packets."""
    config = load(folder / "config.yaml")
    with Reader(web_server.PAGE_LIMITS) as reader, web_server.bound("127.0.0.1", 0) as listening:
        site = web_server.site(config, folder, reader, access=access or Access(), now=present)
        site = replace(site, packets=Packets(limit or ReaderLimit(at_once=1_000_000)))
        server = web_server.server(application(site))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            with asking() as client:
                yield Served(address=address, folder=folder, client=client)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def history(demo: Path) -> Path:
    """The state folder that the demo leaves."""
    return demo / "state"


@pytest.fixture(scope="session")
def served(history: Path) -> Iterator[Served]:
    """The demo's history as pages."""
    with serving_of(history) as found:
        yield found


@pytest.fixture(scope="session")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agreements]:
    """The roster with agreements to which all kinds of things happened."""
    with Server() as server:
        yield written_agreements(tmp_path_factory.mktemp("agreements"), server)


@pytest.fixture(scope="session")
def papers(agreed: Agreements) -> Iterator[Served]:
    """Its pages."""
    with serving_of(agreed.folder / "state") as found:
        yield found
