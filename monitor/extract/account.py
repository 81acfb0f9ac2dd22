"""The account of a file: while it is read, notes which parts were read into no list, and why it may be misread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    """The account of one file; the code that reads the file fills it in.

    It has the parts of the file that were read into no list, and the suspicions: reasons to think that the file was
    misread. An unread part is no fault in itself, since the file may always have had it; the second step compares the
    account with that of the version before. But a version with a suspicion is held each time, until a person believes
    it.

    - `charset`: the encoding that the server named for the file, or None.
    - `url`: the address of the file, or "".
    - `taken`: the titles of the tables that a list was read from.
    - `prose`: texts beside the lists, such as titles and paragraphs.
    - `parts`: the parts that were read into no list, by their kind and place. `suspicions`: the suspicions.
    """

    charset: str | None = None
    url: str = ""
    taken: set[str] = field(default_factory=set)  # the titles of the tables that a list was read from
    prose: list[str] = field(default_factory=list)
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
        """Note a part of the file that was read into no list.

        - `kind`, `where`: the kind of part, and what tells it from other parts of that kind, in the same way in each
          version: a heading, the name of a sheet.
        - `texts`: the texts of its items, rows or cells.
        - `message`: a sentence for a person that says what was passed over.
        - `holds`: whether it could have records. If so, a version in which it is new is held for a person.
        - `list_name`: the list whose table or heading it belongs to, or None.
        """
        where = folded(f"{list_name}: {where}" if list_name else where)[:MAX_PASSED_CHARACTERS]
        kept = tuple(
            folded(text)[:MAX_PASSED_CHARACTERS] for _, text in zip(range(MAX_PASSED_TEXTS), texts, strict=False)
        )
        self.add(PassedOver(kind=kind, where=where, texts=kept, message=message, holds=holds, list_name=list_name))

    def add(self, passed: PassedOver) -> None:
        """Note a part of the file as another account has it; parts of one kind and place become one."""
        before = self.parts.get((passed.kind, passed.where))
        if before:
            texts, holds = (before.texts + passed.texts)[:MAX_PASSED_TEXTS], passed.holds or before.holds
            passed = replace(passed, texts=texts, holds=holds)
        elif len(self.parts) >= MAX_PASSED_PARTS:
            return
        self.parts[passed.kind, passed.where] = passed

    def suspect(
        self, message: str, *, list_name: str | None = None, kind: SuspicionKind = SuspicionKind.LAYOUT
    ) -> None:
        """Note a reason to think that the file was misread. The version is held until a person believes it.

        `message` is a sentence, and `list_name` the list that was perhaps misread; None means the whole file.
        """
        self.suspicions.append(Suspicion(kind=kind, list_name=list_name, message=message))
