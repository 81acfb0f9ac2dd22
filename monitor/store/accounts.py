"""Reads and writes the account of each recorded version: which parts of its file no list was read from."""

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
    """Write the account of a version: the parts of its file that no list was read from."""
    account = in_order([asdict(part) for part in passed_over])
    store.write(
        "INSERT INTO accounts (version_id, account) VALUES (:version, :account) "
        "ON CONFLICT (version_id) DO UPDATE SET account = excluded.account",
        {"version": version.id, "account": account},
    )


def account_of(store: Store, version: VersionRow) -> tuple[PassedOver, ...] | None:
    """Return the account of a version: the parts of its file that no list was read from.

    Return None if the version was recorded without an account, as earlier releases of the program did.
    """
    row = store.one("SELECT account FROM accounts WHERE version_id = :version", {"version": version.id})
    if row is None:
        return None
    return tuple(
        PassedOver(**{**part, "kind": PassedOverKind(part["kind"]), "texts": tuple(part["texts"])})
        for part in json.loads(row["account"])
    )
