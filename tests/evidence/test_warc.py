"""Kept files as web archive files: what public tools say of them, and that what they play back is what was received."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import io
import json
import re
import subprocess
import sys
import warnings
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from monitor.demo.replay import localized
from monitor.evidence.captured import captured_version
from monitor.evidence.wacz import surt, wacz
from monitor.evidence.warc import Captured, member, warc, warc_records
from monitor.store import queries
from monitor.store.archive import Archive
from monitor.store.database import Store
from monitor.store.exchanges import canonical, row_of
from tests.fetch.test_fetcher import PAGE, Client
from tests.fetch.test_trace import HTML, serving
from tests.steps.test_exchanges import site
from tests.steps.test_poll import AGREEMENTS
from tests.store.test_exchanges import PLAIN
from tests.support.backfilled import archive, captured, story, take
from tests.support.lists import CONFIG
from tests.support.paths import ROOT
from tests.support.pywb import needs_pywb, playing
from tests.support.servers import Reply, Server, raw, redirect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.fetch.fetcher import Answer
    from monitor.model import Exchange
    from tests.conftest import Commands
    from tests.support.servers import Page
    from tests.support.web_archive import ArchiveServer

__all__ = ["archive"]

TOOLS = Path(sys.executable).parent
DEADLINE = 300.0  # seconds until a tool must have answered
PACKED = gzip.compress(PAGE.body, 1)
MEMBERS = gzip.compress(PAGE.body[:30]) + gzip.compress(PAGE.body[30:])  # of which warcio unpacks the first alone
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n"
SITE: dict[str, Page] = {
    "/plain": Reply(headers=(HTML, ("X-Mixed-CASE", "1"), ("x-mixed-case", "2")), body=PAGE.body),
    "/packed": Reply(headers=(HTML, ("Content-Encoding", "gzip")), body=PACKED),
    "/members": Reply(headers=(HTML, ("Content-Encoding", "gzip")), body=MEMBERS),
    "/named": Reply(headers=(HTML, ("Content-Disposition", 'inline; filename="Müller.html"')), body=PAGE.body),
    "/moved": Reply(status=301, headers=(("Location", "/again"),), body=b"Moved. " * 100),
    "/again": redirect("/found?b=2&a=1"),
    "/found?b=2&a=1": PAGE,
    "/chunked": raw(CHUNKED + b"\r\n", b"3\r\n<!d\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE.body) - 3, PAGE.body[3:])),
    "/both": raw(CHUNKED + b"Content-Encoding: gzip\r\n\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(PACKED), PACKED)),
    "/old": raw(b"HTTP/1.0 200 Fine\r\nContent-Type: text/html\r\n\r\n" + PAGE.body),
}
IMPORTED = Captured(
    url="file:///some where/é.csv",
    captured_at="2025-01-02T03:04:05Z",
    content=b"Name\nBee County\n" * 9000,
    media_type=None,
    exchange=None,
    packed=None,
    certificates={},
)


def of_answer(answer: Answer) -> Captured:
    """An answer as it would come out of a state folder."""
    exchange = answer.exchange
    assert exchange is not None
    shown = [each for hop in (*exchange.redirects, exchange) if hop.tls for each in hop.tls.certificates]
    return Captured(
        url=answer.requested_url,
        captured_at="2025-01-01T00:00:00Z",
        content=answer.content,
        media_type="text/html",
        exchange=row_of(exchange),
        packed=exchange.packed,
        certificates={hashlib.sha256(each).hexdigest(): each for each in shown},
    )


@pytest.fixture(scope="module")
def answers() -> dict[str, Captured]:
    """What real servers answered, in each way that there is."""
    client = Client()
    with Server(dict(SITE)) as server, client.fetcher:
        asked = [path for path in SITE if path not in {"/again", "/found?b=2&a=1"}]
        found = {path: of_answer(client.get(server.address(path))) for path in asked}
    for protocol in ("h2", "http/1.1"):
        with serving(PAGE, protocol) as (trusting, server, _):
            found[protocol] = of_answer(trusting.get(server.address("/list")))
    return found


@pytest.fixture(scope="module")
def everything(answers: dict[str, Captured]) -> tuple[Captured, ...]:
    """All of it, and an imported file."""
    return (*answers.values(), IMPORTED)


def run(*command: object) -> str:
    """What a tool of the virtual environment prints; it must end well."""
    name, *rest = map(str, command)
    ran = subprocess.run((TOOLS / name, *rest), capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def reference_surt(url: str) -> str:
    """What the Internet Archive's program makes of an address; new versions of Python warn of its source."""
    with warnings.catch_warnings(action="ignore"):
        return str(importlib.import_module("surt").surt(url))


