"""What is told in eleven steps of a published list, from a new file to a receiver that refuses, beside three others.

Run `make bench` or `python benchmarks/steps.py [PROGRAM ...]`. A server on this machine publishes a page that links a
spreadsheet of 200 agreements, and takes alerts by webhook. In each step something happens to the page, the file or the
receiver; each program looks, and what it told is held against what is right: the words that an alert must have, and
those that none may have. What monitor tells its operators, such as a version that waits for them, is not judged.
`watchers.py` sets each program up as well as it can. Exits with 1 if monitor is wrong once.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, tell
from publishing import Site, serving
from rivals import MissingRivalError, titled
from told import AT, agreements
from watchers import PROGRAMS, alerted

from monitor.demo import pages, sheets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from watchers import Watcher

    from monitor.demo.sheets import Agreement

PAGE, FILE, NEXT_FILE = (
    "/identify-and-arrest/287g",
    "/participatingAgencies07182025am.xlsx",
    "/participatingAgencies07182025pm.xlsx",
)
WAITING = "/pendingAgencies07182025am.xlsx"
ROWS = 200
NOTICE = "Correction: Due to a data processing error, the list of July 17 named an agency twice."
LINK = "Supplement"  # one word, which no program breaks over two lines
# How often a program looks, where it may have to confirm what it saw, or to send again what was refused.
MORE_LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens, and what is right to tell of it.

    - `right`: what is right, in words.
    - `published`: what is published from now on, by path; None: nothing, so that the answer is 404.
    - `all_of`, `one_of`, `none_of`: words of which all, at least one, and none must be in what is told.
    - `is_quiet`: whether anything told is wrong.
    - `looks`: how often each program looks.
    - `half`: words that show that a part of it was told, and what is then said of that.
    - `failure`: what goes wrong as the change is told: "", `killed` or `refused`.
    - `afterwards`: what is published before the next step, which is not judged.
    """

    title: str
    right: str
    published: Mapping[str, bytes | None] = field(default_factory=dict)
    all_of: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    is_quiet: bool = False
    looks: int = 1
    half: tuple[str, str] | None = None
    failure: str = ""
    afterwards: Mapping[str, bytes | None] = field(default_factory=dict)


def names(rows: Iterable[Agreement]) -> tuple[str, ...]:
    """Return the agencies' names."""
    return tuple(row.agency for row in rows)


def zipped_again(workbook: bytes) -> bytes:
    """Return a workbook with the same files in it, packed in another way."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (2025, 7, 18, 9, 30, 0)), old.read(name))
    return out.getvalue()


def page(files: Sequence[str], *notices: str) -> bytes:
    """Return the agency's page, which links the first file as its own does, and further ones below."""
    content = pages.agreements(AT, participating=files[0], pending=WAITING)
    links = "".join(f'<p><a href="{path}">{LINK}</a></p>' for path in files[1:])
    said = "".join(f"<p>{notice}</p>" for notice in notices)
    return content.replace(b"</main>", f"{links}{said}</main>".encode(), 1)


def begun() -> tuple[Agreement, ...]:
    """Return the list as it is at first: each name once, and no name within another."""
    found: list[Agreement] = []
    for row in agreements():
        if not any(row.agency in other.agency or other.agency in row.agency for other in found):
            found.append(row)
    return tuple(found[:ROWS])


def with_new(rows: tuple[Agreement, ...], agency: str) -> tuple[Agreement, ...]:
    """Return a list with one more agency."""
    return (*rows, replace(rows[0], state="WYOMING", agency=agency, county="Laramie County"))


