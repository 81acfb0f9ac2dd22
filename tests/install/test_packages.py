"""Locks, wheel, Debian package and container hold what the program needs, and no more than they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor import __version__
from tests.support.paths import ROOT
from tools.installed import installed

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_MEGABYTES, MAX_PACKAGES = 160, 45
DEBUGGERS_MEGABYTES = 14  # that libraries keep where binutils is not installed
PYTHON = "/usr/bin/python3"  # Debian's, which the package depends on
LOCKS = ROOT / "requirements"
PIN = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)((?: ;[^\\\n]*)?)", re.MULTILINE)
ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}  # uv, if pip is not there
OPTIONAL = {  # and what they lack
    "monitor.channels.apprise": "apprise",
    "monitor.channels.apprise_apart": "apprise",
    "monitor.sandbox.browser": "playwright",
}
LOAD = """
import importlib, json, pkgutil, monitor
lacking = {}
for module in pkgutil.walk_packages(monitor.__path__, "monitor."):
    if not module.name.startswith(("monitor.demo", "monitor.__main__", "monitor.evidence.papers")):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as fault:
            lacking[module.name] = fault.name
print(json.dumps(lacking))
"""


def pins(name: str) -> dict[str, set[tuple[str, str]]]:
    """The packages of a lock, each with its versions and on which machines they are meant."""
    found: dict[str, set[tuple[str, str]]] = {}
    for package, version, marker in PIN.findall((LOCKS / f"{name}.lock").read_text(encoding="utf-8")):
        found.setdefault(package, set()).add((version, marker.strip()))
    return found


def extras() -> dict[str, list[str]]:
    """The extras of the program, and what they ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return dict(project["optional-dependencies"])


def named(requirements: Iterable[str]) -> set[str]:
    """The names of packages that requirements ask for, as locks write them."""
    return {re.split(r"[\[<>=~! ;]", each)[0].lower().replace("_", "-").replace(".", "-") for each in requirements}


def test_each_purpose_has_a_lock_and_all_agree() -> None:
    """Every package has one version in all locks, with hashes; what is installed for one purpose fits another."""
    everything = pins("dev")
    assert {path.stem for path in LOCKS.glob("*.lock")} == {"run", "build", *extras()}
    for lock in LOCKS.glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert pins(lock.stem).items() <= everything.items()
        assert text.count("--hash=sha256:") >= len(pins(lock.stem))
        assert "://" not in text  # no address of where packages come from


