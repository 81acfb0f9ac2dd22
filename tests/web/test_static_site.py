"""The static site of the demo's history and of a small one: its links, its data, and what is written when."""

from __future__ import annotations

import csv
import gc
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx
import pytest
import yaml
from lxml import etree

from monitor.config.file import load
from monitor.errors import RefusedError
from monitor.program import present
from monitor.sandbox.reader import Reader
from monitor.store import leaves
from monitor.store.database import Store
from monitor.store.merkle import Tree
from monitor.web import server as web_server
from monitor.web.context import Access
from monitor.web.static_crawl import SiteContents
from monitor.web.static_folder import JOURNAL, StaticFolder, manifest_of
from monitor.web.static_site import publish_site
from tests.steps.test_untold import centers, watched
from tests.support.once import once
from tests.support.paths import ROOT
from tests.support.striking import lines, strike

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.web.static_folder import SiteWritten
    from tests.conftest import Commands
    from tests.support.documents import Agreements
    from tests.web.conftest import Served

ADDRESS = "https://lists.example.org"
WRITING = "monitor/files,web/static_folder,web/static_crawl,web/static_site,web/page_notes"
AGES = re.compile(
    rb"\b(?:minutes?|hours?|days?|weeks?|months?) ago\b|\bjust now\b|\blast seen \d|Next look"
    rb"|\b(?:[Ll]isted|links?|links it|record|known|stands) now\b|>Today<|\bis watched<"
)


def written(
    state: Path,
    folder: Path,
    *,
    config: Path | None = None,
    address: str = ADDRESS,
    contents: SiteContents | None = None,
) -> SiteWritten | None:
    """Publish a state folder, and return what was done."""

    def publish() -> SiteWritten | None:
        with Reader(web_server.PAGE_LIMITS) as reader:
            access = Access(address=address)
            described = load(config or state / "config.yaml")
            site = web_server.site(described, state, reader, access=access, now=present)
            return publish_site(site, folder, contents or SiteContents(), tell=lambda _done, _known: None)

    with ThreadPoolExecutor(1) as pool:  # in the thread of the tests, a browser may have an event loop
        return pool.submit(publish).result()


def files_of(folder: Path) -> dict[str, Path]:
    """The files in a folder, by their paths."""
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def times_of(folder: Path) -> dict[str, int]:
    """When each published file was last written."""
    return {name: path.stat().st_mtime_ns for name, path in files_of(folder).items() if not name.startswith(".")}