def members(content: bytes) -> Iterator[bytes]:
    """The records of a WARC file, unpacked one by one."""
    while content:
        unpacker = zlib.decompressobj(wbits=31)
        yield unpacker.decompress(content)
        assert unpacker.eof
        content = unpacker.unused_data


def headed(content: bytes, kind: str) -> list[tuple[dict[str, str], bytes]]:
    """The header fields and the block of each record of a kind; the last value of each field."""
    found = []
    for record in members(content):
        head, _, rest = record.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        if fields["WARC-Type"] == kind:
            found.append((fields, rest[: int(fields["Content-Length"])]))
    return found


# --- what public tools say ---


def test_warcio_finds_each_digest_right(everything: tuple[Captured, ...], tmp_path: Path) -> None:
    """Of blocks and payloads, of each record."""
    (tmp_path / "data.warc.gz").write_bytes(warc(everything))
    lines = run("warcio", "check", "-v", tmp_path / "data.warc.gz").splitlines()[1:]
    assert [line.strip() for line in lines if "offset" not in line] == ["digest pass"] * len(warc_records(everything))


def test_fastwarc_finds_each_digest_right(everything: tuple[Captured, ...]) -> None:
    """A reader that shares nothing with warcio."""
    content = warc(everything)
    blocks = [record.verify_block_digest() for record in FastIterator(io.BytesIO(content), parse_http=False)]
    assert blocks == [True] * len(warc_records(everything))
    answered = [record for record in FastIterator(io.BytesIO(content)) if record.headers["WARC-Type"] == "response"]
    assert len(answered) == len(headed(content, "response"))
    for record in FastIterator(io.BytesIO(content)):
        if record.headers["WARC-Type"] == "response":
            assert record.verify_payload_digest()


def test_wacz_says_that_the_package_is_valid(everything: tuple[Captured, ...], tmp_path: Path) -> None:
    """And that it is not, where a byte differs."""
    package = tmp_path / "exhibit.wacz"
    package.write_bytes(wacz(everything, title="A title", description="Some *words*."))
    assert "the passed WACZ is valid" in run("wacz", "validate", "-f", package)
    content = package.read_bytes()
    at = content.index(b"Cook County")
    package.write_bytes(content[:at] + b"cook" + content[at + 4 :])
    with pytest.raises(AssertionError):
        run("wacz", "validate", "-f", package)


def test_the_package_has_each_file_of_the_specification(everything: tuple[Captured, ...]) -> None:
    """Nothing is compressed, so that a reader can fetch parts; the pages are the kept files, and not what led there."""
    with zipfile.ZipFile(io.BytesIO(wacz(everything, title="T", description="D"))) as package:
        entries = package.infolist()
        files = {entry.filename: package.read(entry) for entry in entries}
    assert {(entry.compress_type, entry.date_time) for entry in entries} == {
        (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))
    }
    assert list(files) == [
        *("archive/data.warc.gz", "indexes/index.cdx", "pages/pages.jsonl"),
        *("datapackage.json", "datapackage-digest.json"),
    ]
    assert files["archive/data.warc.gz"] == warc(everything)
    digest = json.loads(files["datapackage-digest.json"])
    assert digest["hash"] == f"sha256:{hashlib.sha256(files['datapackage.json']).hexdigest()}"
    first, *pages = map(json.loads, files["pages/pages.jsonl"].splitlines())
    assert first["format"] == "json-pages-1.0"
    assert [page["url"] for page in pages] == [
        *(each.exchange.url for each in everything if each.exchange),
        "file:///some%20where/%C3%A9.csv",
    ]


