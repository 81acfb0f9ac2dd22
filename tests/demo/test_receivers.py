"""The demo's mailbox and room take what the real channels send, and the room is as strict as Slack."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import TypeAdapter

from monitor.alerts import writing
from monitor.channels import channel
from monitor.config.channels import ChannelDescription
from monitor.demo.receivers import Mailbox, Room
from monitor.errors import TransportError
from tests.support.messages import alert, full, hostile, huge

if TYPE_CHECKING:
    from monitor.alerts.message import Message
    from monitor.channels import Channel

DESCRIPTION: TypeAdapter[ChannelDescription] = TypeAdapter(ChannelDescription)
MESSAGES = [alert(), full(), hostile(), huge()]
SECTION = {"type": "section", "text": {"type": "plain_text", "text": "x"}}


def desk(mailbox: Mailbox) -> Channel:
    """A channel to the mailbox, as the configuration describes one."""
    tree = {"kind": "email", "server": mailbox.address, "tls": "none", "sender": "m@example.org", "to": "d@example.org"}
    return channel("desk", DESCRIPTION.validate_python(tree))


def room_channel(room: Room) -> Channel:
    """A channel to the room."""
    return channel("room", DESCRIPTION.validate_python({"kind": "slack", "url": room.address}))


def text(length: int, kind: str = "plain_text") -> dict[str, str]:
    """A text of so many characters."""
    return {"type": kind, "text": "x" * length}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_mail_arrives_with_its_pictures(message: Message) -> None:
    """The mailbox has the mail when the channel says that it was sent."""
    with Mailbox() as mailbox:
        desk(mailbox).send(message)
        (mail,) = mailbox.received
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content().replace("\r\n", "\n") == writing.html(message)
    pictures = [each.get_content() for each in mail.walk() if each.get_content_type() == "image/png"]
    assert pictures == [each.content for each in message.pictures]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_post_arrives(message: Message) -> None:
    """The room has the payload as it was sent."""
    with Room() as room:
        room_channel(room).send(message)
        assert room.received == [writing.slack(message)]
        assert room.refused == []


def test_what_comes_in_keeps_its_order() -> None:
    """One mailbox takes one mail after the other, from several connections."""
    with Mailbox() as mailbox:
        for number in range(5):
            desk(mailbox).send(alert(subject=f"Alert {number}"))
        assert [each["subject"] for each in mailbox.received] == [f"Alert {number}" for number in range(5)]


@pytest.mark.parametrize(
    "blocks",
    [
        [SECTION] * 51,
        [{"type": "header", "text": text(151)}],
        [{"type": "header", "text": text(5, "mrkdwn")}],
        [{"type": "section", "text": text(3_001)}],
        [{"type": "section", "text": text(0)}],
        [{"type": "section"}],
        [{"type": "context", "elements": [text(1)] * 11}],
        [{"type": "context", "elements": []}],
        [{"type": "sektion", "text": text(1)}],
        ["text"],
        "text",
    ],
)
def test_blocks_beyond_the_limits_are_refused(blocks: Any) -> None:
    """The answer is Slack's: 400 and `invalid_blocks`; nothing counts as received."""
    with Room() as room:
        answer = httpx.post(room.address, json={"text": "x", "blocks": blocks}, trust_env=False, timeout=600)
        assert (answer.status_code, answer.text) == (400, "invalid_blocks")
        assert room.received == []
        assert len(room.refused) == 1


@pytest.mark.parametrize(
    "blocks",
    [
        [SECTION] * 50,
        [{"type": "header", "text": text(150), "block_id": "a"}, {"type": "divider"}],
        [{"type": "section", "text": text(3_000, "mrkdwn")}],
        [{"type": "context", "elements": [text(3_000)] * 10}],
    ],
)
def test_blocks_at_the_limits_are_taken(blocks: Any) -> None:
    """What Slack documents as allowed is allowed."""
    with Room() as room:
        answer = httpx.post(room.address, json={"text": "x", "blocks": blocks}, trust_env=False, timeout=600)
        assert (answer.status_code, answer.text) == (200, "ok")


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[]", b'{"blocks": []}', json.dumps({"text": ""}).encode()])
def test_what_is_no_payload_is_refused(content: bytes) -> None:
    """A body that is no message at all is called so."""
    with Room() as room:
        answer = httpx.post(room.address, content=content, trust_env=False, timeout=600)
        assert (answer.status_code, answer.text) == (400, "invalid_payload")


def test_after_its_end_nothing_is_taken() -> None:
    """A closed mailbox and a closed room are down for the channels, and leave no thread."""
    with Mailbox() as mailbox, Room() as room:
        channels = desk(mailbox), room_channel(room)
    assert not {"mailbox", "room"} & {each.name for each in threading.enumerate()}
    for each in channels:
        with pytest.raises(TransportError) as caught:
            each.send(alert())
        assert not caught.value.permanent
