"""Slack and webhooks against a real endpoint: what is taken, what each answer means, and that it ends in time."""

from __future__ import annotations

import base64
import json
import ssl
import tracemalloc
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import standardwebhooks
import trustme

from monitor.channels.slack import Slack
from monitor.channels.webhook import Webhook, payload
from monitor.config.secrets import Secret
from monitor.errors import TransportError
from monitor.fetch.route import Route
from tests.support.messages import CHECKPOINT, HEAD, HOSTILE, LOG, SITE, alert, full, hostile, huge, linked
from tests.support.servers import Request, Server, raw
from tests.support.slack_endpoint import CUT, DRIP, HANG, Answer, Endpoint, slack_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.alerts.message import Message
    from monitor.channels import Channel

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
KINDS = ["slack", "webhook"]


def channel(kind: str, address: str, **options: Any) -> Channel:
    """A channel to an address."""
    given = {"url": Secret(value=address), "seconds": 5.0, **options}
    if kind == "slack":
        return Slack("room", **given)
    return Webhook("hook", **{"secret": Secret(value=SECRET), **given})


def fault(sender: Channel, message: Message | None = None) -> TransportError:
    """What sending raises."""
    with pytest.raises(TransportError) as raised:
        sender.send(message or alert())
    return raised.value


@pytest.mark.parametrize(
    "message",
    [alert(), full(), hostile(), huge(), linked()],
    ids=["plain", "full", "hostile", "huge", "linked"],
)
def test_slack_takes_every_alert(message: Message) -> None:
    """An endpoint that enforces the documented limits takes plain, hostile and huge alerts."""
    with Endpoint(check=slack_limits) as endpoint:
        channel("slack", endpoint.address("/services/T0/B0/key")).send(message)
    (posted,) = endpoint.posted
    assert posted.path == "/services/T0/B0/key"
    assert posted.headers["content-type"] == "application/json"
    assert posted.headers["user-agent"].startswith("monitor/")


def test_the_endpoint_is_as_strict_as_slack() -> None:
    """What Slack refuses, this endpoint refuses: too many blocks, too long a text, a control character."""
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
    for blocks in (
        [section] * 51,
        [{**section, "text": {"type": "plain_text", "text": "x" * 3_001}}],
        [],
        [{"type": "x"}],
    ):
        assert slack_limits(json.dumps({"text": "x", "blocks": blocks}).encode()) == "invalid_blocks"
    assert slack_limits(json.dumps({"text": "<!channel>", "blocks": [section]}).encode()) == "invalid_payload"
    long = [{**section, "text": {"type": "plain_text", "text": "x" * 2_900}}] * 5
    assert slack_limits(json.dumps({"text": "x", "blocks": long}).encode()) == "msg_blocks_too_long"


@pytest.mark.parametrize("message", [alert(), hostile(), huge()], ids=["plain", "hostile", "huge"])
def test_a_webhook_is_signed_as_the_specification_says(message: Message) -> None:
    """The reference library verifies it, and finds all amendments in it."""
    with Endpoint() as endpoint:
        channel("webhook", endpoint.address("/hook")).send(message)
    (posted,) = endpoint.posted
    body = standardwebhooks.Webhook(SECRET).verify(posted.content, posted.headers)
    assert body["type"] == "alert"
    assert body["timestamp"] == message.created_at
    assert body["data"]["id"] == message.id
    assert body["data"]["entries"] == [entry.to_json() for entry in message.entries]
    assert body["data"]["head"] == message.head
    assert body["data"]["evidence"][0]["file"]["sha256"] == message.files[0].file.sha256


def test_a_webhooks_body_says_what_the_alert_says() -> None:
    """Subject, notes, evidence, whether it was a silent replacement, and how to see the log."""
    with Endpoint() as endpoint:
        channel("webhook", endpoint.address()).send(full())
    data = endpoint.payloads[0]["data"]
    assert data["subscription"] == "texas"
    assert data["subject"] == full().subject
    assert data["notes"] == ["pending: first seen, 41 records"]
    assert data["evidence"][0]["silent"] is True
    assert (data["head"], data["log"]) == (HEAD, LOG)
    assert data["checkpoint"] == {"size": CHECKPOINT.size, "root": CHECKPOINT.root, "key": CHECKPOINT.key}


def test_a_repeated_webhook_has_the_same_id() -> None:
    """Each attempt has a time of its own, and the id of the alert."""
    times = iter([datetime(2025, 7, 4, 14, 1, tzinfo=UTC), datetime(2025, 7, 4, 14, 9, tzinfo=UTC)])
    with Endpoint(answers=[CUT]) as endpoint:
        hook = channel("webhook", endpoint.address(), now=lambda: next(times))
        assert not fault(hook).permanent
        hook.send(alert())
    first, second = (each.headers for each in endpoint.posted)
    assert first["webhook-id"] == second["webhook-id"] == alert().id
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 480
    assert first["webhook-signature"] != second["webhook-signature"]


