"""How long a page takes beside 1,000 silent connections, and 500 subscriptions beside one.

    python benchmarks/attacked.py

`monitor web` serves the pages of a small made-up log from a process of its own. A thousand connections are made to it
that send nothing. Then the page /about is asked for fifty times, over a new connection each time. Afterwards the
change log's entries are announced as if they came with one version, in a transaction that is taken back: to one
subscription to everything, and to it and 499 subscriptions to one county each. Exits with 1 if a page took over a
second, or if the announcement to all took over twice the time, and over half a second more.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import yaml
from figures import Figure, tell

from monitor.alerts import outbox
from monitor.config.sources import Config
from monitor.jurisdictions import gazetteer
from monitor.jurisdictions.states import STATES
from monitor.store.database import Store
from monitor.store.search import LogFilter, log_entries
from monitor.store.versions import version_row

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tools.synthetic_log import make  # noqa: E402 - the path is set above

SILENT_CONNECTIONS = 1_000
PAGES = 50
SUBSCRIPTIONS = 500
ENTRIES = 1_000
MAX_PAGE_SECONDS = 1.0
MAX_MORE_SECONDS = 0.5  # for all subscriptions than for one


def beside_silence(folder: Path) -> float:
    """Return the seconds that the slowest page took."""
    command = [sys.executable, "-m", "monitor", "--config", str(folder / "config.yaml"), "--state", str(folder)]
    with subprocess.Popen([*command, "web", "--port", "0"], stdout=subprocess.PIPE, text=True) as web:
        try:
            assert web.stdout
            address = web.stdout.readline().split()[0]
            place = httpx.URL(address)
            with ExitStack() as stack:
                for _ in range(SILENT_CONNECTIONS):
                    stack.enter_context(socket.create_connection((place.host, place.port or 0), timeout=60))
                return max(page_seconds(f"{address}about") for _ in range(PAGES))
        finally:
            web.terminate()


def page_seconds(url: str) -> float:
    """Return the seconds that a page takes, over a new connection."""
    begun = time.perf_counter()
    httpx.get(url, timeout=60, verify=False).raise_for_status()  # noqa: S501 - no TLS is spoken
    return time.perf_counter() - begun


def announced(folder: Path, config: Config) -> float:
    """Return the seconds that it takes to announce the entries to the subscriptions of a configuration."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with Store(folder) as store:
        entries = list(log_entries(store, LogFilter()))[:ENTRIES]
        row = store.all("SELECT * FROM version_details ORDER BY id LIMIT 1")[0]
        version = replace(version_row(row), via="poll")
        store.connection.execute("BEGIN IMMEDIATE")
        begun = time.perf_counter()
        outbox.announce(store, config, version, entries=entries, first={}, now=now)
        seconds = time.perf_counter() - begun
        store.connection.execute("ROLLBACK")
    return seconds


def subscribed(count: int) -> Config:
    """Return a configuration with so many subscriptions: one to everything, the others to a county each."""
    counties = [each.jurisdiction.ocd_id for code in STATES for each in gazetteer.counties_of(code)]
    tree = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    tree["channels"] = {"feed": {"kind": "atom", "path": "feed.xml"}}
    tree["subscriptions"] = {"all": {"channels": ["feed"]}} | {
        f"county-{number}": {"channels": ["feed"], "jurisdictions": [county]}
        for number, county in enumerate(counties[: count - 1])
    }
    return Config.model_validate(tree)


def main() -> int:
    """Measure, and print the figures."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, ENTRIES)
        slowest = beside_silence(folder)
        one, many = (min(announced(folder, subscribed(count)) for _ in range(3)) for count in (1, SUBSCRIPTIONS))
    print(f"a page beside {SILENT_CONNECTIONS:,} silent connections: {1000 * slowest:.0f} ms at most")
    print(
        f"{ENTRIES:,} entries announced to one subscription: {1000 * one:.0f} ms; "
        f"to {SUBSCRIPTIONS}: {1000 * many:.0f} ms"
    )
    held = [
        tell(Figure(measure=f"the slowest of {PAGES} pages beside {SILENT_CONNECTIONS:,} silent connections", unit="ms",
                    ours=1000 * slowest, most=1000 * MAX_PAGE_SECONDS)),
        tell(Figure(measure=f"{ENTRIES:,} entries announced to {SUBSCRIPTIONS} subscriptions", unit="ms",
                    ours=1000 * many, most=1000 * max(2 * one, one + MAX_MORE_SECONDS))),
    ]  # fmt: skip
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
