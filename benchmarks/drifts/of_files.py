"""Drifts of whole files: cut off, old, encoded otherwise, under another name, or two lists that change together."""

from __future__ import annotations

import codecs
from dataclasses import replace
from typing import TYPE_CHECKING

from drifts.drafts import Draft, Kind
from drifts.grids import GridStyle
from drifts.grounds import PARTICIPATING, PENDING
from drifts.of_cells import AGREEMENTS, ALL, name_of
from monitor.demo.pages import ACCESS_DENIED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drifts.editions import Row
    from drifts.watch import File

EVERY: dict[str, Sequence[str]] = dict.fromkeys(("xlsx", "csv", "table", "offices", "doj", "dhs", "ddor"), ALL)
CSV: dict[str, Sequence[str]] = {"csv": ALL}
LINKED: dict[str, Sequence[str]] = dict.fromkeys(("xlsx", "csv", "offices", "ddor"), ALL)
ON_PENDING: dict[str, Sequence[str]] = {"xlsx": (PENDING,)}
BOTH: dict[str, Sequence[str]] = {"xlsx": (PARTICIPATING, PENDING)}


def old_file_again(draft: Draft) -> None:
    """The file of the version before is served again, byte for byte, by a server that is late."""
    draft.rewrite(lambda _: draft.base.earlier[draft.path].content)


def same_file_again(draft: Draft) -> None:
    """The file is written anew, by another program, and says the same."""


def file_cut_off(draft: Draft) -> None:
    """The file ends after a part of its bytes, and the server says that this is all."""
    share = draft.chance.uniform(0.2, 0.98)
    draft.rewrite(lambda content: content[: int(len(content) * share)])


def refusal_in_place_of_the_file(draft: Draft) -> None:
    """A page says "Access Denied" in place of the file, with status 200."""
    draft.rewrite(lambda _: ACCESS_DENIED, type_="text/html")


def row_in_another_encoding(draft: Draft) -> None:
    """One row of a file in UTF-8 is in cp1252, because it was pasted in."""
    draft.each(lambda row: row.corrected(agency=f"Pe\u00f1asco {row.cells['agency']}"), draft.few(1, 1))

    def pasted(content: bytes) -> bytes:
        lines = content.split(b"\n")
        at = next(index for index, line in enumerate(lines) if "Pe\u00f1asco".encode() in line)
        lines[at] = lines[at].decode().encode("cp1252", "replace")
        return b"\n".join(lines)

    draft.rewrite(pasted)


def csv_in_another_encoding(draft: Draft) -> None:
    """The whole file is in another encoding: cp1252, UTF-16, or UTF-8 with a mark."""
    label = draft.chance.choice(("cp1252", "utf-16", "utf-8-sig"))
    draft.rewrite(lambda content: content.decode().encode(label, "replace"), type_="text/csv")


def csv_by_another_program(draft: Draft) -> None:
    """The file has other separators, quotes or ends of lines."""
    way = draft.chance.randrange(4)
    if way == 0:
        draft.grid.delimiter = draft.chance.choice((";", "\t"))
    elif way == 1:
        draft.rewrite(lambda content: content.replace(b"\n", b"\r\n"))
    elif way == 2:
        draft.rewrite(lambda content: codecs.BOM_UTF8 + content.replace(b"\n", b"\r\n"))
    else:
        draft.rewrite(lambda content: b"\n".join(_quoted(line) for line in content.split(b"\n")))


def _quoted(line: bytes) -> bytes:
    return b",".join(b'"%s"' % cell for cell in line.split(b",")) if line and b'"' not in line else line


def field_missing_in_a_row(draft: Draft) -> None:
    """One row of the file lacks a field in its middle, so that all values after it stand in other columns."""

    def shortened(content: bytes) -> bytes:
        lines = content.split(b"\n")
        at = draft.chance.choice([index for index, line in enumerate(lines[1:], 1) if line and b'"' not in line])
        cells = lines[at].split(b",")
        del cells[draft.chance.choice((1, 2, 3))]
        lines[at] = b",".join(cells)
        return b"\n".join(lines)

    draft.rewrite(shortened)


def trailing_fields_left_out(draft: Draft) -> None:
    """Rows whose last cells are empty end early, as some programs write them."""
    draft.rewrite(lambda content: b"\n".join(line.rstrip(b",") for line in content.split(b"\n")))


def _participating(row: Row, draft: Draft) -> Row:
    """Return a pending agreement as the other list has it, signed."""
    more = {"signed": f"2025-06-{draft.chance.randint(10, 28)}", "moa": "link pending"}
    return replace(row.corrected(**more), id=draft.fresh().id)