def test_a_webhook_without_a_secret_is_sent_without_a_signature() -> None:
    """It has its id and its time all the same."""
    with Endpoint() as endpoint:
        channel("webhook", endpoint.address(), secret=None).send(alert())
    (posted,) = endpoint.posted
    assert posted.headers["webhook-id"] == alert().id
    assert "webhook-timestamp" in posted.headers
    assert "webhook-signature" not in posted.headers


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!", "whsec_c2hvcnQ=", "no base64 at all"])
def test_a_webhook_secret_that_is_none_is_told(secret: str) -> None:
    """A short or misspelt secret ends before anything is sent, and is not repeated."""
    with Endpoint() as endpoint:
        raised = fault(channel("webhook", endpoint.address(), secret=Secret(value=secret)))
    assert raised.permanent
    assert raised.disables
    assert secret.removeprefix("whsec_") == "" or secret not in str(raised)
    assert not endpoint.posted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_2xx_is_taken(kind: str, status: int) -> None:
    """Any of them ends the matter."""
    with Endpoint(answers=[Answer(status=status, body=b"")]) as endpoint:
        channel(kind, endpoint.address()).send(alert())
    assert len(endpoint.posted) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"Content-Length: 9\r\n\r\nabc", b"Content-Encoding: br\r\n\r\nabc"])
def test_2xx_is_taken_whatever_its_body_is(kind: str, body: bytes) -> None:
    """One that breaks off, or that can't be unpacked, would otherwise make the alert come twice."""
    with Server({"/": raw(b"HTTP/1.1 200 OK\r\n" + body)}) as server:
        channel(kind, server.address()).send(alert())
        assert server.paths() == ["/"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_without_end_costs_little_memory(kind: str, status: int) -> None:
    """Its first bytes are enough: what is taken is taken, and what is refused is tried again."""

    def endless(_: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 %d Odd\r\n\r\n" % status
        while True:
            yield b"x" * 65_536

    with Server({"/": endless}) as server:
        tracemalloc.start()
        with suppress(TransportError) if status == 500 else nullcontext():
            channel(kind, server.address()).send(alert())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert server.paths() == ["/"]
    assert peak < 5_000_000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"no_service\xff", b"x" * 1_000_000, b"no_service is " + SECRET.encode()])
def test_an_explanation_that_is_no_word_is_not_shown(kind: str, body: bytes) -> None:
    """The status alone is told."""
    with Endpoint(answers=[Answer(status=404, body=body)]) as endpoint:
        raised = fault(channel(kind, endpoint.address()))
    assert raised.disables
    assert str(raised).endswith("answered 404; see whether its address is still right")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_told_so(kind: str, status: int) -> None:
    """Too many requests and a server's own faults are no reason to give up."""
    with Endpoint(answers=[Answer(status=status, body=b"")]) as endpoint:
        raised = fault(channel(kind, endpoint.address()))
    assert not raised.permanent
    assert raised.retry_after is None
    assert f"answered {status}" in str(raised)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_passed_on(kind: str, status: int) -> None:
    """The receiver says when to come back."""
    answer = Answer(status=status, body=b"", headers=(("Retry-After", "30"),))
    with Endpoint(answers=[answer]) as endpoint:
        assert fault(channel(kind, endpoint.address())).retry_after == 30.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "disables"), [(400, False), (413, False), (401, True), (403, True), (404, True), (410, True)]
)
def test_other_4xx_are_permanent(kind: str, status: int, *, disables: bool) -> None:
    """They concern this alert, or, where the address itself is refused, all of them."""
    with Endpoint(answers=[Answer(status=status, body=b"no_service")]) as endpoint:
        raised = fault(channel(kind, endpoint.address()))
    assert raised.permanent
    assert raised.disables is disables
    assert f"answered {status} no_service" in str(raised)


@pytest.mark.parametrize("kind", KINDS)
def test_no_redirect_is_followed(kind: str) -> None:
    """What is secret goes to the address that was configured, and nowhere else."""
    with Endpoint() as other:
        answer = Answer(status=307, body=b"", headers=(("Location", other.address("/elsewhere")),))
        with Endpoint(answers=[answer]) as endpoint:
            raised = fault(channel(kind, endpoint.address()))
    assert raised.permanent
    assert "redirect" in str(raised)
    assert not other.posted


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_is_cut_may_pass(kind: str) -> None:
    """Whether it was taken is not known, so it is sent again."""
    with Endpoint(answers=[CUT]) as endpoint:
        sender = channel(kind, endpoint.address())
        assert not fault(sender).permanent
        sender.send(alert())
    assert len(endpoint.posted) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", [HANG, DRIP], ids=["hang", "drip"])