def test_each_line_of_the_index_leads_to_its_record(everything: tuple[Captured, ...]) -> None:
    """By place and length alone, as a reader in a browser does it."""
    with zipfile.ZipFile(io.BytesIO(wacz(everything, title="T", description="D"))) as package:
        content = package.read("archive/data.warc.gz")
        lines = package.read("indexes/index.cdx").decode().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == len(headed(content, "response")) + len(headed(content, "resource"))
    for line in lines:
        key, at, fields = line.split(" ", 2)
        entry = json.loads(fields)
        start, length = int(entry["offset"]), int(entry["length"])
        (record,) = ArchiveIterator(io.BytesIO(content[start : start + length]))
        assert record.rec_headers["WARC-Target-URI"] == entry["url"]
        assert record.rec_headers["WARC-Payload-Digest"] == entry["digest"]
        assert re.sub(r"\D", "", record.rec_headers["WARC-Date"])[:14] == at
        assert key == reference_surt(entry["url"])
        assert (record.http_headers.get_statuscode() if record.http_headers else None) == entry.get("status")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.ice.gov/doclib/A%20B.XLSX",
        "http://EXAMPLE.org:80/",
        "https://example.org:8443/a//b/",
        "https://www2.example.org/x?b=2&a=%2F",
        "https://example.org/%7Ea%c3%a9?",
        "https://web.archive.org/web/2025id_/https://www.ice.gov/x.pdf?q=1",
        "http://127.0.0.1/x",
        "file:///tmp/a",
    ],
)
def test_the_key_of_an_index_is_the_one_of_other_indexes(url: str) -> None:
    """The Internet Archive's own program makes the same."""
    assert surt(url) == reference_surt(url)


# --- what is played back ---


def test_what_warcio_plays_back_is_what_was_kept(answers: dict[str, Captured]) -> None:
    """To the last byte, however it came."""
    for path, answer in answers.items():
        assert answer.exchange is not None
        found = [
            gzip.decompress(record.raw_stream.read()) if path == "/members" else record.content_stream().read()
            for record in ArchiveIterator(io.BytesIO(warc([answer])))
            if record.rec_type == "response" and record.rec_headers["WARC-Target-URI"] == answer.exchange.url
        ]
        assert found == [answer.content], path


def test_an_answer_sent_again_as_it_stands_is_taken_like_the_first(answers: dict[str, Captured]) -> None:
    """The block of a record is an answer that this program takes: it is the same document, and came in the same way."""
    client = Client()
    with Server() as server, client.fetcher:
        for number, answer in enumerate(answers.values()):
            *_, (_, block) = headed(warc([answer]), "response")
            server.pages[f"/{number}"] = raw(block)
            again = client.get(server.address(f"/{number}"))
            assert again.content == answer.content
            assert again.exchange is not None
            assert answer.exchange is not None
            assert (again.exchange.headers, again.exchange.packed) == (answer.exchange.headers, answer.packed)


@needs_pywb
def test_pywb_plays_back_what_was_kept(answers: dict[str, Captured], tmp_path: Path) -> None:
    """The archive that libraries use gives the very bytes under their address, and sends on where it was sent on."""
    file = tmp_path / "data.warc.gz"
    file.write_bytes(warc(list(answers.values())))
    with playing(file, tmp_path) as replay:
        for answer in answers.values():
            assert answer.exchange is not None
            status, _, body = replay.get(answer.exchange.url)
            assert (status, hashlib.sha256(body).hexdigest()) == (200, hashlib.sha256(answer.content).hexdigest())
            for hop in answer.exchange.redirects:
                status, headers, _ = replay.get(hop.url)
                assert status == hop.status
                assert headers["location"].endswith(dict(hop.headers)["Location"])


# --- what stands there ---


def test_the_headers_stand_there_as_they_were_received(answers: dict[str, Captured]) -> None:
    """In their letters and bytes, twice where they came twice."""
    ((_, plain),) = headed(warc([answers["/plain"]]), "response")
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Mixed-CASE: 1\r\nx-mixed-case: 2\r\n"
    assert plain == start + b"Content-Length: %d\r\n\r\n" % len(PAGE.body) + PAGE.body
    ((_, named),) = headed(warc([answers["/named"]]), "response")
    assert b'filename="M\xfcller.html"\r\n' in named
    ((_, old),) = headed(warc([answers["/old"]]), "response")
    assert old.startswith(b"HTTP/1.0 200 Fine\r\nContent-Type: text/html\r\n\r\n<!doctype")


