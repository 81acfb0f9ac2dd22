"""Reads and writes time stamps of the evidence log, the attempts that failed, and the keys that signed checkpoints."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.database import QueryRow, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A time stamp that an authority gave for a checkpoint.

    - `size`, `root`: of the evidence log: the number of its leaves, and the hash over them in hexadecimal digits.
    - `checkpoint`: the exact text whose SHA-256 was stamped.
    - `authority`: the address of the authority.
    - `asked_at`, `gen_time`: the time by our clock, and by the authority's. `clock_difference_ms`: by how much the
      authority's clock was ahead of ours, in milliseconds.
    - `reply`, `bytes`: the SHA-256 and the size of the authority's whole reply, which is in the archive.
    - `verified`: by what the reply was checked, or why it was not.
    """

    size: int
    root: str
    checkpoint: str
    authority: str
    asked_at: str
    gen_time: str
    clock_difference_ms: int
    reply: str
    bytes: int
    verified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedKey:
    """A key that signs checkpoints of the log called `origin`, since `used_since`. Only its public part is here."""

    origin: str
    fingerprint: str
    public_key: str
    used_since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StampTurn:
    """When an authority is to be asked again.

    - `stamped_at`: when it gave its last time stamp, by our clock; None if it never did.
    - `attempts`, `fault`, `since`: how many attempts in a row have failed since, why the last one did, and when the
      first one did. `clock_difference_ms`: how far the clocks differed, if that was the fault.
    - `next_attempt_at`: when it may be asked again; None if there is no such limit.
    """

    authority: str
    stamped_at: str | None
    attempts: int = 0
    next_attempt_at: str | None = None
    since: str | None = None
    fault: str | None = None
    clock_difference_ms: int | None = None


def add_stamp(store: Store, stamp: Stamp) -> int:
    """Write down a time stamp, and that its authority answers; return the stamp's number. Call in a transaction."""
    store.write("DELETE FROM stamp_failures WHERE authority = :authority", {"authority": stamp.authority})
    return store.write(
        """
        INSERT INTO stamps (size, root, checkpoint, authority, asked_at, gen_time, clock_difference_ms, reply, bytes,
            verified)
        VALUES (:size, :root, :checkpoint, :authority, :asked_at, :gen_time, :clock_difference_ms, :reply, :bytes,
            :verified)
        """,
        asdict(stamp),
    )


def add_signing_key(store: Store, key: UsedKey) -> int | None:
    """Write down that a key signs from now on, and return its number; None if that is known already."""
    known = store.one(
        "SELECT id FROM signing_keys WHERE origin = :origin AND fingerprint = :fingerprint",
        {"origin": key.origin, "fingerprint": key.fingerprint},
    )
    if known:
        return None
    return store.write(
        """
        INSERT INTO signing_keys (origin, fingerprint, public_key, used_since)
        VALUES (:origin, :fingerprint, :public_key, :used_since)
        """,
        asdict(key),
    )


def all_stamps(store: Store) -> dict[int, Stamp]:
    """Return all time stamps by their numbers, the first one first."""
    return {row["id"]: _stamp(row) for row in store.all("SELECT * FROM stamps ORDER BY id")}


def signing_keys(store: Store) -> dict[int, UsedKey]:
    """Return all keys that ever signed a checkpoint, by their numbers."""
    rows = store.all("SELECT * FROM signing_keys ORDER BY id")
    return {row.pop("id"): UsedKey(**row) for row in rows}


def last_signing_key(store: Store) -> UsedKey | None:
    """Return the key that began last to sign checkpoints; None if none ever did."""
    row = store.one("SELECT origin, fingerprint, public_key, used_since FROM signing_keys ORDER BY id DESC LIMIT 1")
    return UsedKey(**row) if row else None


def last_stamp(store: Store) -> Stamp | None:
    """Return the time stamp that was asked for last, from any authority; None if there is none."""
    row = store.one("SELECT * FROM stamps ORDER BY id DESC LIMIT 1")
    return _stamp(row) if row else None


def first_stamp_covering(store: Store, size: int) -> Stamp | None:
    """Return the earliest time stamp of a checkpoint with at least `size` leaves; None if there is none yet."""
    row = store.one("SELECT * FROM stamps WHERE size >= :size ORDER BY gen_time, id LIMIT 1", {"size": size})
    return _stamp(row) if row else None


def last_stamped_size(store: Store) -> int:
    """Return the number of leaves that a time stamp covers; 0 if there is no time stamp yet."""
    row = store.one("SELECT coalesce(max(size), 0) AS size FROM stamps")
    return int(row["size"]) if row else 0


def stamp_turns(store: Store, authorities: Iterable[str]) -> list[StampTurn]:
    """Return for each of these authorities when it is to be asked again, in their order."""
    rows = store.all(
        """
        SELECT asked.value AS authority, attempts, next_attempt_at, since, fault, stamp_failures.clock_difference_ms,
            (SELECT max(asked_at) FROM stamps WHERE stamps.authority = asked.value) AS stamped_at
        FROM json_each(:authorities) AS asked LEFT JOIN stamp_failures ON stamp_failures.authority = asked.value
        ORDER BY asked.key
        """,
        {"authorities": json.dumps(list(authorities))},
    )
    return [StampTurn(**row | {"attempts": row["attempts"] or 0}) for row in rows]


def postpone_stamp(store: Store, authority: str, *, until: str) -> None:
    """Let an authority wait until the time `until`.

    Call this before it is asked: then a program that crashes and restarts does not ask again at once.
    """
    store.write(
        """
        INSERT INTO stamp_failures (authority, attempts, next_attempt_at) VALUES (:authority, 0, :until)
        ON CONFLICT (authority) DO UPDATE SET next_attempt_at = :until
        """,
        {"authority": authority, "until": until},
    )


def note_failed_stamp(
    store: Store, authority: str, *, fault: str, clock_difference_ms: int | None, at: str, until: str
) -> None:
    """Note that an authority gave no time stamp that counts, why, and when it is asked again."""
    store.write(
        """
        INSERT INTO stamp_failures (authority, attempts, next_attempt_at, since, fault, clock_difference_ms)
        VALUES (:authority, 1, :until, :at, :fault, :clock_difference_ms)
        ON CONFLICT (authority) DO UPDATE SET attempts = attempts + 1, next_attempt_at = :until,
            since = coalesce(since, :at), fault = :fault, clock_difference_ms = :clock_difference_ms
        """,
        {
            "authority": authority,
            "fault": fault,
            "clock_difference_ms": clock_difference_ms,
            "at": at,
            "until": until,
        },
    )


def _stamp(row: QueryRow) -> Stamp:
    return Stamp(**{key: value for key, value in row.items() if key != "id"})