def test_an_endpoint_that_hangs_ends_at_the_time_limit(kind: str, how: Answer) -> None:
    """Silence, and bytes that drip, take no longer than one attempt may."""
    with Endpoint(answers=[how]) as endpoint:
        raised = fault(channel(kind, endpoint.address(), seconds=0.3))
    assert not raised.permanent
    assert "no answer within 0.3 seconds" in str(raised)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_there_may_pass(kind: str) -> None:
    """A refused connection is tried again."""
    with Endpoint() as endpoint:
        pass
    raised = fault(channel(kind, endpoint.address()))
    assert not raised.permanent
    assert "refused" in str(raised)


@pytest.mark.parametrize("kind", KINDS)
def test_https_is_verified(kind: str) -> None:
    """A certificate of a known authority is needed; without one nothing is sent, and it may pass."""
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    with Endpoint(tls=theirs) as endpoint:
        raised = fault(channel(kind, endpoint.address(), route=Route(tls=lambda: ours)))
        assert not raised.permanent
        assert "TLS: " in str(raised)
        assert not endpoint.posted
        authority.configure_trust(ours)
        channel(kind, endpoint.address(), route=Route(tls=lambda: ours)).send(alert())
    assert len(endpoint.posted) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "address",
    ["hooks.slack.com/x", "ftp://127.0.0.1/x", "http://", "http://[::1", "http://127.0.0.1:0/"],
)
def test_an_address_that_is_none_is_permanent(kind: str, address: str) -> None:
    """It needs a person."""
    raised = fault(channel(kind, address))
    assert raised.permanent
    assert raised.disables


def test_a_login_in_the_address_is_sent_as_one() -> None:
    """A webhook behind basic authentication works."""
    with Endpoint() as endpoint:
        channel("webhook", endpoint.address("/hook?a=b", login="user:pass@")).send(alert())
    (posted,) = endpoint.posted
    assert posted.headers["authorization"] == "Basic " + base64.b64encode(b"user:pass").decode()
    assert posted.path == "/hook?a=b"
    assert "@" not in posted.headers["host"]


def test_hostile_text_makes_no_header() -> None:
    """An id with line breaks is sent as a hash of it."""
    with Endpoint() as endpoint:
        channel("webhook", endpoint.address()).send(hostile())
    (posted,) = endpoint.posted
    assert "bcc" not in posted.headers
    assert len(posted.headers["webhook-id"]) == 64
    assert endpoint.payloads[0]["data"]["notes"] == list(HOSTILE)


@pytest.mark.parametrize("word", ["invalid_blocks", "msg_blocks_too_long"])
def test_an_alert_whose_blocks_are_refused_goes_once_more_as_text(word: str) -> None:
    """Slack gets it without blocks; it is the same alert, and nothing in it is formatted."""
    with Endpoint(answers=[Answer(status=400, body=word.encode())]) as endpoint:
        channel("slack", endpoint.address()).send(full())
    blocks, text = endpoint.payloads
    assert "blocks" in blocks
    assert set(text) == {"text", "mrkdwn", "unfurl_links"}
    assert not text["mrkdwn"]
    assert text["text"].startswith(full().subject)
    assert "Greens Forks Police Department" in text["text"]


def test_an_alert_that_is_refused_as_text_too_is_given_up() -> None:
    """It is tried twice, not for ever."""
    refused = Answer(status=400, body=b"invalid_blocks")
    with Endpoint(answers=[refused, refused]) as endpoint:
        found = fault(channel("slack", endpoint.address()))
    assert found.permanent
    assert len(endpoint.posted) == 2


def test_another_refusal_is_not_tried_again_as_text() -> None:
    """Slack refuses the address, not the form."""
    with Endpoint(answers=[Answer(status=403, body=b"invalid_token")]) as endpoint:
        assert fault(channel("slack", endpoint.address())).disables
    assert len(endpoint.posted) == 1


def test_a_webhook_has_the_pages_of_each_entry() -> None:
    """They stand beside the entries, which stay as the log prints them; no path of the server is in it."""
    data: Any = payload(linked())["data"]
    assert data["pages"][0]["page"] == f"{SITE}/amendment/812"
    assert data["evidence"][0]["file"]["kept"] == f"{SITE}/file/{'9f' * 32}"
    assert data["log"].startswith(f"{SITE}/log?")