def test_a_packed_body_stands_there_as_it_came(answers: dict[str, Captured]) -> None:
    """Its digest is the one of the packed bytes, as in other archives."""
    for path, packed in (("/packed", PACKED), ("/members", MEMBERS)):
        ((_, block),) = headed(warc([answers[path]]), "response")
        assert block.endswith(b"\r\n\r\n" + packed)


def test_http2_says_so(answers: dict[str, Captured]) -> None:
    """Its text form is made up, and which protocol was spoken is not hidden."""
    content = warc([answers["h2"]])
    ((fields, block),) = headed(content, "response")
    assert block.startswith(b"HTTP/1.1 200 \r\ncontent-type: text/html\r\n")
    protocols = re.findall(r"^WARC-Protocol: (.*)\r$", b"".join(members(content)).decode("latin-1"), re.MULTILINE)
    assert protocols == ["h2", "tls/1.3"] * 2
    assert fields["WARC-IP-Address"] == "127.0.0.1"


def test_redirects_are_records_of_their_own(answers: dict[str, Captured]) -> None:
    """Each with what was asked; that a body was there and was not read is said."""
    content = warc([answers["/moved"]])
    found = headed(content, "response")
    assert [(block.split(b"\r\n")[0], fields.get("WARC-Truncated")) for fields, block in found] == [
        (b"HTTP/1.1 301 Moved Permanently", "unspecified"),
        (b"HTTP/1.1 302 Found", None),
        (b"HTTP/1.1 200 OK", None),
    ]
    asked = headed(content, "request")
    assert [block.split(b"\r\n")[0] for _, block in asked] == [
        b"GET /moved HTTP/1.1",
        b"GET /again HTTP/1.1",
        b"GET /found?b=2&a=1 HTTP/1.1",
    ]
    assert [fields["WARC-Concurrent-To"] for fields, _ in asked] == [fields["WARC-Record-ID"] for fields, _ in found]


def test_the_exchange_stands_there_whose_hash_is_recorded(answers: dict[str, Captured]) -> None:
    """As the very line, so that the hash of the record's block is the hash of the exchange."""
    answer = answers["h2"]
    assert answer.exchange is not None
    ((fields, block),) = headed(warc([answer]), "metadata")
    assert block == canonical(answer.exchange)
    ((response, _),) = headed(warc([answer]), "response")
    assert fields["WARC-Refers-To"] == response["WARC-Record-ID"]


def test_certificates_are_files_that_openssl_reads(answers: dict[str, Captured]) -> None:
    """Named by the hash of their bytes, which is the fingerprint that other tools print."""
    found = headed(warc([answers["h2"]]), "resource")
    assert len(found) == len(answers["h2"].certificates) > 0
    for fields, block in found:
        said = subprocess.run(
            ("openssl", "x509", "-inform", "der", "-noout", "-fingerprint", "-sha256"),
            input=block, capture_output=True, check=True, timeout=DEADLINE,
        ).stdout.decode()  # fmt: skip
        assert said.strip().partition("=")[2].replace(":", "").lower() == hashlib.sha256(block).hexdigest()
        assert fields["WARC-Target-URI"].startswith("ni:///sha-256;")
        assert fields["Content-Type"] == "application/pkix-cert"


def test_an_imported_file_is_a_resource_and_never_an_answer() -> None:
    """Nobody knows how it came."""
    content = warc([IMPORTED])
    ((fields, block),) = headed(content, "resource")
    assert block == IMPORTED.content
    assert (fields["WARC-Date"], fields["Content-Type"]) == (IMPORTED.captured_at, "application/octet-stream")
    assert [headed(content, kind) for kind in ("request", "response", "metadata")] == [[], [], []]


HOSTILE = (
    replace(PLAIN, http_version="HTTP/2", headers=(("x", "1\r\n\r\nHTTP/1.1 200 OK"), ("y\n", "\x00")), reason="\r\n"),
    replace(PLAIN, headers=(("Transfer-Encoding", "chunked"),), http_version="HTTP/2"),
    replace(PLAIN, headers=(("Transfer-Encoding", "CHUNKED"), ("transfer-encoding", "chunked"))),
    replace(PLAIN, headers=(("Content-Length", "9"), ("Content-Length", "1"))),
    replace(PLAIN, url="http://example.org/a\r\nWARC-Type: warcinfo"),
    replace(PLAIN, headers=(("Content-Type", "text/html\r\nx: y"),)),
)