def steps() -> tuple[dict[str, bytes], tuple[Step, ...]]:
    """Return what is published at first, and the eleven steps."""
    first = begun()
    added, renamed = "Cheyenne Police Department", "Board of Commissioners of Laramie"
    changed = [*with_new(first[:50] + first[51:], added)]
    changed[100] = replace(changed[100], agency=renamed)
    changed[150] = replace(changed[150], signed=date(2025, 6, 1))
    second = tuple(changed)
    touched = (first[50].agency, added, renamed, second[150].agency)
    untouched = tuple({*names(first)} - {*touched, first[101].agency})
    third = with_new(second, "Torrington Police Department")
    fourth = with_new(third, "Gillette Police Department")
    fifth = with_new(fourth, "Evanston Police Department")
    whole, both = sheets.sheet(third), (FILE, NEXT_FILE)
    few = third[: len(third) * 3 // 10]
    published = {
        PAGE: page([FILE]),
        FILE: sheets.sheet(first),
        WAITING: sheets.sheet([replace(first[0], signed=None)], sheets.PENDING_COLUMNS),
    }

    def everywhere(content: bytes | None) -> dict[str, bytes | None]:
        return dict.fromkeys(both, content)

    return published, (
        Step(
            title="the file is replaced",
            right="the four records that changed, and no other",
            published={FILE: sheets.sheet(second)},
            all_of=touched,
            none_of=untouched,
        ),
        Step(
            title="the same rows are zipped again",
            right="nothing",
            published={FILE: zipped_again(sheets.sheet(second))},
            is_quiet=True,
        ),
        Step(
            title="the rows come in another order",
            right="nothing",
            published={FILE: sheets.sheet(second[::-1])},
            is_quiet=True,
        ),
        Step(
            title="the page links a newer file beside the first",
            right="the record that is new in it",
            published={PAGE: page(both), NEXT_FILE: whole},
            all_of=("Torrington Police Department",),
            none_of=untouched,
            half=(LINK, "told the link, and not what is in the file"),
            afterwards=everywhere(whole),
        ),
        Step(
            title="the page has a correction notice",
            right="the notice",
            published={PAGE: page(both, NOTICE)},
            all_of=("Due to a data processing error",),
            none_of=untouched,
        ),
        Step(
            title="a block page comes, with status 200",
            right="no record; that the file can't be read, or nothing",
            published=everywhere(pages.ACCESS_DENIED),
            none_of=names(third),
            looks=MORE_LOOKS,
            afterwards=everywhere(whole),
        ),
        Step(
            title="the file is gone, with status 404",
            right="that it is gone, and no record",
            published=everywhere(None),
            one_of=("404", "not found", "taken down", "withdrawn"),
            none_of=names(third),
            looks=MORE_LOOKS,
        ),
        Step(
            title="the file is back",
            right="that it is back, and no record",
            published=everywhere(whole),
            one_of=("restored", "is back", "error ended", "back again"),
            none_of=names(third),
        ),
        Step(
            title="the file lacks 70 % of its rows",
            right="no record as gone",
            published=everywhere(sheets.sheet(few)),
            none_of=names(third[len(few) :]),
            afterwards=everywhere(whole),
        ),
        Step(
            title="killed after it saw a new record, before that was taken",
            right="the record, when it runs again",
            published=everywhere(sheets.sheet(fourth)),
            failure="killed",
            looks=MORE_LOOKS,
            all_of=("Gillette Police Department",),
        ),
        Step(
            title="refused three times as it tells a new record",
            right="the record, when it is taken",
            published=everywhere(sheets.sheet(fifth)),
            failure="refused",
            looks=MORE_LOOKS,
            all_of=("Evanston Police Department",),
        ),
    )


def fault_of(step: Step, told: Sequence[str]) -> str:
    """Return what is wrong in what a program told of a step; "" if nothing is."""
    text = "\n".join(told)
    if step.is_quiet and told:
        return "told what is no change"
    false = [words for words in step.none_of if words in text]
    if false:
        return f"told of {len(false):,} records of which there is nothing to tell"
    missing = [words for words in step.all_of if words not in text]
    if missing and len(missing) < len(step.all_of):
        return f"did not name {len(missing)} of {len(step.all_of)}"
    if missing or (step.one_of and not any(words in text.lower() for words in step.one_of)):
        if step.half and step.half[0] in text:
            return step.half[1]
        return "told something else" if told else "told nothing"
    return ""


def publish(site: Site, published: Mapping[str, bytes | None]) -> None:
    """Publish files at their paths, or take them down."""
    for path, content in published.items():
        if content is None:
            site.published.pop(path, None)
        else:
            site.published[path] = content


def taken(site: Site, *, silent: bool = False, status: int = 200) -> None:
    """Let the receiver answer alerts with a status, or not at all."""
    with site.changed:
        site.silent, site.status = silent, status
        site.changed.notify_all()


def told_in(step: Step, site: Site, watcher: Watcher) -> list[str]:
    """Take one step with a program, and return the alerts that the receiver took."""
    publish(site, step.published)
    before = alerted(site)
    if step.failure == "killed":
        taken(site, silent=True)
        watcher.look(is_killed=True)
    elif step.failure == "refused":
        taken(site, status=503)
        for _ in range(MORE_LOOKS):
            watcher.look()
    if step.failure:
        taken(site)
        before = alerted(site)
    for _ in range(step.looks):
        watcher.look()
    told = [content.decode("utf-8") for _, content in site.arrived["/hook"][before:]]
    if step.afterwards:
        publish(site, step.afterwards)
        watcher.look()
        watcher.look()
    return [_as_text(content) for content in told]


def _as_text(content: str) -> str:
    """Return an alert's JSON with its letters as they are read."""
    return json.dumps(json.loads(content), ensure_ascii=False)


def walked(program: str, *, is_shown: bool = False) -> list[str]:
    """Take all steps with a program, and return what was wrong in each; "" where nothing was."""
    published, taken_steps = steps()
    site = Site(published=dict(published), arrived={"/hook": [], "/operators": [], "mail": []})
    faults = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(site) as (address, _),
        PROGRAMS[program].started(Path(folder), site, address, PAGE, FILE) as watcher,
    ):
        watcher.look()
        for number, step in enumerate(taken_steps, start=1):
            told = told_in(step, site, watcher)
            faults.append(fault_of(step, told))
            if is_shown:
                print(f"  {number}. {step.title}: {faults[-1] or 'right'}; {len(told)} alerts", flush=True)
                for content in told:
                    print(f"       {content[:1000]}")
    return faults


