"""The demo's web server keeps the rules of HTTP that a poller relies on."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from monitor.demo.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2017, 3, 20, 14, 0, 5, 999, tzinfo=UTC)
PATH = "/doclib/ddor/a.pdf"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A server with one document."""
    with Publisher() as publisher:
        publisher.publish(PATH, b"first", content_type="application/pdf", at=AT)
        yield publisher


@pytest.fixture
def client(publisher: Publisher) -> Iterator[httpx.Client]:
    """A client of that server, over one connection."""
    with httpx.Client(base_url=publisher.address, trust_env=False, timeout=600) as client:
        yield client


def test_a_document_is_served_with_its_validators(client: httpx.Client) -> None:
    """200 carries the bytes, their length and type, a strong tag from their SHA-256, and the time."""
    answer = client.get(PATH)
    assert (answer.status_code, answer.content, answer.http_version) == (200, b"first", "HTTP/1.1")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == "5"
    assert answer.headers["etag"] == f'"{hashlib.sha256(b"first").hexdigest()}"'
    assert answer.headers["last-modified"] == "Mon, 20 Mar 2017 14:00:05 GMT"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_known_tag_is_answered_by_304(client: httpx.Client, form: str) -> None:
    """If-None-Match with the current tag, weak, among others, or as a star, gets 304 and no body."""
    tag = client.get(PATH).headers["etag"]
    answer = client.get(PATH, headers={"If-None-Match": form.format(tag)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


def test_a_time_that_is_not_earlier_is_answered_by_304(client: httpx.Client) -> None:
    """If-Modified-Since gets 304 from the second of the publication on, and 200 before it or where it is no date."""
    got = {
        since: client.get(PATH, headers={"If-Modified-Since": since}).status_code
        for since in (
            format_datetime(AT, usegmt=True),
            format_datetime(AT - timedelta(seconds=1), usegmt=True),
            "yesterday",
        )
    }
    assert list(got.values()) == [304, 200, 200]


def test_the_tag_rules_over_the_time(client: httpx.Client) -> None:
    """An unknown tag gets the bytes, though the time alone would say that nothing changed."""
    headers = {"If-None-Match": '"other"', "If-Modified-Since": format_datetime(AT, usegmt=True)}
    assert client.get(PATH, headers=headers).status_code == 200


def test_replaced_content_is_served_under_the_old_path(publisher: Publisher, client: httpx.Client) -> None:
    """After a silent replacement neither the old tag nor the old time gets 304."""
    old = client.get(PATH).headers
    publisher.publish(PATH, b"second", content_type="application/pdf", at=AT + timedelta(hours=5))
    by_tag = client.get(PATH, headers={"If-None-Match": old["etag"]})
    by_time = client.get(PATH, headers={"If-Modified-Since": old["last-modified"]})
    assert [by_tag.content, by_time.content] == [b"second", b"second"]


def test_what_is_not_there_is_answered_by_a_page(publisher: Publisher, client: httpx.Client) -> None:
    """404 with "Page Not Found" in HTML: for a path never published, and for one that was withdrawn."""
    publisher.withdraw(PATH)
    for path in ("/nothing", PATH):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "Page Not Found" in answer.text
    with pytest.raises(KeyError):
        publisher.withdraw(PATH)


def test_head_answers_like_get_without_a_body(client: httpx.Client) -> None:
    """HEAD tells length and tag, and leaves the connection usable."""
    answer = client.head(PATH)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "5", b"")
    assert client.get(PATH).content == b"first"


def test_a_closed_publisher_no_longer_answers() -> None:
    """After the block nothing listens at the address."""
    with Publisher() as publisher:
        address = publisher.address
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False, timeout=600)


def test_the_server_says_nothing(client: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    """Requests, found or not, leave no line on the terminal."""
    client.get(PATH)
    client.get("/nothing")
    assert capfd.readouterr() == ("", "")
