"""Keeps the account of one file while it is read: the parts that no list took, and the reasons to doubt the reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.extract.values import folded
from monitor.model import PassedOver, PassedOverKind, Suspicion, SuspicionKind

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of one part, at most so many texts are kept, each with at most so many characters.
MAX_PASSED_TEXTS = 2_000
MAX_PASSED_CHARACTERS = 200
# At most so many parts of one file are accounted for.
MAX_PASSED_PARTS = 500


@dataclass(slots=True)
class Account:
    """The account of one file, which its reader fills in while it reads.

    A part that is passed over is no fault in itself: the page may always have had it. The second step compares the
    account with that of the version before. A suspicion holds the version each time, until a person believes it.

    `charset` is the encoding that the server named for the file, or None.
    """

    charset: str | None = None
    taken: set[str] = field(default_factory=set)  # the titles of the tables that a list was read from
    parts: dict[tuple[PassedOverKind, str], PassedOver] = field(default_factory=dict)
    suspicions: list[Suspicion] = field(default_factory=list)

    def pass_over(
        self,
        kind: PassedOverKind,
        where: str,
        texts: Iterable[str] = (),
        *,
        message: str,
        holds: bool = False,
        list_name: str | None = None,
    ) -> None:
        """Account for a part of the file that no list took.

        - `where` tells the part from others of its kind, in each version alike: a heading, the name of a sheet.
        - `texts` are the texts of its items, rows or cells.
        - `message` says in one sentence what was passed over, for a person.
        - `holds` says that it could hold records, so that a version where it is new must wait for a person.
        - `list_name` is the list whose table or heading it belongs to.
        """
        where = folded(f"{list_name}: {where}" if list_name else where)[:MAX_PASSED_CHARACTERS]
        kept = tuple(
            folded(text)[:MAX_PASSED_CHARACTERS] for _, text in zip(range(MAX_PASSED_TEXTS), texts, strict=False)
        )
        before = self.parts.get((kind, where))
        if before:
            kept, holds = (before.texts + kept)[:MAX_PASSED_TEXTS], holds or before.holds
        elif len(self.parts) >= MAX_PASSED_PARTS:
            return
        self.parts[kind, where] = PassedOver(
            kind=kind, where=where, texts=kept, message=message, holds=holds, list_name=list_name
        )

    def suspect(
        self, message: str, *, list_name: str | None = None, kind: SuspicionKind = SuspicionKind.LAYOUT
    ) -> None:
        """Note a reason for which the file, as it was read, must be held until a person believes it.

        `list_name` is the list that was perhaps misread; None means the whole file.
        """
        self.suspicions.append(Suspicion(kind=kind, list_name=list_name, message=message))
