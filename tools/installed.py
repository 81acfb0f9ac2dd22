"""Prints how large an installation is, and how many packages it has: `python tools/installed.py /opt/monitor`.

With `--most-megabytes` or `--most-packages` it exits with 1 where there is more than that.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1_048_576
BLOCK_BYTES = 512  # the unit in which the system counts the blocks of a file
SHOWN = 12  # of the largest parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What lies in a folder: bytes on the disk, names of packages, and the bytes of each part of those."""

    bytes: int
    packages: tuple[str, ...]
    parts: tuple[tuple[str, int], ...]

    @property
    def megabytes(self) -> float:
        """Return the size as `du -m` counts, in units of 1,048,576 bytes."""
        return self.bytes / MEBIBYTE


def installed(folder: Path) -> Installed:
    """Measure an installation. A file that has several names counts once; links are not followed."""
    seen: set[tuple[int, int]] = set()
    parts: Counter[str] = Counter()
    packages: set[str] = set()
    for root, folders, files in os.walk(folder):
        for name in (*files, "."):
            path = Path(root, name)
            found = path.lstat()
            if (found.st_dev, found.st_ino) not in seen:
                seen.add((found.st_dev, found.st_ino))
                parts[_part(path.relative_to(folder))] += found.st_blocks * BLOCK_BYTES
        packages.update(name.removesuffix(".dist-info") for name in folders if name.endswith(".dist-info"))
    return Installed(
        bytes=parts.total(), packages=tuple(sorted(packages, key=str.lower)), parts=(*parts.most_common(),)
    )


def _part(path: Path) -> str:
    """Return the part of the installation to which a file belongs: a folder of a package, or the first folder."""
    _, is_package, rest = path.as_posix().partition("site-packages/")
    return (rest if is_package else path.as_posix()).partition("/")[0]


def main() -> int:
    """Print the size of the named installation; return 1 if it is larger than it may be, else 0."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--names", action="store_true", help="name the packages")
    parser.add_argument("--most-megabytes", type=float, default=float("inf"))
    parser.add_argument("--most-packages", type=float, default=float("inf"))
    asked = parser.parse_args()
    found = installed(asked.folder)
    print(f"{asked.folder}: {found.megabytes:.0f} MB, {len(found.packages)} packages")  # noqa: T201 - it prints
    for name, size in found.parts[:SHOWN]:
        print(f"{size / MEBIBYTE:8.1f} MB  {name}")  # noqa: T201 - the same
    if asked.names:
        print("\n".join(found.packages))  # noqa: T201 - the same
    fits = found.megabytes <= asked.most_megabytes and len(found.packages) <= asked.most_packages
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
