"""A new edition while drifts are applied to it, and the kinds of drift as a table: how each is applied, and where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from drifts import grounds
from drifts.editions import Change, Edition, Row, true_changes
from drifts.grids import GridStyle
from drifts.reports import ReportStyle

if TYPE_CHECKING:
    import random
    from collections import Counter
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from drifts.grounds import Base
    from drifts.watch import File

PATHS = {"csv": "/participating.csv", "table": "/table", "offices": "/offices.xlsx", "doj": "/doj", "dhs": "/dhs"}
REPORT_PATH = "/ddor2017_01-28to02-03.pdf"


@dataclass(slots=True, kw_only=True)
class Draft:
    """A new edition while drifts are applied to it.

    - `base`: the edition before, and where it is recorded; `new`: the edition that is being made.
    - `touched`: the lists that are published anew.
    - `edits`: what is done to the files once they are written, by path.
    - `lost`: the identities of rows that the file lacks by mistake: they are listed as ever.
    - `written_as`: rows that the file writes otherwise, by identity, because more is drawn over them.
    - `may_hold`: whether holding the new file would be right, too.
    """

    base: Base
    new: Edition
    chance: random.Random
    touched: set[str]
    edits: list[Callable[[dict[str, File]], None]] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)
    written_as: dict[int, Row] = field(default_factory=dict)
    may_hold: bool = False

    @property
    def name(self) -> str:
        """The list that drifts."""
        return self.base.name

    @property
    def rows(self) -> list[Row]:
        """The rows of the list that drifts, in the new edition."""
        return self.new.lists[self.name]

    @property
    def grid(self) -> GridStyle:
        """How the list that drifts is written as a grid."""
        assert isinstance(self.new.style, dict)
        style = self.new.style[self.name]
        assert isinstance(style, GridStyle)
        return style

    @property
    def report(self) -> ReportStyle:
        """How the report is drawn."""
        assert isinstance(self.new.style, ReportStyle)
        return self.new.style

    @property
    def path(self) -> str:
        """The address of the file that drifts."""
        if self.base.ground.name == "xlsx":
            return f"/{self.name}.xlsx"
        return PATHS.get(self.base.ground.name, REPORT_PATH)

    def few(self, least: int, most: int, *, where: Callable[[Row], bool] = lambda _: True) -> list[int]:
        """Return the indexes of a few rows, in order, chosen by chance among those that fit."""
        fitting = [index for index, row in enumerate(self.rows) if where(row)]
        return sorted(self.chance.sample(fitting, min(len(fitting), self.chance.randint(least, most))))

    def each(self, change: Callable[[Row], Row], at: Iterable[int] | None = None) -> None:
        """Replace the rows at these indexes, or all, by what `change` makes of them."""
        for index in range(len(self.rows)) if at is None else at:
            self.rows[index] = change(self.rows[index])

    def lose(self, rows: Iterable[Row]) -> None:
        """Leave rows out of the file by mistake: nothing was removed."""
        self.lost.update(row.id for row in rows)

    def written(self) -> Edition:
        """Return the new edition as the file has it, without the rows that it lacks by mistake."""
        lists = {
            name: [self.written_as.get(row.id, row) for row in rows if row.id not in self.lost]
            for name, rows in self.new.lists.items()
        }
        return Edition(lists=lists, style=self.new.style)

    def fresh(self) -> Row:
        """Return a row that no edition has."""
        return grounds.fresh_row(self.base.ground, (self.new, self.base.old), self.name, self.chance)

    def rewrite(self, change: Callable[[bytes], bytes], *, type_: str | None = None) -> None:
        """Change the bytes of the file that drifts once it is written, and the type that the server gives it."""

        def edit(files: dict[str, File]) -> None:
            file = files[self.path]
            files[self.path] = replace(file, content=change(file.content), type=type_ or file.type)

        self.edits.append(edit)

    def reword(self, change: Callable[[str], str]) -> None:
        """Change the text of the file that drifts once it is written."""
        self.rewrite(lambda content: change(content.decode()).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of drift.

    - `apply`: applies it to a draft; its name and docstring name and explain the kind.
    - `grounds`: the kinds of files that it is tried on, each with the lists that can drift so, or none for all.
    - `may_hold`: whether a hold would be right, too.
    - `mixed`: whether true changes are mixed in.
    - `weight`: how many times as often it has its turn as others.
    """

    apply: Callable[[Draft], None]
    grounds: Mapping[str, Sequence[str]]
    may_hold: bool = False
    mixed: bool = True
    weight: int = 1

    @property
    def name(self) -> str:
        """What the kind is called in the table of results."""
        return self.apply.__name__.replace("_", " ")

    def fits(self, base: Base) -> bool:
        """Return whether the kind can be tried from a base."""
        lists = self.grounds.get(base.ground.name)
        return lists is not None and (not lists or base.name in lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One pair of an old and a new file, with what is true of them."""

    kind: Kind
    base: Base
    files: Mapping[str, File]
    truth: Counter[Change]
    may_hold: bool


def drift(kind: Kind, base: Base, keys: Mapping[str, Sequence[str]], chance: random.Random) -> Drift:
    """Return one drift of a kind from a base: true changes first, then the drift, then the files."""
    ground = base.ground
    new = grounds.copied(base.new if kind.mixed else base.old)
    draft = Draft(base=base, new=new, chance=chance, touched={base.name}, may_hold=kind.may_hold)
    if kind.mixed:
        grounds.change_truly(ground, new, base.name, chance, others=(base.old,))
    kind.apply(draft)
    files = dict(base.files)
    untouched = {f"/{name}.xlsx" for name in new.lists if name not in draft.touched}
    files.update((path, file) for path, file in ground.write(draft.written(), base.at).items() if path not in untouched)
    for edit in draft.edits:
        edit(files)
    return Drift(kind=kind, base=base, files=files, truth=true_changes(base.old, new, keys), may_hold=draft.may_hold)
