"""Makes a Debian package from an installation in a folder: `make deb` runs it after `install-systemd` into `build/deb`.

Only Debian's own dpkg-deb is needed. The package's control files stand in `packaging/debian/`.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONTROL = ROOT / "packaging" / "debian"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
PROGRAM = "usr/lib/monitor"
UNITS = "usr/lib/systemd/system"
MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_")  # in a wheel's tags: for which C library it was built
PAPERS = "usr/share/doc/monitor"


def build(root: Path, target: Path, *, version: str) -> None:
    """Complete the files under `root`, and make the package `target` of them, with all files owned by root."""
    (python,) = (each.name.removeprefix("python") for each in (root / PROGRAM / "lib").iterdir() if each.is_dir())
    _link_python(root / PROGRAM / "bin", python)
    _move_papers(root)
    command = root / "usr" / "bin" / "monitor"
    command.parent.mkdir(parents=True, exist_ok=True)
    command.unlink(missing_ok=True)
    command.symlink_to("../lib/monitor/bin/monitor")
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    size = sum((path.stat().st_size + 1023) // 1024 for path in files)
    control = root / "DEBIAN"
    control.mkdir(exist_ok=True)
    sums = (f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files)  # noqa: S324 - Debian's format
    (control / "md5sums").write_text("".join(sums), encoding="utf-8")
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"],  # noqa: S607 - Debian's
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    major, minor = python.split(".")
    values = {
        "VERSION": version,
        "ARCHITECTURE": architecture,
        "SIZE": str(size),
        "LIBC": libc(root / PROGRAM),
        "PYTHON": python,
        "NEXT_PYTHON": f"{major}.{int(minor) + 1}",
    }
    text = (CONTROL / "control").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    (control / "control").write_text(text, encoding="utf-8")
    shutil.copy(CONTROL / "conffiles", control)
    for script in SCRIPTS:
        shutil.copy(CONTROL / script, control)
        (control / script).chmod(0o755)
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zzstd", "--build", root, target], check=True)  # noqa: S603, S607 - Debian's


def libc(program: Path) -> str:
    """Return the release of the C library that the packages in an environment were built for, like `2.34`."""
    needed = [(2, 17)]
    for wheel in program.glob("lib/python*/site-packages/*.dist-info/WHEEL"):
        tags = MANYLINUX.findall(wheel.read_text(encoding="utf-8"))
        if tags:
            needed.append(min((int(major), int(minor)) for major, minor in tags))
    return ".".join(map(str, max(needed)))


def _link_python(folder: Path, release: str) -> None:
    """Let the environment use the system's Python of its release."""
    for path in folder.glob("python*"):
        path.unlink()
    for name, target in (
        ("python", f"/usr/bin/python{release}"),
        ("python3", "python"),
        (f"python{release}", "python"),
    ):
        (folder / name).symlink_to(target)


def _move_papers(root: Path) -> None:
    """Put the papers where Debian has them, and let the units name that place."""
    papers = root / PAPERS
    papers.mkdir(parents=True, exist_ok=True)
    program = root / PROGRAM
    for path in [*program.glob("*.md"), program / "docs", program / "LICENSE"]:
        if path.exists():
            shutil.move(path, papers / path.name)
    shutil.rmtree(program / "systemd", ignore_errors=True)
    (program / ".installed").unlink(missing_ok=True)
    shutil.copy(root / "etc" / "monitor" / "config.yaml", papers / "config.yaml")
    log = (papers / "CHANGELOG.md").read_bytes()
    (papers / "changelog.gz").write_bytes(gzip.compress(log, mtime=0))
    shutil.copy(CONTROL / "copyright", papers)
    for unit in (root / UNITS).iterdir():
        text = unit.read_text(encoding="utf-8")
        unit.write_text(text.replace("file:/usr/lib/monitor/", "file:/usr/share/doc/monitor/"), encoding="utf-8")


def main() -> int:
    """Make the package; return 0."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("root", type=Path, help="the folder with the files of the package")
    parser.add_argument("target", type=Path, help="the package to be made")
    parser.add_argument("--version", required=True)
    asked = parser.parse_args()
    build(asked.root, asked.target, version=asked.version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
