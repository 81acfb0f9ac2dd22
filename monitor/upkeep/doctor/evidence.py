"""The doctor's checks of what strangers can check: the key, the time-stamp authorities, the last stamp, the clock."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509

from monitor.alerts.operators import MIN_UNSTAMPED
from monitor.errors import KeyFileError, StoreError
from monitor.evidence import openssl
from monitor.evidence.stamp import signing_key
from monitor.store import backup, stamps
from monitor.upkeep.doctor.finding import fault, ok, warning
from monitor.upkeep.doctor.site import can_write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.config.evidence import EvidenceSettings
    from monitor.upkeep.doctor.finding import Finding

KEY, STAMPS, PUBLISHED = "key", "time stamps", "checkpoints"  # the subjects of its findings


def evidence_findings(settings: EvidenceSettings, state: Path, *, now: datetime) -> Iterator[Finding]:
    """Yield findings on the key, the authorities, and the time stamps in the state folder; none if nothing is set."""
    if settings.origin is None:
        return
    yield from _key(settings)
    if settings.publish and not can_write(settings.publish):
        what = f"{settings.publish} can't be written"
        yield fault(PUBLISHED, what, "make the folder writable for the daemon's user, or name another")
    if settings.stamp.authorities:
        yield from _authorities(settings, now=now)
        yield from _stamped(settings, state, now=now)


def _key(settings: EvidenceSettings) -> Iterator[Finding]:
    try:
        key = signing_key(settings)
    except KeyFileError as broken:
        what, _, remedy = str(broken).partition("; ")
        yield fault(KEY, what, remedy)
        return
    if key:
        yield ok(KEY, f"{settings.key_file} signs checkpoints of {settings.origin}, fingerprint {key.fingerprint}")
    else:
        what = f"checkpoints of {settings.origin} are not signed"
        yield warning(KEY, what, "make a key with `monitor key new FILE`, and name it in `evidence.key_file`")


def _authorities(settings: EvidenceSettings, *, now: datetime) -> Iterator[Finding]:
    """Yield findings on openssl, and on the files with root certificates."""
    if openssl.binary() is None:
        yield warning(STAMPS, "no openssl here, so that time stamps are kept, but not verified", "install openssl")
    if len(settings.stamp.authorities) == 1:
        yield warning(STAMPS, "only one authority is asked", "name a second one in `evidence.stamp.authorities`")
    for authority in settings.stamp.authorities:
        remedy = f"put the root certificate of {authority.url} there, in PEM, from its own site"
        try:
            roots = x509.load_pem_x509_certificates(authority.roots_file.read_bytes())
        except OSError as broken:
            yield fault(STAMPS, f"{authority.roots_file}: {broken.strerror}", remedy)
            continue
        except ValueError:
            yield fault(STAMPS, f"{authority.roots_file} has no certificate in it", remedy)
            continue
        ends = max(root.not_valid_after_utc for root in roots)
        if ends < now:
            yield fault(STAMPS, f"the root certificate in {authority.roots_file} ran out on {ends:%Y-%m-%d}", remedy)
        else:
            yield ok(STAMPS, f"{authority.url} is checked by {authority.roots_file}, good until {ends:%Y-%m-%d}")


def _stamped(settings: EvidenceSettings, state: Path, *, now: datetime) -> Iterator[Finding]:
    """Yield findings on the last time stamp, on the authorities that fail, and on our clock."""
    if not (state / "monitor.db").exists():
        return
    try:
        with backup.Copy(state / "monitor.db") as store:
            if not store.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'stamps'"):
                return
            last = stamps.last_stamp(store)
            turns = stamps.stamp_turns(store, (authority.url for authority in settings.stamp.authorities))
    except StoreError:
        return  # which the findings on the database say
    for turn in turns:
        if turn.attempts and turn.clock_difference_ms:
            yield warning("clock", f"{turn.authority} {turn.fault}", "set this machine's clock; run an NTP client")
        elif turn.attempts:
            what = f"{turn.authority} failed {turn.attempts} times: it {turn.fault}"
            yield warning(STAMPS, what, "the other one is enough for a while; see `monitor stamp`")
    if last is None:
        yield warning(STAMPS, "there is none yet", "say `monitor stamp`, or start the daemon")
        return
    age = now - datetime.fromisoformat(last.gen_time)
    hours = f"{age.total_seconds() / 3600:,.0f} hours ago"
    if age > max(MIN_UNSTAMPED, 2 * settings.stamp.every):
        yield warning(STAMPS, f"the last one was made {hours}", "see whether the daemon runs; say `monitor stamp`")
    else:
        seconds = abs(last.clock_difference_ms) / 1000
        yield ok(STAMPS, f"the last one was made {hours}, {last.verified}")
        yield ok("clock", f"within {max(1, round(seconds))} s of what {last.authority} said then")
