"""What is beyond this machine: each source's page, its certificate, the time it says; each channel's receiver."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain
from ssl import cert_time_to_seconds
from statistics import median
from typing import TYPE_CHECKING

import httpx

from monitor.channels.probe import connect, reach
from monitor.config.secrets import Secret
from monitor.errors import FetchError, TransportError
from monitor.fetch.backend import GuardedBackend, addresses
from monitor.fetch.faults import LOWER_LIBRARIES
from monitor.fetch.fetcher import Answer, Fetcher
from monitor.upkeep.doctor.finding import fault, ok, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.config.channels import ChannelDescription
    from monitor.config.sources import Config
    from monitor.upkeep.doctor.finding import Finding

SIDE_BY_SIDE = 8
SKEW = timedelta(minutes=5)
SOON = timedelta(days=7)  # a certificate runs out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a source's page told: findings, and how far its clock is ahead of ours."""

    findings: tuple[Finding, ...]
    ahead: timedelta | None = None


def network_findings(config: Config, *, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Ask every source once, for its page, by the rules that a poll obeys; and every channel, sending nothing."""
    with (
        Fetcher(poll=config.poll, contact=config.contact, retries=1) as fetcher,
        ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="doctor") as pool,
    ):
        channels = pool.map(_channel, config.channels, config.channels.values())
        asked = pool.map(lambda name: _source(fetcher, config, name, now=now), config.sources)
        ahead = []
        for each in asked:
            yield from each.findings
            ahead += [each.ahead] if each.ahead is not None else []
        yield from clock(ahead)
        yield from chain.from_iterable(channels)
        yield from _ping(config)


def _source(fetcher: Fetcher, config: Config, name: str, *, now: Callable[[], datetime]) -> _Asked:
    """One source: DNS, TLS, whether the page is one, and no block page."""
    about, source = f"source {name}", config.sources[name]
    try:
        # Without conditions: "not modified" would tell neither the time nor whether there is a page.
        answer = fetcher.get(source.page, allowed_hosts=source.allowed_hosts, expect="html")
    except FetchError as failed:
        what, _, remedy = str(failed).rpartition("; ")
        if not what or remedy.startswith("it is asked again"):  # which helps a poll, and not a person
            what, remedy = what or remedy, "see what the address says to a browser on another network"
        return _Asked(findings=(fault(about, what, remedy),))
    assert isinstance(answer, Answer)
    found = [ok(about, f"{answer.url} answers, {len(answer.content):,} bytes")]
    expires = _expires(config, answer.url)
    if expires and expires - now() < SOON:
        what = f"the certificate of {httpx.URL(answer.url).host} runs out on {expires:%Y-%m-%d}"
        found.append(warning(about, what, "the publisher renews it, or polls fail from then on"))
    return _Asked(findings=tuple(found), ahead=_ahead(answer, now()))


def _expires(config: Config, address: str) -> datetime | None:
    """When a server's certificate runs out; None without TLS, or where it can't be had a second time."""
    url = httpx.URL(address)
    if url.scheme != "https":
        return None
    backend = GuardedBackend(
        resolve=addresses, clock=time.monotonic, allow_private_addresses=config.poll.allow_private_addresses
    )
    backend.begin(address, config.poll.timeout.total_seconds())
    with suppress(FetchError, *LOWER_LIBRARIES):
        secure = backend.connect_tcp(url.host, url.port or 443).start_tls(httpx.create_ssl_context(), url.host)
        with closing(secure):
            told = secure.get_extra_info("ssl_object").getpeercert()
            return datetime.fromtimestamp(cert_time_to_seconds(told["notAfter"]), UTC)
    return None


def _ahead(answer: Answer, now: datetime) -> timedelta | None:
    """How far a server's clock is ahead of ours: the Date that it says, and how long ago a cache heard it."""
    said = dict(answer.headers)
    try:
        at = parsedate_to_datetime(said["date"])
        age = int(said.get("age", "0"))
    except (KeyError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) + timedelta(seconds=age) - now


def clock(ahead: list[timedelta]) -> Iterator[Finding]:
    """What the servers' clocks tell of ours: the middle one of them, so that one server's fault is not ours."""
    if not ahead:
        return
    seconds = median(each.total_seconds() for each in ahead)
    if abs(seconds) <= SKEW.total_seconds():
        yield ok("clock", f"within {max(1, round(abs(seconds)))} s of what {len(ahead)} servers say")
        return
    way = "behind" if seconds > 0 else "ahead of"
    what = f"{round(abs(seconds) / 60):,} minutes {way} what {len(ahead)} servers say"
    yield warning("clock", what, "set this machine's clock; run an NTP client such as systemd-timesyncd")


def _channel(name: str, described: ChannelDescription) -> tuple[Finding, ...]:
    about = f"channel {name}"
    try:
        return (ok(about, reach(name, described)),)
    except TransportError as failed:
        what = str(failed).removeprefix(f"channel {name}: ")
        return (fault(about, what, f"mend it, then `monitor test-alert {name}`"),)


def _ping(config: Config) -> Iterator[Finding]:
    """Whether the host of the address that the daemon pings answers; the ping itself would tell that all is well."""
    secret = Secret.of(config.run, "ping_url")
    if secret is None:
        return
    try:
        yield ok("run", connect("ping_url", secret.read("ping_url")))
    except TransportError as failed:
        yield fault("run", str(failed), "see whether the address is right; without it nobody misses the daemon")