@pytest.fixture(scope="session")
def copied(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's history as a static site; one source is no longer watched. Only to be read."""

    def make(folder: Path) -> None:
        (folder / "config.yaml").write_text(fewer(history), encoding="utf-8")
        written(history, folder / "site", config=folder / "config.yaml")

    return once(tmp_path_factory, "copied", make) / "site"


def fewer(history: Path) -> str:
    """The configuration of the demo, in which one source is no longer watched."""
    tree = yaml.safe_load((history / "config.yaml").read_text(encoding="utf-8"))
    del tree["sources"]["dhs-sanctuary"]
    return str(yaml.safe_dump(tree, sort_keys=False))


@pytest.fixture(scope="session")
def agreements(agreed: Agreements, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history with all that can happen to documents as a static site, with all files and pictures."""
    folder = tmp_path_factory.mktemp("copied-agreements")
    written(agreed.folder / "state", folder, contents=SiteContents(files="all", pictures="all"))
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the overridden method's signature
        """Say nothing."""


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """A plain file server, Python's own, that serves a folder; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as host:
        thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{host.server_port}/"
        host.shutdown()
        thread.join()


class Links:
    """What a page links and loads, its anchors, and its elements that need a server."""

    def __init__(self, page: str) -> None:
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.forms = 0
        for element in etree.fromstring(page.encode(), etree.HTMLParser(encoding="utf-8")).iter("*"):
            if anchor := element.get("id"):
                self.anchors.add(anchor)
            self.forms += element.tag in {"form", "input", "button"}
            if element.tag != "link" or element.get("rel") != "canonical":
                values = map(element.get, ("href", "src", "xlink:href", "action"))
                self.links += filter(None, values)


def crawled(folder: Path, root: str) -> tuple[dict[str, Links], dict[str, str]]:
    """Follow every link from the first page: the pages by address, and the page that first links each other address.

    The pages are read from their files, which takes a fraction of the time that a server takes.
    """
    pages: dict[str, Links] = {}
    others: dict[str, str] = {}
    known = {root}
    todo = [(root, "")]
    while todo:
        address, parent = todo.pop()
        file = folder / (unquote(urlsplit(address).path)[1:] or "index.html")
        if file.suffix != ".html" or not file.is_file():
            others[address] = parent
            continue
        page = pages[address] = Links(file.read_text(encoding="utf-8"))
        for link in set(page.links):
            target = urldefrag(urljoin(address, link)).url
            if target.startswith(root) and target not in known:
                known.add(target)
                todo.append((target, address))
    return pages, others


def of_each_kind(addresses: Iterable[str]) -> list[str]:
    """Some addresses of each kind: of those with the same first folder, the same depth and the same suffix, three."""
    kinds: dict[tuple[str, ...], list[str]] = {}
    for address in addresses:
        path = urlsplit(address).path
        kinds.setdefault((path.split("/")[1], str(path.count("/")), path.rpartition(".")[2]), []).append(address)
    return [address for found in kinds.values() for address in found[:3]]


def test_every_link_leads_somewhere_on_a_plain_file_server(copied: Path) -> None:
    """Also those to a place on a page; none is from the top of the server, so that the site can lie in any folder."""
    with hosted(copied) as root, httpx.Client(follow_redirects=False) as client:
        pages, others = crawled(copied, root)
        asked = {address: client.get(address) for address in of_each_kind([*pages, *others])}
    found = files_of(copied)
    assert {address: by for address, by in others.items() if unquote(urlsplit(address).path)[1:] not in found} == {}
    assert {address: answer.status_code for address, answer in asked.items() if answer.status_code != 200} == {}
    is_page = {address: answer.headers["content-type"].startswith("text/html") for address, answer in asked.items()}
    assert is_page == {address: address in pages for address in asked}
    assert len(asked) > 50
    assert len(pages) > 1_500
    broken = [
        (address, link)
        for address, page in pages.items()
        for link in page.links
        if "#" in link
        and (there := urldefrag(urljoin(address, link))).fragment
        and there.url in pages
        and unquote(there.fragment) not in pages[there.url].anchors
    ]
    assert broken == []
    assert [link for page in pages.values() for link in page.links if link.startswith("/")] == []
    assert sum(page.forms for page in pages.values()) == 0
    assert not [link for page in pages.values() for link in page.links if "outlines-" in link]
    reached = {unquote(urlsplit(address).path)[1:] or "index.html" for address in pages}
    assert {name for name in found if name.endswith(".html")} - reached == set()


def test_every_link_leads_to_a_file_without_any_server(agreements: Path) -> None:
    """A link names a file itself, never its folder; the site with all pictures and kept documents has no dead one."""
    found = files_of(agreements)
    dead = [
        (name, link)
        for name, path in found.items()
        if name.endswith(".html")
        for link in Links(path.read_text(encoding="utf-8")).links
        if not urlsplit(link).scheme and link[0] != "#"
        if not (path.parent / unquote(urldefrag(link).url)).is_file()
    ]
    assert dead == []
    assert sum(name.endswith(".png") for name in found) > 5
    assert sum(name.startswith("file/") for name in found) > 5


def test_live_addresses_lead_to_the_same_pages(copied: Path, served: Served) -> None:
    """On any host an alert's link finds its page: each entry, record, place, list and version has its old address."""
    page = served.get("/jurisdiction/ocd-division/country:us/state:tx/county:travis").text
    linked = {
        unescape(found) for found in re.findall(r'href="(/(?:amendment|record|list|jurisdiction)/[^"?#]*)"', page)
    }
    linked -= {address for address in linked if address.endswith("exhibit.zip") or "/dhs-sanctuary/" in address}
    assert len(linked) > 10
    with hosted(copied) as root, httpx.Client(follow_redirects=True) as client:
        assert {client.get(root + address[1:]).status_code for address in linked} == {200}


def test_the_data_are_those_of_the_live_pages(copied: Path, served: Served) -> None:
    """CSV and JSON of the log byte for byte; feeds and calendars with the same ids, so that nothing is read twice."""
    assert (copied / "log.csv").read_bytes() == served.get("/log.csv").content
    assert json.loads((copied / "log.json").read_bytes()) == served.get("/log.json").json()
    ids = re.findall(r"<id>urn:[^<]*", served.get("/log.atom").text)
    own = (copied / "log.atom").read_text(encoding="utf-8")
    assert re.findall(r"<id>urn:[^<]*", own) == ids
    assert f"<id>{ADDRESS}/log.atom</id>" in own
    assert '"self" href="https://lists.example.org/log.atom"' in own
    uids = re.findall(r"UID:.*", served.get("/log.ics").text)
    assert re.findall(r"UID:.*", (copied / "log.ics").read_bytes().decode()) == uids
    entry = json.loads((copied / "api/amendment/1.json").read_bytes())
    live = served.get("/api/amendment/1").json()
    assert {name: entry[name] for name in ("before", "after", "entry_hash")} == {
        name: live[name] for name in ("before", "after", "entry_hash")
    }
    assert entry["url"] == f"{ADDRESS}/amendment/1"


def test_the_data_package_says_what_the_files_are(copied: Path) -> None:
    """Length, hash and columns of each file; every value is of the type that its column has."""
    package = json.loads((copied / "datapackage.json").read_bytes())
    names = [each["name"] for each in package["resources"]]
    assert len(names) == len(set(names)) > 8
    assert all(re.fullmatch(r"[-a-z0-9._/]+", name) for name in names)
    for each in package["resources"]:
        content = (copied / each["path"]).read_bytes()
        assert (each["bytes"], each["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
        if each["format"] != "csv":
            continue
        reader = csv.DictReader(content.decode().splitlines(keepends=True))
        rows = list(reader)
        fields = {field["name"]: field["type"] for field in each["schema"]["fields"]}
        assert list(reader.fieldnames or ()) == list(fields)
        for name, kind in fields.items():
            assert all(is_of(kind, row[name]) for row in rows if row[name]), (each["path"], name)


def is_of(kind: str, text: str) -> bool:
    """Whether a cell is of a type of the table schema."""
    patterns = {
        "integer": r"-?\d+",
        "number": r"-?\d+(\.\d+)?",
        "boolean": r"True|False",
        "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
        "string": r"(?s).*",
    }
    return re.fullmatch(patterns[kind], text) is not None


def test_the_tiles_make_the_root_of_the_checkpoint(copied: Path, history: Path) -> None:
    """Whoever has the folder alone computes the hash over the evidence log from the hashes of its statements."""
    origin, size, root = (copied / "checkpoint").read_text(encoding="utf-8").splitlines()[:3]
    hashes: list[bytes] = []
    for path in sorted((copied / "tile/0").rglob("*"), key=str):
        if path.is_file():
            content = path.read_bytes()
            hashes += [content[begin : begin + 32] for begin in range(0, len(content), 32)]
    assert (origin, len(hashes)) == ("monitor", int(size))
    assert b64encode(Tree().with_leaves(hashes).root).decode() == root
    above = (copied / "tile/1/000.p").iterdir()
    assert next(above).read_bytes()[:32] == Tree().with_leaves(hashes[:256]).root
    with Store(history) as store:
        assert leaves.tree(store).size == len(hashes)


def test_the_checksums_are_those_of_all_files(copied: Path) -> None:
    """`sha256sum` takes the list, which names each file but itself and the manifest."""
    listed = {}
    for line in (copied / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    found = files_of(copied)
    assert listed == {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in found.items()
        if name != "SHA256SUMS" and not name.startswith(".")
    }
    program = shutil.which("sha256sum")
    assert program
    ran = subprocess.run([program, "--check", "--quiet", "SHA256SUMS"], cwd=copied, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, b"")


def test_nothing_in_it_grows_old(copied: Path) -> None:
    """No page says how long ago something was or what is to come; each says that it is a copy, the first of when."""
    pages = {name: path.read_bytes() for name, path in files_of(copied).items() if path.suffix in {".html", ".atom"}}
    assert [(name, found[0]) for name, page in pages.items() if (found := AGES.search(page))] == []
    assert [
        name for name, page in pages.items() if name.endswith("html") and b"when the copy was made" not in page
    ] == []
    first = pages["index.html"]
    assert b"This is a copy of 5 October 2025, 14:00 UTC: what it says of the present was so then." in first
    assert b"On 5 October 2025, up to 14:00 UTC:" in first
    assert b"Today:" not in first
    assert b"State on 5 October 2025" in first
    assert b"last looked at 2017-04-13 15:00 UTC" in first


def test_it_holds_nothing_of_the_machine_or_its_readers(copied: Path, history: Path) -> None:
    """No subscriber, no channel, no path, no page of operators; nothing that the live pages would not show."""
    secrets = [b"desk@example.org", b"/services/T00000000", b"smtp://", str(history).encode(), str(copied).encode()]
    for name, path in files_of(copied).items():
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], name
    assert not {"holds", "doubts", "find", "metrics"} & {path.name for path in copied.iterdir()}


def test_a_second_publication_writes_nothing(agreed: Agreements, agreements: Path, tmp_path: Path) -> None:
    """Files keep the time at which they were written; one of somebody else stays, one that was altered is mended."""
    folder = tmp_path / "site"
    shutil.copytree(agreements, folder)
    (folder / "CNAME").write_text("lists.example.org", encoding="utf-8")
    (folder / "about/index.html").write_text("altered", encoding="utf-8")
    (folder / "amendment/2/index.html").unlink()
    before = times_of(folder)
    done = written(agreed.folder / "state", folder, contents=SiteContents(files="all", pictures="all"))
    assert done is not None
    assert (done.written, done.removed) == (2, 0)
    after = times_of(folder)
    assert {name for name in after if before.get(name) != after[name]} == {"about/index.html", "amendment/2/index.html"}
    assert (folder / "about/index.html").read_bytes() == (agreements / "about/index.html").read_bytes()
    assert (folder / "CNAME").exists()


def small(monitor: Commands, tmp_path: Path) -> Commands:
    """A history of one list with 13 records, of which two were corrected."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    list_.come(centers(Guards={0: "77", 3: "78"}))
    return list_.report.monitor


def test_what_changed_is_written_and_what_is_gone_removed(monitor: Commands, tmp_path: Path) -> None:
    """A new entry: its pages are new, the first page of the log differs, the entries before stay as they are."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    list_.come(centers(Guards={0: "77"}))
    run, folder = list_.report.monitor, tmp_path / "site"
    ran = run("publish", folder, "--address", ADDRESS)
    assert ran.status == 0
    assert f"{folder}: " in ran.out
    assert re.search(r"kept files 0\.0 MB, pages 0\.\d MB\): \d+ written, 0 unchanged, 0 removed", ran.out)
    before = {name: path.read_bytes() for name, path in files_of(folder).items()}
    assert "0 written" in run("publish", folder, "--address", ADDRESS).out
    assert run("publish", folder, "--address", ADDRESS, "--if-changed").out == (
        f"{folder} shows the present history already\n"
    )
    list_.come(centers(Guards={0: "77", 5: "91"}))
    assert "publish" not in run("publish", folder, "--address", ADDRESS, "--if-changed").err
    after = {name: path.read_bytes() for name, path in files_of(folder).items()}
    assert {"amendment/2/index.html", "api/amendment/2.json"} <= after.keys() - before.keys()
    changed = {name for name in before if before[name] != after.get(name)}
    assert {"index.html", "log/index.html", "log.csv", "log.atom", "datapackage.json", "SHA256SUMS"} <= changed
    assert "api/amendment/1.json" not in changed
    assert run("publish", folder, "--files", "none").status == 0
    left = files_of(folder)
    assert not [name for name in left if name.startswith("file/") or name.endswith((".atom", ".ics"))]
    assert not (folder / "file").exists()
    assert "not in this copy" in left["amendment/1/index.html"].read_text(encoding="utf-8")


def test_without_an_address_there_are_no_feeds(monitor: Commands, tmp_path: Path) -> None:
    """The command says so; citations name no address that leads nowhere; an address may have a path."""
    run, folder = small(monitor, tmp_path), tmp_path / "site"
    ran = run("publish", folder)
    assert "Feeds and calendars are left out" in ran.out
    page = (folder / "amendment/1/index.html").read_text(encoding="utf-8")
    assert "localhost" not in page
    assert "canonical" not in page
    assert run("publish", folder, "--address", "https://me.example.org/lists/").status == 0
    page = (folder / "amendment/1/index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="https://me.example.org/lists/amendment/1">' in page
    assert "https://me.example.org/lists/log.atom" in (folder / "log.atom").read_text(encoding="utf-8")


@pytest.mark.parametrize("address", ["lists.example.org", "ftp://x.org", "https://a@x.org", "https://x.org/?a=1"])
def test_an_address_that_is_none_is_refused(monitor: Commands, tmp_path: Path, address: str) -> None:
    """With one that would do."""
    ran = small(monitor, tmp_path)("publish", tmp_path / "site", "--address", address)
    assert ran.status == 2
    assert "write it like https://lists.example.org" in ran.err
    assert not (tmp_path / "site").exists()


def test_a_folder_of_others_is_refused(monitor: Commands, tmp_path: Path) -> None:
    """Nothing is written into it; hidden files, as a repository has, may be there; a file is no folder."""
    run, folder = small(monitor, tmp_path), tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine", encoding="utf-8")
    ran = run("publish", folder)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "holds 'letter.txt', which was not published by monitor; name an empty or a new folder" in ran.err
    assert list(folder.iterdir()) == [folder / "letter.txt"]
    assert run("publish", folder / "letter.txt").status == 2
    (tmp_path / "pages/.git").mkdir(parents=True)
    assert run("publish", tmp_path / "pages").status == 0
    assert run("publish").status == 2
    assert "name a FOLDER" in run("publish").err


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    """The second one says so; the first goes on."""
    with StaticFolder.opened(tmp_path / "site") as first:
        first.put("a", b"1")
        with (
            pytest.raises(RefusedError, match="another `monitor publish` is at work"),
            StaticFolder.opened(tmp_path / "site"),
        ):
            raise AssertionError
        first.finish("mark", last={"index.html": b"2"})
    assert manifest_of(tmp_path / "site")[1] == "mark"


def test_a_web_server_under_another_account_can_read_it(tmp_path: Path) -> None:
    """Each folder can be entered and each file read by everybody, although the service hides what it writes."""
    before = os.umask(0o077)
    try:
        with StaticFolder.opened(tmp_path / "www" / "site") as folder:
            folder.put("place/texas/index.html", b"1")
            folder.finish("mark", last={"index.html": b"2"})
    finally:
        os.umask(before)
    made = [tmp_path / "www", *(tmp_path / "www").rglob("*")]
    published = [each for each in made if each.is_dir() or not each.name.startswith(".")]
    assert {(each.is_dir(), each.stat().st_mode & 0o777) for each in published} == {(True, 0o755), (False, 0o644)}


def test_a_publication_killed_at_any_line_is_completed_by_the_next(monitor: Commands, tmp_path: Path) -> None:
    """Files are whole or as before, the first page is the last one; in the end it is as if nothing had happened."""
    list_ = watched(monitor, tmp_path, "csv")
    list_.come(centers())
    list_.come(centers(Guards={0: "77"}))
    run, chance = list_.report.monitor, random.Random(3)
    arguments = ("--config", run.config, "--state", run.state, "publish")
    first = tmp_path / "first"
    assert run("publish", first).status == 0
    list_.come(centers(Guards={0: "77", 5: "91"}))
    whole = tmp_path / "whole"
    shutil.copytree(first, whole)
    ran = lines(WRITING, *arguments, whole)
    before, after = contents_of(first), contents_of(whole)
    assert before["index.html"] != after["index.html"]
    for number, place in enumerate([*(chance.randint(1, ran) for _ in range(4)), ran - 2, ran - 8]):
        folder = tmp_path / f"killed-{number}"
        shutil.copytree(first, folder)
        assert strike(place, WRITING, *arguments, folder)
        there = contents_of(folder)
        assert all(content in {before.get(name), after.get(name)} for name, content in there.items())
        if there["index.html"] == after["index.html"]:
            assert after.items() <= there.items()
        assert run("publish", folder).status == 0
        assert contents_of(folder) == after
        assert not list(folder.rglob(".new-*"))
        assert not (folder / JOURNAL).exists()


def contents_of(folder: Path) -> dict[str, bytes]:
    """The published files; not the notes beside them, nor files that were not finished."""
    return {name: path.read_bytes() for name, path in files_of(folder).items() if not path.name.startswith(".")}


def test_the_configuration_says_where(monitor: Commands, tmp_path: Path) -> None:
    """Without a folder on the command line, `web.publish` counts, with its own address and files."""
    run = small(monitor, tmp_path)
    settings = f"\nweb: {{ publish: {{ folder: {tmp_path / 'site'}, address: {ADDRESS}, files: none }} }}\n"
    run.config.write_text(run.config.read_text(encoding="utf-8") + settings, encoding="utf-8")
    assert run("publish").status == 0
    assert (tmp_path / "site/log.atom").exists()
    assert not (tmp_path / "site/file").exists()


def test_a_publication_leaves_no_file_open(monitor: Commands, tmp_path: Path) -> None:
    """Nor does one without news: with `--watch` there is one each minute, in one process."""
    run, folder = small(monitor, tmp_path), tmp_path / "site"

    def opened() -> list[str]:
        found = []
        for link in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # the one by which the folder is listed
                found.append(str(link.readlink()))
        return sorted(each for each in found if each.startswith(str(run.state)))

    before = opened()
    gc.disable()  # which sooner or later closes what nothing refers to
    try:
        for _ in range(2):
            assert run("publish", folder, "--if-changed").status == 0
        assert opened() == before
    finally:
        gc.enable()


def test_watching_writes_again_when_the_history_changes(monitor: Commands, tmp_path: Path) -> None:
    """`--watch` publishes at once, and ends by a signal without a traceback."""
    run, folder = small(monitor, tmp_path), tmp_path / "site"
    command = [sys.executable, "-m", "monitor", "--config", str(run.config), "--state", str(run.state)]
    with subprocess.Popen(
        [*command, "publish", str(folder), "--watch"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert "written" in process.stdout.readline()
        process.send_signal(2)
        _, err = process.communicate(timeout=120)
    assert "Traceback" not in err
    assert (folder / "index.html").exists()
