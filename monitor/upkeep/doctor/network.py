"""The doctor's checks over the network: each source's page, certificate and clock; each channel's receiver."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING

import httpx
from cryptography import x509

from monitor.channels.probe import connect, reach
from monitor.config.network import Networked
from monitor.config.secrets import Secret
from monitor.errors import FetchError, TransportError
from monitor.fetch.fetcher import Answer, Fetcher
from monitor.fetch.route import route_of
from monitor.upkeep.doctor.finding import fault, ok, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.config.sources import Config
    from monitor.upkeep.doctor.finding import Finding

MAX_THREADS = 8  # in which sources and channels are asked
MAX_SERVER_CLOCK_DIFFERENCE = timedelta(minutes=5)  # between this machine and the servers
MIN_CERTIFICATE_TIME = timedelta(days=7)  # that a certificate should still hold


@dataclass(frozen=True, slots=True, kw_only=True)
class _SourceFindings:
    """The findings on one source, and by how much its server's clock is ahead of ours; None if that is not known."""

    findings: tuple[Finding, ...]
    ahead: timedelta | None = None


def network_findings(config: Config, *, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Yield findings on all sources and channels, on our clock, and on the host of `ping_url`.

    Each source's page is fetched by the rules of a poll, with at most one further attempt. No alert is sent.
    """
    with (
        Fetcher(poll=config.poll, contact=config.contact, retries=1) as fetcher,
        ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="doctor") as pool,
    ):
        channels = pool.map(lambda name: _channel(config, name), config.channels)
        sources = pool.map(lambda name: _source(fetcher, config, name, now=now), config.sources)
        ahead = []
        for source in sources:
            yield from source.findings
            ahead += [source.ahead] if source.ahead is not None else []
        yield from clock_findings(ahead)
        yield from chain.from_iterable(channels)
        yield from _ping(config)


def _source(fetcher: Fetcher, config: Config, name: str, *, now: Callable[[], datetime]) -> _SourceFindings:
    """Fetch the page of one source; return findings on the answer and on the server's certificate."""
    about, source = f"source {name}", config.sources[name]
    try:
        # Without conditions: "not modified" would tell neither the time nor whether there is a page.
        answer = fetcher.get(source.page, allowed_hosts=source.allowed_hosts, expect="html")
    except FetchError as failed:
        what, _, remedy = str(failed).rpartition("; ")
        if not what or remedy.startswith("it is asked again"):  # which helps a poll, and not a person
            what, remedy = what or remedy, "see what the address says to a browser on another network"
        return _SourceFindings(findings=(fault(about, what, remedy),))
    assert isinstance(answer, Answer)
    findings = [ok(about, f"{answer.url} answers, {len(answer.content):,} bytes")]
    expires = _expires(answer)
    if expires and expires - now() < MIN_CERTIFICATE_TIME:
        what = f"the certificate of {httpx.URL(answer.url).host} runs out on {expires:%Y-%m-%d}"
        findings.append(warning(about, what, "the publisher renews it, or polls fail from then on"))
    return _SourceFindings(findings=tuple(findings), ahead=_ahead(answer, now()))


def _expires(answer: Answer) -> datetime | None:
    """Return when the certificate that came with an answer runs out; None if it came without TLS."""
    shown = answer.exchange.tls.certificates if answer.exchange and answer.exchange.tls else ()
    return x509.load_der_x509_certificate(shown[0]).not_valid_after_utc if shown else None


def _ahead(answer: Answer, now: datetime) -> timedelta | None:
    """Return by how much a server's clock is ahead of ours; None if the answer does not tell.

    The server's time is in the header Date; if a cache answered, its header Age is added.
    """
    headers = dict(answer.headers)
    try:
        at = parsedate_to_datetime(headers["date"])
        age = int(headers.get("age", "0"))
    except (KeyError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) + timedelta(seconds=age) - now


def clock_findings(ahead: list[timedelta]) -> Iterator[Finding]:
    """Yield a finding on our clock, which is compared with the servers' clocks.

    ahead: by how much each server's clock is ahead of ours. If it is empty, there is no finding.

    The median counts, so that one server with a wrong clock does not matter.
    """
    if not ahead:
        return
    seconds = median(difference.total_seconds() for difference in ahead)
    if abs(seconds) <= MAX_SERVER_CLOCK_DIFFERENCE.total_seconds():
        yield ok("clock", f"within {max(1, round(abs(seconds)))} s of what {len(ahead)} servers say")
        return
    way = "behind" if seconds > 0 else "ahead of"
    what = f"{round(abs(seconds) / 60):,} minutes {way} what {len(ahead)} servers say"
    yield warning("clock", what, "set this machine's clock; run an NTP client such as systemd-timesyncd")


def _channel(config: Config, name: str) -> tuple[Finding, ...]:
    about, described = f"channel {name}", config.channels[name]
    try:
        return (ok(about, reach(name, described)),)
    except TransportError as failed:
        what = str(failed).removeprefix(f"channel {name}: ")
        forgotten = config.poll.has_proxy and isinstance(described, Networked) and not described.has_proxy
        hint = "; it may need a `proxy` of its own, as `poll` has one" if forgotten else ""
        return (fault(about, what, f"then `monitor test-alert {name}` tries it{hint}"),)


def _ping(config: Config) -> Iterator[Finding]:
    """Yield a finding on whether the host of `ping_url` can be reached.

    No ping is sent, because that would tell its receiver that the daemon is well.
    """
    secret = Secret.of(config.run, "ping_url")
    if secret is None:
        return
    try:
        yield ok("run", connect("ping_url", secret.read("ping_url"), route_of(config.run, "run")))
    except TransportError as failed:
        yield fault("run", str(failed), "see whether the address is right; without it nobody misses the daemon")
