"""The daemon's small web server, for this machine only: `/healthz` (is it well?) and `/metrics` (for Prometheus)."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from monitor.errors import MonitorError
from monitor.store import metrics
from monitor.times import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import timedelta

    from prometheus_client.core import Metric

    from monitor.store.database import Store
    from monitor.store.metrics import SourceLook

OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")
PROMETHEUS_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


class Figures:
    """The figures for Prometheus; they are read from the database at each request."""

    def __init__(self, store: Callable[[], Store], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Yield the figures about sources, versions, deliveries and amendments; Prometheus's library calls this."""
        store = self._store()
        failures = GaugeMetricFamily("monitor_source_failures", "Polls in a row that failed.", labels=["source"])
        polled = GaugeMetricFamily("monitor_source_polled_seconds", "Last poll, in Unix time.", labels=["source"])
        succeeded = GaugeMetricFamily(
            "monitor_source_succeeded_seconds", "Last poll that did not fail, in Unix time.", labels=["source"]
        )
        age = GaugeMetricFamily(
            "monitor_source_age_seconds", "Seconds since the last poll that did not fail.", labels=["source"]
        )
        for source in metrics.polled_sources(store):
            failures.add_metric([source.name], source.failures)
            polled.add_metric([source.name], moment(source.polled_at).timestamp())
            if source.succeeded_at:
                succeeded.add_metric([source.name], moment(source.succeeded_at).timestamp())
                age.add_metric([source.name], max((self._now() - moment(source.succeeded_at)).total_seconds(), 0))
        yield from (failures, polled, succeeded, age)
        versions = GaugeMetricFamily("monitor_versions", "Versions by status.", labels=["status"])
        for status, count in metrics.versions_by_status(store).items():
            versions.add_metric([status], count)
        yield versions
        deliveries = GaugeMetricFamily(
            "monitor_deliveries", "Deliveries that are not done.", labels=["channel", "status"]
        )
        for (channel, status), count in metrics.count_undelivered(store).items():
            deliveries.add_metric([channel, status], count)
        yield deliveries
        amendments = CounterMetricFamily("monitor_amendments", "Entries of the change log.")
        amendments.add_metric([], metrics.log_length(store))
        yield amendments


class _Server(HTTPServer):
    """A web server with one thread, so that it uses one database connection however many requests come."""

    def __init__(
        self,
        port: int,
        *,
        ailments: Callable[[], tuple[str, ...]],
        looks: Callable[[], list[SourceLook]],
        registry: CollectorRegistry,
    ) -> None:
        self.ailments = ailments
        self.looks = looks
        self.registry = registry
        super().__init__(("127.0.0.1", port), _Request)


class _Request(BaseHTTPRequestHandler):
    server: _Server
    timeout = 2  # seconds for a connection that says nothing

    def do_GET(self) -> None:
        """Answer `/healthz` and `/metrics`, to programs on this machine only.

        The Host header must name this machine. Otherwise a web page in a browser on this machine could ask, under a
        host name of its own.
        """
        if (self.headers.get("Host") or "").rsplit(":", 1)[0] not in OWN_NAMES:
            self._answer(HTTPStatus.FORBIDDEN, "ask by 127.0.0.1\n", "text/plain")
        elif self.path == "/healthz":
            ailments = self.server.ailments()
            status = HTTPStatus.SERVICE_UNAVAILABLE if ailments else HTTPStatus.OK
            sources = {look.source: asdict(look) for look in self._looks()}
            health = {"status": "fail" if ailments else "pass", "ailments": ailments, "sources": sources}
            self._answer(status, json.dumps(health) + "\n", "application/health+json")
        elif self.path == "/metrics":
            self._answer(HTTPStatus.OK, generate_latest(self.server.registry).decode(), PROMETHEUS_FORMAT)
        else:
            self._answer(HTTPStatus.NOT_FOUND, "there are /healthz and /metrics\n", "text/plain")

    def _looks(self) -> list[SourceLook]:
        """Return how long ago each source was looked at; [] if the database can't be asked, which is an ailment."""
        try:
            return self.server.looks()
        except MonitorError:
            return []

    def _answer(self, status: HTTPStatus, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name for it
        """Log nothing, because checks come every few seconds."""


@contextmanager
def serving(
    port: int,
    *,
    store: Callable[[], Store],
    ailments: Callable[[], tuple[str, ...]],
    pauses: Mapping[str, timedelta] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[int]:
    """Serve `/healthz` and `/metrics` on this machine while the block runs, and yield the number of the port.

    port: the port to serve on; 0 for any free one.
    store: a function that returns the database connection of the thread that calls it.
    ailments: a function that returns a sentence for each thing that is wrong with the daemon.
    pauses: the longest usual pause between two polls of each source, by its name.
    now: a function that returns the present time.

    Raises OSError.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(Figures(store, now=now))
    server = _Server(
        port,
        ailments=ailments,
        looks=lambda: metrics.source_looks(store(), pauses or {}, now=now()),
        registry=registry,
    )
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
