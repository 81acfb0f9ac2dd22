"""What an alert says, made from the entries of the change log and the versions they come from. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from monitor.alerts.message import Change, Evidence, File, Item, Message
from monitor.jurisdictions.states import STATES, code_of
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.store.rows import VersionRow

COUNTED = (
    AmendmentKind.ADDED,
    AmendmentKind.REMOVED,
    AmendmentKind.CORRECTED,
    AmendmentKind.WITHDRAWN,
    AmendmentKind.RESTORED,
    AmendmentKind.COSMETIC,
    AmendmentKind.REFORMATTED,
)
TURNED = {AmendmentKind.WITHDRAWN: "was taken down", AmendmentKind.RESTORED: "is back again"}
ALIKE = 3  # so many corrections from one value to the same other are told as one
FEW_WORDS = 5  # values of a record that say which one it is


def subject(entries: Sequence[Mapping[str, Any]], *, titles: Mapping[str, str], first: Mapping[str, int]) -> str:
    """`ICE 287(g) agreements, participating: 2 added, 1 corrected in Texas`: all that fits into one line."""
    sources = list(dict.fromkeys(entry["source"] for entry in entries))
    lists = {entry["list"] for entry in entries}
    where = titles.get(sources[0], sources[0]) if len(sources) == 1 else f"{len(sources)} sources"
    if not sources:
        where = ", ".join(titles.values())
    elif len(sources) == 1 and len(lists) == 1 and entries[0]["list"]:
        where = f"{where}, {entries[0]['list']}"
    counts = Counter(entry["kind"] for entry in entries)
    said = [f"{counts[kind]} {kind}" for kind in COUNTED if counts[kind]]
    seen = ", ".join(f"{count} in {name}" for name, count in first.items() if count)
    if not said:
        return f"{where}: first seen, {seen}"
    if all(entry["list"] is None for entry in entries):
        turned = dict.fromkeys((f"{entry['report']} {TURNED[entry['kind']]}") for entry in entries)
        return f"{where}: {', '.join(turned)}"
    states = {_state(entry) for entry in entries}
    place = next(iter(states)) if len(states) == 1 else None
    return f"{where}: {', '.join(said)}" + (f" in {STATES[place][0]}" if place else "")


def _state(entry: Mapping[str, Any]) -> str | None:
    if entry["jurisdiction"]:
        return str(entry["jurisdiction"]["state"])
    return code_of((entry["after"] or entry["before"] or {}).get("state"))


def items(entries: Iterable[Mapping[str, Any]], *, doubts: Mapping[int, tuple[str, ...]]) -> tuple[Item, ...]:
    """Each entry as an item, corrections from one value to the same other together; `doubts` by entry number."""
    groups: dict[tuple[object, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for entry in entries:
        groups[_sameness(entry)].append(entry)
    found: list[Item] = []
    for group in groups.values():
        if group[0]["kind"] == AmendmentKind.CORRECTED and len(group) >= ALIKE:
            found.append(_together(group, doubts))
        else:
            found.extend(_item(entry, doubts) for entry in group)
    return tuple(sorted(found, key=lambda item: (COUNTED.index(item.kind), item.entries)))


def _sameness(entry: Mapping[str, Any]) -> tuple[object, ...]:
    if entry["kind"] != AmendmentKind.CORRECTED:
        return (entry["id"],)
    values = (v for field in entry["fields"] for v in (entry["before"].get(field), entry["after"].get(field)))
    return (entry["source"], entry["report"], entry["list"], *entry["fields"], *values)


def _item(entry: Mapping[str, Any], doubts: Mapping[int, tuple[str, ...]]) -> Item:
    told = entry["after"] or entry["before"] or {}
    if not told:
        what = entry["report"] if not entry["list"] else f"{entry['reason']}: {', '.join(entry['fields'])}"
    else:
        what = name(told)
    return Item(
        kind=AmendmentKind(entry["kind"]),
        list=_list_of(entry),
        entries=(entry["id"],),
        place=_place(entry),
        what=what,
        changes=_changes(entry),
        reason=entry["reason"] or "",
        takes_back=entry["reverts"],
        doubts=doubts.get(entry["id"], ()),
    )


def _list_of(entry: Mapping[str, Any]) -> str:
    return "/".join(part for part in (entry["source"], entry["list"]) if part)


def _together(group: Sequence[Mapping[str, Any]], doubts: Mapping[int, tuple[str, ...]]) -> Item:
    """Corrections that say the same, as one item."""
    places = {_place(entry) for entry in group}
    said = tuple(dict.fromkeys(doubt for entry in group for doubt in doubts.get(entry["id"], ())))
    return Item(
        kind=AmendmentKind.CORRECTED,
        list=_list_of(group[0]),
        entries=tuple(entry["id"] for entry in group),
        place=next(iter(places)) if len(places) == 1 else "",
        what="",
        changes=_changes(group[0]),
        reason=group[0]["reason"] or "",
        doubts=said,
    )


def _place(entry: Mapping[str, Any]) -> str:
    """`Texas, Travis County`; the state alone where that is all that is known."""
    place = entry["jurisdiction"]
    if place is None:
        state = _state(entry)
        return STATES[state][0] if state else ""
    state = STATES[place["state"]][0]
    return state if place["level"] == "state" else f"{state}, {place['name']}"


def name(values: Mapping[str, str]) -> str:
    """A record in few words: its first values, without links, each of one line and once."""
    said = [value.split("\n", maxsplit=1)[0] for value in values.values() if value and "://" not in value]
    return " | ".join(list(dict.fromkeys(said))[:FEW_WORDS])


def _changes(entry: Mapping[str, Any]) -> tuple[Change, ...]:
    if entry["before"] is None or entry["after"] is None:
        return ()
    return tuple(
        Change(field=field, before=entry["before"].get(field) or "", after=entry["after"].get(field) or "")
        for field in entry["fields"]
    )


def evidence(version: VersionRow, before: VersionRow | None, *, page: str, kept: Mapping[str, str]) -> Evidence:
    """Which file is spoken of, and which one it followed; `kept` are the paths of kept bytes by SHA-256."""
    return Evidence(
        source=version.source,
        report=version.report_key,
        page=page,
        file=_file(version, kept),
        before=_file(before, kept) if before else None,
    )


def _file(version: VersionRow, kept: Mapping[str, str]) -> File:
    return File(
        name=version.file_name,
        url=version.url,
        sha256=version.sha256,
        captured_at=version.captured_at,
        last_seen_at=version.last_seen_at,
        last_modified=version.last_modified or "",
        kept=kept.get(version.sha256, ""),
    )


def _notes(entries: Sequence[Mapping[str, Any]], *, seen: str, doubtful: int) -> Iterator[str]:
    """Lines of plain words before the items: lists first seen, doubts, doubts that were mended."""
    if seen:
        yield f"first seen: {seen}"
    if doubtful:
        yield f"{doubtful} of these records {'is' if doubtful == 1 else 'are'} doubtful, and marked so"
    for entry in entries:
        if resolved := entry["resolves_doubt"]:
            field, value, noted = resolved["field"], resolved["value"], resolved["noted_at"]
            yield f"entry {entry['id']} resolves a doubt noted on {noted[:10]}: {field} {value!r}"


def message(
    entries: Sequence[Mapping[str, Any]],
    *,
    key: str,
    subscription: str,
    created_at: str,
    titles: Mapping[str, str],
    first: Mapping[str, int],
    found: tuple[Evidence, ...],
    head: str,
    log: str,
    doubts: Mapping[int, tuple[str, ...]],
) -> Message:
    """One alert. `first` are the lists seen for the first time, with their records: told as a line, not one by one."""
    seen = ", ".join(f"{count} in {each}" for each, count in first.items() if count)
    threads = list(dict.fromkeys(f"{each.source}/{each.report}" for each in found))
    return Message(
        id=key,
        subscription=subscription,
        thread=threads[0] if len(threads) == 1 else subscription,
        subject=subject(entries, titles=titles, first=first),
        created_at=created_at,
        notes=tuple(_notes(entries, seen=seen, doubtful=len(doubts))),
        items=items(entries, doubts=doubts),
        evidence=found,
        entries=tuple(entries),
        head=head,
        log=log,
    )
