"""Tries tests of guards by breaking the guards: a test that does not fail then would not notice a broken guard.

    python tools/mutate.py                   ten of the tests that docs/reliability.md names, drawn by the seed 1
    python tools/mutate.py --seed 7          ten others
    python tools/mutate.py --all             every test for which an edit is stated
    python tools/mutate.py PATH::TEST ...    these

For each test an edit of one line is stated in `tools/broken_guards.py`. The tree is copied to a temporary folder. There
the test must pass; then the line is edited, the test must fail, and the line is put back. One line of the output says
what came of it. The exit status is 1 if a test passed with its guard broken, failed without, or has no edit stated.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools.broken_guards import BROKEN_GUARDS  # noqa: E402 - the script's own folder is no package on the path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.broken_guards import BrokenGuard

NAMED_TEST = re.compile(r"`([\w/]+\.py::test_\w+)`")
MAX_SECONDS = 900  # of one run of a test; a test that has not ended then counts as failed


def named_tests() -> list[str]:
    """Return the tests that `docs/reliability.md` names, each once, in the order of their names."""
    return sorted(set(NAMED_TEST.findall((ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"))))


def drawn(tests: Sequence[str], *, seed: int, count: int) -> list[str]:
    """Return `count` of the tests. The choice depends on the seed, and changes little when tests are added."""
    return sorted(tests, key=lambda test: hashlib.sha256(f"{seed} {test}".encode()).digest())[:count]


def broken(source: str, guard: BrokenGuard) -> str:
    """Return the text of a file with the guard's line edited. Raises ValueError if the line is not there just once."""
    lines = source.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.strip() == guard.line]
    if len(places) != 1:
        raise ValueError(f"{guard.path}: the line {guard.line!r} is there {len(places)} times")
    (place,) = places
    lines[place] = lines[place].replace(guard.line, guard.instead)
    return "".join(lines)


@contextmanager
def copied_tree() -> Iterator[Path]:
    """Give a temporary folder with a copy of the files that git knows, while this lasts."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    with tempfile.TemporaryDirectory(prefix="monitor-mutate-") as folder:
        for name in filter(None, listed.stdout.split("\0")):
            source, target = ROOT / name, Path(folder) / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        yield Path(folder)


def passes(test: str, tree: Path) -> bool:
    """Return whether a test passes in a copy of the tree. It is ended, with all that it started, after some minutes."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-x", "-p", "no:cacheprovider", f"tests/{test}"]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as run:
        try:
            run.communicate(timeout=MAX_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
    return run.returncode == 0


def tried(guard: BrokenGuard, tree: Path) -> tuple[bool, str]:
    """Try a test with its guard whole and with its guard broken; return whether all was right, and what was seen."""
    if not passes(guard.test, tree):
        return False, "FAILS though its guard is whole"
    path = tree / guard.path
    whole = path.read_text(encoding="utf-8")
    path.write_text(broken(whole, guard), encoding="utf-8")
    try:
        notices = not passes(guard.test, tree)
    finally:
        path.write_text(whole, encoding="utf-8")
    return notices, "fails" if notices else "PASSES though its guard is broken"


def main() -> int:
    """Try the tests that were asked for, and print what came of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", nargs="*", metavar="PATH::TEST")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    guards = {guard.test: guard for guard in BROKEN_GUARDS}
    tests = list(guards) if asked.all else asked.tests or drawn(named_tests(), seed=asked.seed, count=asked.count)
    all_right = True
    with copied_tree() as tree:
        for test in tests:
            if test not in guards:
                right, seen = False, "no edit is stated in tools/broken_guards.py"
            else:
                right, seen = tried(guards[test], tree)
            all_right = all_right and right
            print(f"{test}: {seen}", flush=True)
            if test in guards:
                print(f"    {guards[test].path}: {guards[test].line}  ->  {guards[test].instead}", flush=True)
    return 0 if all_right else 1


if __name__ == "__main__":
    sys.exit(main())
