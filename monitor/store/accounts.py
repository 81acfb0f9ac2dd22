"""The accounts of recorded versions: which parts of each file no list took."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from monitor.model import PassedOver, PassedOverKind
from monitor.store.rows import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.store.database import Store
    from monitor.store.rows import VersionRow


def note_account(store: Store, version: VersionRow, passed_over: Sequence[PassedOver]) -> None:
    """Write which parts of a version's file no list took."""
    account = in_order([asdict(part) for part in passed_over])
    store.write(
        "INSERT INTO accounts (version_id, account) VALUES (:version, :account) "
        "ON CONFLICT (version_id) DO UPDATE SET account = excluded.account",
        {"version": version.id, "account": account},
    )


def account_of(store: Store, version: VersionRow) -> tuple[PassedOver, ...] | None:
    """Return which parts of a version's file no list took; None where it was recorded without an account."""
    row = store.one("SELECT account FROM accounts WHERE version_id = :version", {"version": version.id})
    if row is None:
        return None
    return tuple(
        PassedOver(**{**part, "kind": PassedOverKind(part["kind"]), "texts": tuple(part["texts"])})
        for part in json.loads(row["account"])
    )