def table(found: Mapping[str, list[str] | str]) -> str:
    """Return a table of what each program told, step by step."""
    lines = []
    for place, step in enumerate(steps()[1]):
        lines.append(f"{place + 1}. {step.title}; right: {step.right}")
        lines += [
            f"     {program:32} {(faults[place] or 'right') if isinstance(faults, list) else faults}"
            for program, faults in found.items()
        ]
    return "\n".join(lines)


def main(chosen: Sequence[str]) -> int:
    """Take the steps with all programs, print a table, and return 0 if monitor is right in all, else 1."""
    if chosen:
        for program in chosen:
            print(program)
            walked(program, is_shown=True)
        return 0
    found: dict[str, list[str] | str] = {}
    for program in PROGRAMS:
        try:
            found[program] = walked(program)
        except MissingRivalError as fault:
            found[program] = str(fault)
    print(table(found))
    own = found.pop("monitor")
    assert isinstance(own, list)
    held = True
    for program, faults in found.items():
        figure = Figure(
            measure=f"Of {len(own)} steps of a published list, those in which what was told was right",
            unit="steps",
            ours=own.count(""),
            least=len(own),
            rival=titled(PROGRAMS[program].rival),
        )
        if isinstance(faults, str):
            figure = replace(figure, remark=faults)
        else:
            figure = replace(figure, theirs=faults.count(""), remark=_remark(program, faults))
        print(f"monitor {figure.ours:.0f}, {program} {figure.theirs} of {len(own)}")
        held &= tell(figure)
    return 0 if held else 1


def _remark(program: str, faults: Sequence[str]) -> str:
    """Return how a rival was set up, and in which steps it was wrong."""
    wrong = [f"{step.title}: {fault}" for step, fault in zip(steps()[1], faults, strict=True) if fault]
    return f"{PROGRAMS[program].setup}; {'; '.join(wrong) or 'right in all'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