def moved_to_the_other_list(draft: Draft) -> None:
    """One to six agencies leave the pending list and stand in the participating one."""
    at = draft.few(1, 6)
    moved = [draft.rows[index] for index in at]
    draft.rows[:] = [row for row in draft.rows if row not in moved]
    draft.new.lists[PARTICIPATING] += [_participating(row, draft) for row in moved]
    draft.touched.add(PARTICIPATING)


def moved_under_other_names(draft: Draft) -> None:
    """One to four agencies leave the pending list and stand in the participating one, spelt a little otherwise."""
    at = draft.few(1, 4)
    moved = [draft.rows[index] for index in at]
    draft.rows[:] = [row for row in draft.rows if row not in moved]
    other = {" Department": " Dept.", " County ": " Co. ", "Sheriff's": "Sheriffs"}
    for row in moved:
        old = next((each for each in other if each in row.cells["agency"]), " ")
        signed = _participating(row, draft)
        draft.new.lists[PARTICIPATING].append(
            signed.corrected(agency=row.cells["agency"].replace(old, other.get(old, "  ")))
        )
    draft.touched.add(PARTICIPATING)


def all_moved_to_the_other_list(draft: Draft) -> None:
    """The pending list has its header and no rows: all its agencies have signed and stand in the other list."""
    draft.new.lists[PARTICIPATING] += [_participating(row, draft) for row in draft.rows]
    draft.rows.clear()
    draft.touched.add(PARTICIPATING)


def lists_under_each_others_names(draft: Draft) -> None:
    """The two files stand at each other's addresses."""
    draft.touched |= {PARTICIPATING, PENDING}

    def exchange(files: dict[str, File]) -> None:
        one, other = f"/{PARTICIPATING}.xlsx", f"/{PENDING}.xlsx"
        files[one], files[other] = files[other], files[one]

    draft.edits.append(exchange)


def other_list_at_the_address(draft: Draft) -> None:
    """The address of one list serves the other, which stands at its own address as well."""
    draft.touched.clear()
    other = PENDING if draft.name == PARTICIPATING else PARTICIPATING

    def exchange(files: dict[str, File]) -> None:
        files[draft.path] = replace(files[draft.path], content=files[f"/{other}.xlsx"].content + b"\n")

    draft.edits.append(exchange)


def pending_list_with_a_column_of_links(draft: Draft) -> None:
    """The pending list gains the column of the participating one, with "link pending" in each row."""
    style = draft.grid
    style.columns.append(("moa", "MOA"))
    style.shown["moa"] = lambda _: "link pending"


def names_and_dates_drift_together(draft: Draft) -> None:
    """All names are in capitals, all records in another order, and a further column stands at the end."""
    draft.each(lambda row: row.printed(**{name_of(row): row.cells[name_of(row)].upper()}))
    draft.chance.shuffle(draft.rows)
    if isinstance(draft.new.style, dict) and isinstance(draft.grid, GridStyle):
        draft.grid.columns.append(("new", "NOTES"))
        draft.grid.shown["new"] = lambda _: "x"


KINDS = (
    Kind(apply=old_file_again, grounds=EVERY, may_hold=True, mixed=False),
    Kind(apply=same_file_again, grounds=EVERY, mixed=False),
    Kind(apply=file_cut_off, grounds=LINKED, may_hold=True),
    Kind(apply=refusal_in_place_of_the_file, grounds=LINKED, may_hold=True),
    Kind(apply=row_in_another_encoding, grounds=CSV),
    Kind(apply=csv_in_another_encoding, grounds=CSV),
    Kind(apply=csv_by_another_program, grounds=CSV),
    Kind(apply=field_missing_in_a_row, grounds=CSV, may_hold=True),
    Kind(apply=trailing_fields_left_out, grounds=CSV),
    Kind(apply=moved_to_the_other_list, grounds=ON_PENDING),
    Kind(apply=moved_under_other_names, grounds=ON_PENDING),
    Kind(apply=all_moved_to_the_other_list, grounds=ON_PENDING),
    Kind(apply=lists_under_each_others_names, grounds=BOTH, may_hold=True),
    Kind(apply=other_list_at_the_address, grounds=BOTH, may_hold=True, mixed=False),
    Kind(apply=pending_list_with_a_column_of_links, grounds=ON_PENDING),
    Kind(apply=names_and_dates_drift_together, grounds=AGREEMENTS | {"offices": ALL, "doj": ALL, "dhs": ALL}),
)
