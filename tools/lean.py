"""Takes out of an environment what the service never uses: `python tools/lean.py FOLDER`.

`make install-systemd` and `make deb` run it on the environment that they make. What goes stands in the tables below,
with the reason. The lists of files that each package brings (RECORD) are corrected, so that they stay true.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import re
import shutil
import subprocess
import sys
import zoneinfo
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Packages that others ask for, and that nothing here loads.
UNUSED_PACKAGES = {
    "pip": "installs packages, which is done before",
    "setuptools": "comes with some kinds of environment",
    "markdown-it-py": "rich asks for it, to show Markdown",
    "mdurl": "the same",
    "pygments": "rich asks for it, to colour program code",
    "pycparser": "cffi asks for it, to read declarations of C",
    "tzdata": "time zones, which the system has itself",
}
# Files in the folder of packages, as patterns of their paths.
UNUSED_FILES = {
    "../../../bin/[!m]*": "commands of other packages",
    "*/tests/*": "tests of packages",
    "*.pyi": "types, for type checkers",
    "*.pxd": "declarations and code for compilers, here and below",
    "*.pyx": "",
    "*.pxi": "",
    "*.h": "",
    "*.hpp": "",
    "*.c": "",
    "*.a": "",
    "numpy/f2py/*": "compiles Fortran",
    "numpy/distutils/*": "compiles C",
    "numpy/random/*": "random numbers, which nothing here draws by numpy",
    "numpy/polynomial/*": "polynomials",
    "numpy/_core/_simd.*": "tests of numpy, here and below",
    "numpy/_core/*_tests.*": "",
    "lxml/objectify.*": "another way to use lxml",
    "lxml/isoschematron/*": "checks XML by Schematron",
    "lxml/includes/*": "declarations for compilers",
    "lxml/html/diff.*": "compares HTML",
    "lxml/html/_difflib.*": "the same",
    "PIL/_avif.*": "reads and writes AVIF; nothing but PNG is written here",
    "pillow.libs/libavif*": "the same",
    "PIL/_imagingcms.*": "colour profiles",
    "pillow.libs/liblcms2*": "the same",
    "spellchecker/resources/[!e]*.json.gz": "words of languages other than English, here and below",
    "spellchecker/resources/e[!n]*.json.gz": "",
}
# What tools leave in the folder of an environment.
UNUSED_PAPERS = (".lock", ".gitignore", "CACHEDIR.TAG", "bin/*activate*", "bin/*.bat")
LIBRARY = re.compile(r"\.so(?:\.[\d.]+)?$")
LOADS = "import ctypes, sys; ctypes.PyDLL(sys.argv[1])"
SCRIPTS = "bin"
COMPILED = "__pycache__"


def lean(folder: Path) -> None:
    """Take out of the environment in `folder` what the service never uses."""
    python = folder / SCRIPTS / "python"
    asked = subprocess.run(  # noqa: S603 - the environment's own Python
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True
    )
    packages = Path(asked.stdout.decode().strip())
    for name in UNUSED_PACKAGES:
        if name != "tzdata" or any(Path(each, "UTC").exists() for each in zoneinfo.TZPATH):
            _take_out_package(packages, name)
    for info in sorted(packages.glob("*.dist-info")):
        _take_out_files(packages, info)
    for pattern in UNUSED_PAPERS:
        for path in folder.glob(pattern):
            path.unlink()
    for old in sorted(folder.rglob(COMPILED)):
        shutil.rmtree(old)  # compiled anew afterwards, with the names of files where they are to lie
    strip = shutil.which("strip")
    if strip is None:
        print("strip, of the package binutils, is not installed: libraries keep 13 MB for debuggers")  # noqa: T201
    else:
        _strip(packages, python, strip)
    _remove_empty(packages)


def _take_out_package(packages: Path, name: str) -> None:
    """Remove a package with all of its files, if it is there."""
    for info in packages.glob("*.dist-info"):
        if info.name.partition("-")[0].replace("_", "-").lower() == name:
            for row in _rows(info / "RECORD"):
                (packages / row[0]).unlink(missing_ok=True)
            shutil.rmtree(info, ignore_errors=True)


def _take_out_files(packages: Path, info: Path) -> None:
    """Remove the files of a package that are never used, and their lines in its RECORD."""
    kept = []
    for row in _rows(info / "RECORD"):
        if any(fnmatch(row[0], pattern) for pattern in UNUSED_FILES):
            (packages / row[0]).unlink(missing_ok=True)
        else:
            kept.append(row)
    _write_record(info / "RECORD", kept)


def _rows(record: Path) -> list[list[str]]:
    """Return the rows of a RECORD: the path of a file from the folder of packages, its hash, its size."""
    return [row for row in csv.reader(io.StringIO(record.read_text(encoding="utf-8"))) if row]


def _write_record(record: Path, rows: Iterable[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(row for row in rows if COMPILED not in row[0])
    record.unlink()  # it may be one file with uv's cache
    record.write_text(out.getvalue(), encoding="utf-8")


def _strip(packages: Path, python: Path, strip: str) -> None:
    """Take out of libraries what only debuggers read, where the library can be loaded afterwards as before."""
    changed: dict[str, list[str]] = {}
    with TemporaryDirectory(dir=packages.parent) as folder:
        for library in sorted(path for path in packages.rglob("*") if LIBRARY.search(path.name) and path.is_file()):
            slim = Path(folder, library.name)
            command: list[str | Path] = [strip, "--strip-unneeded", "-o", slim, library]
            stripped = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - binutils
            if stripped.returncode or slim.stat().st_size > 0.95 * library.stat().st_size:
                continue
            slim.chmod(0o755)
            if _loads(slim, library, python):
                content = slim.read_bytes()
                slim.replace(library)
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                changed[library.relative_to(packages).as_posix()] = [f"sha256={digest}", str(len(content))]
    for record in packages.glob("*.dist-info/RECORD"):
        rows = _rows(record)
        if any(row[0] in changed for row in rows):
            _write_record(record, [[row[0], *changed.get(row[0], row[1:])] for row in rows])


def _loads(slim: Path, library: Path, python: Path) -> bool:
    """Return whether a stripped library can be loaded in the place of the other; it is put back afterwards."""
    aside = library.with_name(f"{library.name}.aside")
    library.rename(aside)
    try:
        shutil.copy(slim, library)
        return not subprocess.run([python, "-c", LOADS, library], check=False, capture_output=True).returncode  # noqa: S603
    finally:
        aside.replace(library)


def _remove_empty(packages: Path) -> None:
    """Remove the folders in which nothing is left."""
    for path in sorted(packages.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()


def main() -> int:
    """Take out of the named environment what the service never uses; return 0."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the folder of the environment")
    lean(parser.parse_args().folder.absolute())
    return 0


if __name__ == "__main__":
    sys.exit(main())