def test_locks_hold_what_pyproject_asks_for() -> None:
    """Whoever adds a package and forgets `make lock` is told."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert named(project["dependencies"]) <= set(pins("run"))
    assert named((LOCKS / "build.in").read_text(encoding="utf-8").split()) <= set(pins("build"))
    for extra, asked in extras().items():
        assert named(asked) <= set(pins(extra)) | set(pins("run")), extra
    assert not {"pytest", "mypy", "playwright", "apprise", "pip"} & (set(pins("run")) | set(pins("web")))


def test_the_version_stands_once() -> None:
    """What `monitor --version` prints is what the packages are called, and the changelog begins with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(r"^## (\S+) - (?:unreleased|\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert heading
    assert heading[1] == __version__


def test_the_container_is_built_by_commands_that_exist() -> None:
    """Each `make` of the Containerfile is a target, and what it copies from the first stage is what that makes."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    targets = re.findall(r"^RUN make ([\w-]+)", text, re.MULTILINE)
    assert targets == ["install-systemd"]
    ran = subprocess.run(
        ["make", "-n", *targets, "DESTDIR=/built"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for copied in re.findall(r"^COPY --from=build (\S+)", text, re.MULTILINE):
        assert copied in ran.stdout


@pytest.fixture(scope="module")
def package() -> Path:
    """The Debian package."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb, of Debian, is not installed")
    if not Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
                                                   check=False).returncode:  # fmt: skip
        pytest.skip(f"{PYTHON} is not there, or older than 3.11")
    ran = subprocess.run(["make", "deb"], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (made,) = (ROOT / "dist").glob(f"monitor_{__version__}_*.deb")
    return made


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the package brings, in a folder."""
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    return folder


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The demo's history."""
    with tarfile.open(ROOT / "tests/golden/states/demo.tar.xz") as packed:
        packed.extractall(tmp_path / "state", filter="data")
    return tmp_path / "state"


def run(root: Path, state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program of an unpacked package on a state folder."""
    own = [root / "usr/lib/monitor/bin/python", "-P", "-W", "error", "-m", "monitor"]
    command = [*map(str, own), "--config", str(state / "config.yaml"), "--state", str(state), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def test_the_service_is_small(unpacked: Path) -> None:
    """Size and number of packages of what the service is installed with."""
    found = installed(unpacked / "usr/lib/monitor")
    most = MAX_MEGABYTES + (0 if shutil.which("strip") else DEBUGGERS_MEGABYTES)
    assert found.megabytes <= most, found.parts[:20]
    assert len(found.packages) <= MAX_PACKAGES, found.packages


def test_nothing_that_the_service_loads_was_left_out(unpacked: Path) -> None:
    """Every module loads, without a warning, but for those whose packages are extras of their own."""
    python = unpacked / "usr/lib/monitor/bin/python"
    ran = subprocess.run([python, "-P", "-W", "error", "-c", LOAD], capture_output=True, text=True, check=True, cwd="/")
    assert json.loads(ran.stdout) == OPTIONAL


def test_the_lists_of_files_are_true(unpacked: Path) -> None:
    """Each file that a package says it brings is there, so that other tools can trust RECORD."""
    folder = next((unpacked / "usr/lib/monitor").glob("lib/python*/site-packages"))
    for record in folder.glob("*.dist-info/RECORD"):
        for line in record.read_text(encoding="utf-8").splitlines():
            assert (folder / line.rsplit(",", 2)[0].strip('"')).exists(), line


def test_what_was_kept_is_read_again_by_the_service(unpacked: Path, demo: Path) -> None:
    """PDF files, spreadsheets and pages are read to the same records by the packages that the service has."""
    assert run(unpacked, demo, "--version").stdout == f"monitor, version {__version__}\n"
    assert run(unpacked, demo, "verify").returncode == 0
    ran = run(unpacked, demo, "reprocess", "ice-ddor", "--json")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_what_is_missing_is_said_with_the_way_to_get_it(unpacked: Path, demo: Path) -> None:
    """The demo, a cluster and a channel of Apprise need more; each names the extra and where it is explained."""
    ran = run(unpacked, demo, "demo")
    assert ran.returncode == 1
    assert "the demo needs the package fpdf" in ran.stderr
    assert f"monitor-{__version__}-py3-none-any.whl[demo]" in ran.stderr
    config = demo / "config.yaml"
    channel = "\nchannels: { phone: { kind: apprise, url: 'json://127.0.0.1' } }\n"
    text = re.sub(r"^channels:.*?(?=^\S|\Z)", "", config.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^subscriptions:.*?(?=^\S|\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    config.write_text(text + channel, encoding="utf-8")
    wheel = f"`pip install 'monitor-{__version__}-py3-none-any.whl[apprise]'`"
    ran = run(unpacked, demo, "config", "check")
    assert ran.returncode == 2
    assert "channels.phone: kind: apprise: the extra `apprise` is not installed" in ran.stderr
    assert wheel in ran.stderr
    assert run(unpacked, demo, "config", "extras").stdout == "apprise\n"
    assert run(unpacked, demo, "log").returncode == 0  # who only reads is not stopped


def test_the_package_follows_debians_rules(package: Path, unpacked: Path) -> None:
    """The configuration is a conffile, all is root's, scripts are sound, the Python is the one it depends on."""
    told = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True).stdout
    python = (unpacked / "usr/lib/monitor/bin/python").readlink()
    release = python.name.removeprefix("python")
    assert f"python3 (>= {release}~)" in told
    tags = [
        re.findall(r"manylinux_2_(\d+)_", wheel.read_text(encoding="utf-8"))
        for wheel in unpacked.glob("usr/lib/monitor/lib/python*/site-packages/*.dist-info/WHEEL")
    ]
    assert f"libc6 (>= 2.{max(min(map(int, each)) for each in tags if each)})" in told
    listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in listed.splitlines()} == {"root/root"}
    assert (unpacked / "etc/monitor/secrets").stat().st_mode & 0o777 == 0o700
    assert (unpacked / "usr/bin/monitor").readlink() == Path("../lib/monitor/bin/monitor")
    assert (unpacked / "usr/lib/monitor/bin/monitor").read_text("utf-8").startswith("#!/usr/lib/monitor/bin/python")
    for unit in (unpacked / "usr/lib/systemd/system").iterdir():
        assert "/opt/" not in unit.read_text(encoding="utf-8")
    for paper in ("copyright", "changelog.gz", "README.md"):
        assert (unpacked / "usr/share/doc/monitor" / paper).exists()
    conffiles = subprocess.run(["dpkg-deb", "-I", package, "conffiles"], capture_output=True, text=True, check=True)
    assert conffiles.stdout == "/etc/monitor/config.yaml\n"
    for script in ("preinst", "postinst", "prerm", "postrm"):
        subprocess.run(["sh", "-n", ROOT / "packaging/debian" / script], check=True)


def test_the_wheel_makes_a_configuration_anywhere(package: Path, tmp_path: Path) -> None:
    """Installed from the wheel alone, `monitor init` writes a configuration without a fault; it knows its extras."""
    assert package
    wheel = ROOT / "dist" / f"monitor-{__version__}-py3-none-any.whl"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    python = tmp_path / "own/bin/python"
    (there,) = (tmp_path / "own").glob("lib/python*/site-packages")
    packages = next(path for path in sys.path if path.endswith("site-packages") and Path(path, "pydantic").exists())
    shutil.unpack_archive(wheel, there, "zip")
    (there / "others.pth").write_text(packages, encoding="utf-8")
    for words, said in ((("init",), "config.yaml: written"), (("config", "check"), "config.yaml: no fault; 4 sources")):
        own = [str(python), "-P", "-m", "monitor", *words]
        ran = subprocess.run(own, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert said in ran.stdout
    metadata = next(there.glob("monitor-*.dist-info/METADATA")).read_text(encoding="utf-8")
    assert set(re.findall(r"^Provides-Extra: (\S+)$", metadata, re.MULTILINE)) == set(extras())
