"""Which changes are still told where the first attempt to tell them came to nothing.

Run `make bench` or `python benchmarks/kept.py`. A spreadsheet is revised again and again. In half of the turns the
program is killed (SIGKILL) while it waits for the webhook's answer; in the other half the webhook answers 503. Then the
program runs on, or is started again. A change is kept if its next alert is right; ours also needs the same id as the
first time. Exits with 1 if we lost a change.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure, tell
from publishing import Site, serving
from rivals import MissingRivalError, titled
from told import COMMANDS, anew, daemon, first_told, make_due, published, works

if TYPE_CHECKING:
    from told import Work

FAILURES = ("the program was killed while telling", "the webhook answered 503 at first")
# Each failure is tried this many times.
TURNS_EACH = 2


def spoiled(site: Site, work: Work, number: int) -> bool:
    """Publish a revision whose first alert will fail, and return whether the program is to be killed."""
    killing = number % len(FAILURES) == 0
    site.published[work.path] = anew(work.before if number % 2 else work.after, number)
    site.silent, site.status = killing, 200 if killing else 503
    return killing


def mended(site: Site) -> None:
    """Let the webhook accept alerts again."""
    with site.changed:
        site.silent, site.status = False, 200
        site.changed.notify_all()


def ours(work: Work) -> Counter[str]:
    """Return the number of changes that the daemon keeps, by the kind of failure."""
    site = Site(published=published(work), arrived={"mail": [], "/hook": []})
    kept: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as temporary, serving(site) as (address, mailbox):
        folder = Path(temporary)
        with daemon(folder, address, mailbox, work.source):
            first_told(folder, work)
        for number in range(TURNS_EACH * len(FAILURES)):
            killing, before = spoiled(site, work, number), len(site.arrived["/hook"])
            make_due(folder, work.source)
            with daemon(folder, address, mailbox, work.source) as process:
                first = site.told("/hook", before + 1)[1]
                if killing:
                    process.kill()
                    process.wait()
                mended(site)
                if not killing:
                    site.told("/hook", before + 2)
            if killing:
                with daemon(folder, address, mailbox, work.source):
                    site.told("/hook", before + 2)
            kept[FAILURES[number % len(FAILURES)]] += _same(work, first, site.arrived["/hook"][before + 1][1])
    return kept


def _same(work: Work, first: bytes, second: bytes) -> bool:
    """Return whether the same alert was sent twice and was right."""
    one, other = (json.loads(content)["data"] for content in (first, second))
    kinds = Counter(entry["kind"] for entry in other["entries"])
    return bool(one["id"] == other["id"] and kinds == work.told)


def theirs(work: Work, rival: str) -> Counter[str]:
    """Return the number of changes that a rival keeps by telling them at its next look, by the kind of failure."""
    site = Site(published=published(work), arrived={"/hook": []})
    kept: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, serving(site) as (address, _):
        command = COMMANDS[rival](Path(folder), address, work)

        def look(*, killing: bool = False) -> None:
            threading.Event().wait(1.1)  # urlwatch counts time in whole seconds
            before = len(site.arrived["/hook"])
            with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                if killing:
                    site.told("/hook", before + 1)
                    process.kill()

        look()
        for number in range(TURNS_EACH * len(FAILURES)):
            killing = spoiled(site, work, number)
            look(killing=killing)
            mended(site)
            before = len(site.arrived["/hook"])
            look()
            later = site.arrived["/hook"][before:]
            kept[FAILURES[number % len(FAILURES)]] += any(work.says in str(json.loads(content)) for _, content in later)
    return kept


def main() -> int:
    """Try all programs, and return 0 if ours kept all changes, else 1."""
    work, held = works()[0], True
    own = ours(work)
    figures = [
        Figure(
            measure=f"Of {TURNS_EACH} changes, told in the end although {way}",
            unit="%",
            ours=100 * own[way] / TURNS_EACH,
            least=100,
        )
        for way in FAILURES
    ]
    print("\n".join(f"monitor: {figure.measure}: {figure.ours:.0f} %" for figure in figures))
    for rival in COMMANDS:
        try:
            found = theirs(work, rival)
            beside = [
                replace(figure, rival=titled(rival), theirs=100 * found[way] / TURNS_EACH)
                for figure, way in zip(figures, FAILURES, strict=True)
            ]
        except MissingRivalError as fault:
            beside = [replace(figure, rival=titled(rival), remark=str(fault)) for figure in figures]
        for figure in beside:
            print(f"  {figure.rival}: {figure.measure}: {figure.theirs} %{figure.remark}")
            held &= tell(figure)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
