"""Answers are packed with gzip for readers who take that, and are the same for those who don't."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

import pytest

from monitor.web import assets
from monitor.web.context import Access
from tests.web.conftest import serving_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Served

TEXTS = (
    "/", "/log", "/map", "/amendment/1", "/api/log", "/api/openapi.json", "/log.csv", "/log.json?kind=removed",
    "/log.atom", "/log.ics", "/static/style.css", "/static/outlines-us.svg", "/static/outlines-48.svg",
)  # fmt: skip
PLAIN = {"accept-encoding": "identity"}
PACKED = {"accept-encoding": "br, GZIP;q=0.5"}


@pytest.mark.parametrize("path", TEXTS)
def test_a_packed_answer_is_the_same_text(served: Served, path: str) -> None:
    """It takes fewer bytes, says that it is packed, and that it depends on what the reader takes."""
    plain, packed = served.get(path, **PLAIN), served.get(path, **PACKED)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.num_bytes_downloaded < plain.num_bytes_downloaded
    assert plain.headers.get("vary") == packed.headers.get("vary") == "Accept-Encoding"


@pytest.mark.parametrize(
    "asked", ["", "identity", "gzip;q=0", "gzip; q=0.0", "br, gzip;q=0, *", "*, gzip;q=0", "x-gzip"]
)
def test_nobody_gets_what_was_not_asked_for(served: Served, asked: str) -> None:
    """Whoever takes no gzip gets the text as it is; gzip that is ruled out is not brought back by an asterisk."""
    assert "content-encoding" not in served.get("/log", **{"accept-encoding": asked}).headers


def test_what_is_packed_already_or_has_a_hash_is_sent_as_it_is(served: Served) -> None:
    """Pictures, kept files and packets of evidence."""
    sha256 = served.log()[0]["version"]
    for path in ("/amendment/1/before.png", f"/file/{sha256}", "/amendment/1/exhibit.zip"):
        answer = served.get(path, **PACKED)
        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers
    assert hashlib.sha256(served.get(f"/file/{sha256}", **PACKED).content).hexdigest() == sha256


@pytest.mark.parametrize("path", ["/", "/log", "/log.csv", "/api/log"])
def test_the_tag_of_a_packed_answer_is_weak_and_known_again(served: Served, path: str) -> None:
    """The tag is the same but for that, since the bytes are others; either is answered with 304 in its own form."""
    plain, packed = served.get(path, **PLAIN), served.get(path, **PACKED)
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    for first in (plain, packed):
        again = served.get(path, **PACKED, **{"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["vary"] == "Accept-Encoding"


def test_an_answer_behind_a_password_depends_on_both(history: Path) -> None:
    """On the password, and on what the reader takes; no shared cache keeps it."""
    with serving_of(history, Access(password="correct horse")) as served:
        refused = served.get("/log", **PACKED)
        answer = served.client.get(served.address + "/log", auth=("", "correct horse"), headers=PACKED)
    assert refused.status_code == 401
    assert "content-encoding" not in refused.headers
    assert answer.headers["content-encoding"] == "gzip"
    assert {each.strip() for each in answer.headers["vary"].split(",")} == {"Accept-Encoding", "Authorization"}
    assert answer.headers["cache-control"] == "private, no-cache"


def test_every_static_file_is_kept_for_a_year(served: Served) -> None:
    """By its name; others are not there."""
    for name in assets.asset_names():
        answer = served.get(f"/static/{name}")
        assert answer.content == assets.asset(name) == gzip.decompress(assets.packed_asset(name))
        assert answer.headers["content-type"] == assets.media_type(name)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "x-content-type-options" in answer.headers
    for name in ("nothing.css", "outlines-72.svg", "..%2fstyle.css", "%2e%2e%2fcontext.py"):
        assert served.get(f"/static/{name}").status_code == 404


def test_the_front_page_and_the_map_are_small(served: Served) -> None:
    """At most 50 KB on the way, and no outlines in them."""
    for path in ("/", "/map", "/map?source=dhs-sanctuary&at=2025-05-31"):
        answer = served.get(path, **PACKED)
        assert answer.num_bytes_downloaded <= 50_000
        assert "/static/outlines-us.svg?" in answer.text