@pytest.mark.parametrize("exchange", HOSTILE)
def test_a_hostile_server_can_t_write_records(exchange: Exchange) -> None:
    """No line break of its is one in a header, so that each record ends where it should."""
    hostile = replace(IMPORTED, exchange=row_of(exchange), content=b"the body")
    content = warc([hostile])
    assert len(list(members(content))) == 4
    ((fields, block),) = headed(content, "response")
    head, _, body = block.partition(b"\r\n\r\n")
    assert head.count(b"\r\n") == len(exchange.headers)
    assert head.count(b"\n") == head.count(b"\r") == len(exchange.headers)
    assert b"the body" in body
    assert "WARC-Type" not in fields["WARC-Target-URI"].split("\n")[1:]
    for record in FastIterator(io.BytesIO(content), parse_http=False):
        assert record.verify_block_digest()


def test_the_same_makes_the_same_bytes(everything: Sequence[Captured]) -> None:
    """Also written in another order, the records of a capture are the same, with the same names."""
    assert warc(everything) == warc(everything)
    assert wacz(everything, title="T", description="D") == wacz(everything, title="T", description="D")
    assert {record.id for record in warc_records(everything[::-1])} == {
        record.id for record in warc_records(everything)
    }
    assert [record.id for record in warc_records([IMPORTED, IMPORTED])] == [
        record.id for record in warc_records([IMPORTED])
    ]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_a_member_is_gzip_as_anybody_reads_it(size: int) -> None:
    """At each number of blocks; the bytes stand in it as they are, whatever library packs or unpacks it."""
    content = bytes(number % 251 for number in range(size))
    assert gzip.decompress(member(content)) == content
    assert len(member(content)) == size + 18 + 5 * max(1, -(-size // 65_535))


# --- out of a state folder ---


def test_what_a_web_archive_sent_is_an_answer_of_the_web_archive(monitor: Commands, archive: ArchiveServer) -> None:
    """Under its address there, never under the publisher's."""
    archive.captures = captured(story())
    assert monitor("backfill", "ice-287g", "--workers", "1").status == 0
    for kept in kept_versions(monitor):
        content = warc([kept])
        ((fields, block),) = headed(content, "response")
        assert fields["WARC-Target-URI"] == kept.url
        assert kept.url.startswith(f"{archive.address}/web/")
        assert b"Memento-Datetime: " in block
        assert block.endswith(kept.content)


def test_polled_versions_come_out_with_their_answers(monitor: Commands, tmp_path: Path) -> None:
    """The one behind a redirect with who sent there; the page packed; each under the address that sent the bytes."""
    monitor.config = tmp_path / "config.yaml"
    with Server(site()) as server:
        text = localized((ROOT / "config.yaml").read_text("utf-8"), CONFIG, server.address(""))
        monitor.config.write_text(text, encoding="utf-8")
        assert monitor("poll", "ice-287g").status == 0
    found = {}
    for kept in kept_versions(monitor):
        *redirects, (fields, block) = headed(warc([kept]), "response")
        assert block.endswith(b"\r\n\r\n" + (kept.packed or kept.content))
        found[fields["WARC-Target-URI"]] = [each["WARC-Target-URI"] for each, _ in redirects]
    page, moved, last, pending = map(
        server.address, (AGREEMENTS, "/participating.xlsx", "/doclib/new.xlsx", "/pending.xlsx")
    )
    assert found == {page: [], last: [moved], pending: []}


def test_imported_versions_come_out_as_resources(monitor: Commands, tmp_path: Path) -> None:
    """With the address and the time that the import said."""
    take(monitor, tmp_path, story())
    found = {(fields["WARC-Target-URI"], fields["WARC-Date"]) for kept in kept_versions(monitor)
             for fields, _ in headed(warc([kept]), "resource")}  # fmt: skip
    assert found == {(file.url, file.at) for file in story()}


def kept_versions(monitor: Commands) -> list[Captured]:
    """All versions of a state folder."""
    files = Archive(monitor.state / "archive")
    with Store(monitor.state) as store:
        kept: list[Any] = [captured_version(store, files, version) for version, _ in queries.all_versions(store)]
    assert kept
    return kept
