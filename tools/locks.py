"""Pins the packages of each purpose: `python tools/locks.py`, which is what `make lock` does.

One resolution of all that pyproject.toml and `requirements/build.in` ask for comes first, and becomes `dev.lock`: all
that tests need. The other locks are parts of it, so that every package has one version in all of them:

- `build.lock`: what makes a wheel of this program.
- `run.lock`: what the program needs.
- `web.lock`, `apprise.lock` and so on: what an extra needs besides `run.lock`.

Each package comes with the hashes of all its files. With `--keep`, versions that are pinned now stay where they can.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / "requirements"
BUILD = LOCKS / "build.in"
OLDEST_PYTHON = "3.11"
HEADER = "# Made by `make lock`: {purpose}.\n"
ALL, BUILDING, RUN = "dev", "build", "run"
PURPOSES = {
    ALL: "all that the program, its demo and its tests need",
    BUILDING: "what makes a wheel of this program",
    RUN: "what the program needs",
}
BLOCK = re.compile(r"^(?P<name>[a-z0-9][\w.-]*)==.*(?:\n[ \t]+.*)*\n", re.MULTILINE)


def main() -> int:
    """Make all locks; return 0."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="keep the versions that are pinned now")
    keep = parser.parse_args().keep
    pyproject = ROOT / "pyproject.toml"
    extras = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    whole = compiled(pyproject, BUILD, "--all-extras", *([] if keep else ["--upgrade"]), start=LOCKS / f"{ALL}.lock")
    run = part(whole, pyproject)
    locks = {ALL: whole, BUILDING: part(whole, BUILD), RUN: run}
    for extra in extras:
        if extra != ALL:
            packages = part(whole, pyproject, "--extra", extra)
            locks[extra] = {name: block for name, block in packages.items() if name not in run}
    for name, packages in locks.items():
        header = HEADER.format(purpose=PURPOSES.get(name, f"what the extra `{name}` needs besides run.lock"))
        (LOCKS / f"{name}.lock").write_text(header + "".join(packages.values()), encoding="utf-8")
        print(f"requirements/{name}.lock: {len(packages)} packages")  # noqa: T201 - it says what it made
    return 0


def part(whole: dict[str, str], *arguments: str | Path) -> dict[str, str]:
    """Return the packages that a part of the requirements needs, in the versions of the whole; keys are names."""
    with tempfile.TemporaryDirectory() as folder:
        versions = Path(folder, "versions.txt")
        lines = (line.removesuffix(" \\") for block in whole.values() for line in block.splitlines() if line[0] != " ")
        versions.write_text("\n".join(lines), encoding="utf-8")
        names = compiled(*arguments, "--constraints", versions)
    return {name: block for name, block in whole.items() if name in names}


def compiled(*arguments: str | Path, start: Path | None = None) -> dict[str, str]:
    """Resolve requirements for all systems; return each package's lines of a lock by its name.

    A package has several versions where the newest one does not run on each Python.

    `start` is a lock whose versions are kept where nothing forbids it. Exits where uv finds no solution.
    """
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv") or "uv"
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder, "made.lock")
        if start is not None and start.exists():
            shutil.copy(start, lock)
        command = [
            *(uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate"),
            *("--no-emit-index-url", "--no-emit-find-links", "--python-version", OLDEST_PYTHON),
            *("--output-file", lock, *arguments),
        ]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - uv
        text = lock.read_text(encoding="utf-8")
    blocks: dict[str, str] = {}
    for match in BLOCK.finditer(text):
        blocks[match["name"]] = blocks.get(match["name"], "") + match[0]
    return blocks


if __name__ == "__main__":
    sys.exit(main())
