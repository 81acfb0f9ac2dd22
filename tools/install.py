"""Makes an environment with pinned packages and this program in it, and says meanwhile what it does.

`make setup` and `make install-systemd` run it, with the Python that the environment is to have. It takes uv where that
is installed, else `python -m venv` and pip; nothing else is needed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lean import lean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / "requirements"
PINNED = re.compile(r"^([a-z0-9][\w.-]*)==", re.MULTILINE)
# What pip says of each package: of one that it fetches, and of one that lies here as a file.
COLLECTING = re.compile(r"^(?:Collecting|Processing) (?:\S*/)?([\w.-]+?)(?:==|-\d|\s)")
EACH = 20  # packages after which a line is written where no terminal rewrites one
SCRIPTS = "bin"
MIN_PYTHON = (3, 11)


class InstallError(Exception):
    """The environment can't be made; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment to be made.

    - `folder`: where it is made. `final`: where it is to lie in the end.
    - `uv`: the path of uv; None to use pip.
    """

    folder: Path
    final: Path
    uv: str | None

    @property
    def python(self) -> Path:
        """Return the path of the environment's Python."""
        return self.folder / SCRIPTS / "python"

    def make(self) -> None:
        """Make the empty environment, if it is not there; one without pip, as uv and others make it, is made anew."""
        if self.uv:
            run([self.uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, self.folder])
        elif not (self.folder / SCRIPTS / "pip").exists():
            anew = ["--clear"] if (self.folder / "pyvenv.cfg").exists() else []
            try:
                run([sys.executable, "-m", "venv", *anew, self.folder])
            except InstallError as fault:
                raise InstallError(f"{fault}\nOn Debian: apt-get install python3-venv") from fault

    def install(self, *what: str | Path) -> None:
        """Install packages, as the arguments of `pip install` name them."""
        if self.uv:
            run([self.uv, "pip", "install", *self._loud(), "--python", self.python, *what])
            return
        pip = [self.python, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", *what]
        at_once = os.environ | {"PYTHONUNBUFFERED": "1"}  # or its lines come by the hundred
        with subprocess.Popen(pip, stdout=subprocess.PIPE, text=True, env=at_once) as process:  # noqa: S603 - pip
            assert process.stdout is not None
            show(process.stdout)
        if process.returncode:
            raise InstallError("pip could not install the packages; what it said stands above")

    @staticmethod
    def _loud() -> Sequence[str]:
        """Return the options by which uv draws its progress where someone looks at it, and else is silent."""
        return [] if sys.stderr.isatty() else ["--quiet"]

    def compile(self) -> None:
        """Compile all modules, so that the first start is fast, with the names of files where they will lie."""
        library = self.folder / "lib"
        run(
            [self.python, "-m", "compileall", "-q", "-j", "0", "-s", self.folder, "-p", self.final, library], quiet=True
        )

    def move(self) -> None:
        """Write the place where the environment is to lie into its scripts."""
        for script in sorted((self.folder / SCRIPTS).iterdir()):
            if script.is_file() and not script.is_symlink():
                content = script.read_bytes()
                if (there := os.fsencode(self.folder)) in content and b"\0" not in content:
                    script.write_bytes(content.replace(there, os.fsencode(self.final)))


def run(command: Sequence[str | Path], *, quiet: bool = False) -> None:
    """Run a command to its end; raises InstallError if it fails, unless it is `quiet`."""
    ran = subprocess.run(command, check=False)  # noqa: S603 - tools of this machine
    if ran.returncode and not quiet:
        raise InstallError(f"{' '.join(map(str, command[:3]))}: ended with {ran.returncode}")


def show(lines: Iterable[str]) -> None:
    """Show which package pip is at: in one line of a terminal, else now and then."""
    for number, name in enumerate(packages(lines), start=1):
        if sys.stdout.isatty():
            print(f"\r      {number}: {name:<40.40}", end="", flush=True)  # noqa: T201 - progress
        elif number % EACH == 0:
            print(f"      {number}: {name}", flush=True)  # noqa: T201 - progress
    if sys.stdout.isatty():
        print()  # noqa: T201 - progress


def packages(lines: Iterable[str]) -> Iterator[str]:
    """Yield the name of each package that pip begins with, by the lines that it prints."""
    for line in lines:
        if found := COLLECTING.match(line):
            yield found[1]
        elif line.startswith("Installing collected packages"):
            yield "all are here, and are being unpacked"
        elif line.startswith(("ERROR", "error")):
            print(line, end="", file=sys.stderr)  # noqa: T201 - what pip says


def pinned(names: Iterable[str]) -> set[str]:
    """Return the names of all packages that the named locks pin."""
    return {found for name in names for found in PINNED.findall((LOCKS / f"{name}.lock").read_text(encoding="utf-8"))}


def asked_for(python: Path, config: Path | None) -> list[str]:
    """Return the extras that a configuration needs; none if there is no such file, or it has faults."""
    if config is None or not config.exists():
        return []
    asked = subprocess.run(  # noqa: S603 - the program that was installed
        [python, "-m", "monitor", "--config", config, "config", "extras"], check=False, capture_output=True, text=True
    )
    if asked.returncode:
        say(f"{config} has faults, so that nobody can tell which extras it needs:\n{asked.stderr.strip()}")
        return []
    return asked.stdout.split()


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - it says what it does


def install(asked: argparse.Namespace) -> None:
    """Make the environment that the options describe. Raises InstallError."""
    if sys.version_info < MIN_PYTHON:
        raise InstallError(f"{sys.executable} is Python {sys.version.split()[0]}; say PYTHON=, and name 3.11 or later")
    began = time.monotonic()
    folder = asked.folder.absolute()
    made = Environment(folder=folder, final=asked.final or folder, uv=None if asked.pip else shutil.which("uv"))
    tool = "uv" if made.uv else "venv and pip"
    say(f"1/4 an environment in {made.final}, by {tool}")
    made.make()
    names = asked.locks.split(",")
    say(f"2/4 {len(pinned(names))} packages of requirements/: {', '.join(names)}")
    made.install("--require-hashes", *_locks(names))
    say(f"3/4 {'monitor itself' if asked.what else 'nothing else'}")
    if asked.what:
        how = ["--no-build-isolation", "--editable"] if asked.editable else ["--reinstall-package", "monitor"]
        how = how if made.uv or asked.editable else ["--force-reinstall"]
        made.install("--no-deps", *how, asked.what)
    if extras := [name for name in asked_for(made.python, asked.config) if name not in names]:
        say(f"    the configuration needs more: {', '.join(extras)}")
        made.install("--require-hashes", *_locks([*names, *extras]))
    say("4/4 compiled, so that it starts fast")
    if asked.lean:
        lean(folder)
    made.move()
    made.compile()
    say(f"    ready after {time.monotonic() - began:.0f} s")


def _locks(names: Iterable[str]) -> list[str | Path]:
    return [word for name in names for word in ("--requirement", LOCKS / f"{name}.lock")]


def main() -> int:
    """Make the environment; return 0, or 1 with a message where it can't be made."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the folder of the environment")
    parser.add_argument("what", nargs="?", help="the wheel of this program, or its folder with --editable")
    parser.add_argument("--locks", default="run", help="locks of requirements/, with commas between them")
    parser.add_argument("--editable", action="store_true", help="run the program from its folder")
    parser.add_argument("--lean", action="store_true", help="take out what the service never uses")
    parser.add_argument("--final", type=Path, help="where the environment is to lie in the end")
    parser.add_argument("--config", type=Path, help="the configuration whose extras are installed as well")
    parser.add_argument("--pip", action="store_true", help="take pip also where uv is installed")
    try:
        install(parser.parse_args())
    except InstallError as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - the message
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
