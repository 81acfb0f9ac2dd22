"""What an alert says, in plain words: subject and text. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from monitor.jurisdictions.states import STATES, code_of
from monitor.model import AmendmentKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.rows import VersionRow

TOLD = (AmendmentKind.ADDED, AmendmentKind.REMOVED, AmendmentKind.CORRECTED)
MARKS = {AmendmentKind.ADDED: "+", AmendmentKind.REMOVED: "-", AmendmentKind.CORRECTED: "~"}
LINE = 120  # characters of a value that one line shows
ALIKE = 3  # so many corrections from one value to the same other are told as one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert: a subject of one line, and a text."""

    subject: str
    body: str


def message(
    title: str,
    *,
    version: VersionRow,
    earlier: VersionRow | None,
    entries: Sequence[Mapping[str, Any]],
    first: Mapping[str, int],
    head: str,
) -> Message | None:
    """The alert for one recorded version, or None where there is nothing to tell.

    `entries` are its amendments as the change log prints them; corrections of minor fields alone are not told. A list
    that is seen for the first time (`first`: its records by list) is one line, whatever its size.
    """
    told = [entry for entry in entries if entry["kind"] in TOLD and not entry["minor"]]
    seen = ", ".join(f"{count} in {each}" for each, count in first.items() if count)
    if not told and not seen:
        return None
    lines = list(_told(told))
    if told and seen:
        lines.append(f"* first seen: {seen}")
    lines += ["", *_provenance(version, earlier, head)] if lines else _provenance(version, earlier, head)
    lists = {entry["list"] for entry in told}
    where = f"{title}, {next(iter(lists))}" if len(lists) == 1 else title
    return Message(subject=f"{where}: {_summary(told) or f'first seen, {seen}'}", body="\n".join(lines))


def withdrawal(title: str, *, version: VersionRow, kind: AmendmentKind, at: str, head: str) -> Message:
    """The alert for a report that was taken down, or that came back."""
    what = "taken down" if kind == AmendmentKind.WITHDRAWN else "back again"
    return Message(
        subject=f"{title}: {version.report} was {what}" if kind == AmendmentKind.WITHDRAWN else f"{title}: {what}",
        body="\n".join((f"Noted {at}. Its last version stays in the archive.", *_provenance(version, None, head))),
    )


def _summary(told: Sequence[Mapping[str, Any]]) -> str:
    """`2 added, 1 corrected in Texas`."""
    counts = Counter(entry["kind"] for entry in told)
    states = {_state(entry) for entry in told}
    place = next(iter(states)) if len(states) == 1 else None
    said = ", ".join(f"{counts[kind]} {kind}" for kind in TOLD if counts[kind])
    return f"{said} in {STATES[place][0]}" if place else said


def _state(entry: Mapping[str, Any]) -> str | None:
    if entry["jurisdiction"]:
        return str(entry["jurisdiction"]["state"])
    return code_of((entry["after"] or entry["before"]).get("state"))


def _told(told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each amendment as a line; corrections from one value to the same other together."""
    alike: dict[tuple[object, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for entry in told:
        alike[_sameness(entry)].append(entry)
    for group in alike.values():
        if group[0]["kind"] == AmendmentKind.CORRECTED and len(group) >= ALIKE:
            yield f"~ {group[0]['list']}: {len(group)} records: {_changes(group[0])}"
        else:
            yield from (line(entry) for entry in group)


def _sameness(entry: Mapping[str, Any]) -> tuple[object, ...]:
    if entry["kind"] != AmendmentKind.CORRECTED:
        return (entry["list"], entry["kind"])
    values = (v for field in entry["fields"] for v in (entry["before"].get(field), entry["after"].get(field)))
    return (entry["list"], entry["kind"], *entry["fields"], *values)


def line(entry: Mapping[str, Any]) -> str:
    """One amendment in one line."""
    mark = MARKS.get(entry["kind"], "*")
    if entry["kind"] == AmendmentKind.CORRECTED:
        back = f" (takes back entry {entry['reverts']})" if entry["reverts"] else ""
        return f"{mark} {entry['list']}: {name(entry['before'])}: {_changes(entry)}{back}"
    return f"{mark} {entry['list']}: {name(entry['after'] or entry['before'])}"


def name(values: Mapping[str, str]) -> str:
    """A record in few words: its first values, without links, each of one line and no longer than a line."""
    said = [value.split("\n", maxsplit=1)[0] for value in values.values() if value and "://" not in value]
    return " | ".join(shorten(value, LINE, placeholder=" ...") for value in said[:5])


def _changes(entry: Mapping[str, Any]) -> str:
    said = []
    for field in entry["fields"]:
        old, new = entry["before"].get(field) or "(empty)", entry["after"].get(field) or "(empty)"
        said.append(f"{field} {old!r} -> {new!r}")
    return f"{'; '.join(said)} [{entry['reason']}]"


def _provenance(version: VersionRow, earlier: VersionRow | None, head: str) -> Iterator[str]:
    """Which files say so, and how to check it."""
    yield f"{_replacement(version, earlier)}, seen {version.captured_at}"
    yield f"  {version.url}"
    yield f"  SHA-256 {version.sha256}"
    if earlier:
        yield f"before: {earlier.file_name}, last seen {earlier.last_seen_at}"
        yield f"  SHA-256 {earlier.sha256}"
    yield f"change log head {head}"


def _replacement(version: VersionRow, earlier: VersionRow | None) -> str:
    if version.kind == "page":
        return "page"
    if earlier is None or earlier.url != version.url:
        return f"new file {version.file_name}"
    return f"silent replacement of {version.file_name}, at the same address"
