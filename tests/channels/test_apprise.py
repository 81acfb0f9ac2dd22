"""Apprise against a real endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from apprise import Apprise
from apprise.plugins.discord import NotifyDiscord

from monitor.channels.apprise import Anywhere, fitted
from monitor.config.secrets import Secret
from monitor.errors import TransportError
from tests.support.messages import LOG, alert, full, hostile, huge
from tests.support.slack_endpoint import HANG, Answer, Endpoint

if TYPE_CHECKING:
    from monitor.alerts.message import Message

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # by a library that Apprise tries


def anywhere(endpoint: Endpoint, scheme: str = "json", seconds: float = 5.0) -> Anywhere:
    """A channel by Apprise to the endpoint."""
    address = endpoint.address("/notify").replace("http", scheme, 1)
    return Anywhere("other", url=Secret(value=address), seconds=seconds)


def test_an_alert_arrives_as_title_and_text() -> None:
    """The service gets the subject and the text."""
    with Endpoint() as endpoint:
        anywhere(endpoint).send(full())
    (payload,) = endpoint.payloads
    assert payload["title"] == full().subject
    assert "+ now: Greens Forks Police Department" in payload["message"]


def test_what_a_service_does_not_take_is_counted() -> None:
    """A text over the service's limit is cut, with the number of amendments left out and the way to see them."""
    with Endpoint() as endpoint:
        anywhere(endpoint).send(huge())
    (payload,) = endpoint.payloads
    assert len(payload["message"]) <= 32_768
    assert " more of 1,000 amendments" in payload["message"]
    assert LOG in payload["message"]


def test_nobody_is_called() -> None:
    """Text that would call on a room in one service or another is broken up."""
    with Endpoint() as endpoint:
        anywhere(endpoint).send(hostile())
    content = endpoint.payloads[0]["message"] + endpoint.payloads[0]["title"]
    assert not any(call in content for call in ("@channel", "@everyone", "<!", "<@"))


def test_a_service_that_refuses_may_pass() -> None:
    """Apprise does not say why, so it is tried again."""
    with Endpoint(answers=[Answer(status=500, body=b"")]) as endpoint:
        channel = anywhere(endpoint)
        with pytest.raises(TransportError, match="channel other: JSON did not take it") as raised:
            channel.send(alert())
        assert not raised.value.permanent
        channel.send(alert())
    assert len(endpoint.posted) == 2


def test_a_service_that_hangs_ends_at_the_time_limit() -> None:
    """Silence takes no longer than one attempt may."""
    with Endpoint(answers=[HANG]) as endpoint, pytest.raises(TransportError) as raised:
        anywhere(endpoint, seconds=0.3).send(alert())
    assert not raised.value.permanent


@pytest.mark.parametrize("address", ["nosuch://x", "words", "slack://x", "mailto://"])
def test_an_address_that_apprise_does_not_know_is_permanent(address: str) -> None:
    """It needs a person."""
    with pytest.raises(TransportError) as raised:
        Anywhere("other", url=Secret(value=address)).send(alert())
    assert raised.value.permanent
    assert raised.value.disables


def discord(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Anywhere:
    """A channel to Discord, whose address is that of the endpoint."""
    monkeypatch.setattr(NotifyDiscord, "notify_url", endpoint.address("/api/webhooks"))
    return Anywhere("other", url=Secret(value="discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"), seconds=5.0)


@pytest.mark.parametrize("extra", range(0, 400, 37))
def test_title_and_text_together_are_within_the_limit(extra: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord takes 2,000 characters, of which Apprise uses some for the title: the short form is sent in time."""
    message = alert(subject="287(g), participating: 1 added in Texas", notes=("x " * (500 + extra // 2),))
    with Endpoint(answers=[Answer(status=204, body=b"")]) as endpoint:
        discord(endpoint, monkeypatch).send(message)
    (payload,) = endpoint.payloads
    assert len(payload["content"].encode("utf-16-le")) // 2 <= 2_000
    assert payload["content"].count(message.subject) == 1


def test_characters_that_take_two_units_count_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of 1,500 such characters is cut."""
    with Endpoint(answers=[Answer(status=204, body=b"")]) as endpoint:
        discord(endpoint, monkeypatch).send(alert(notes=("\U0001d538" * 1_500,)))
    (payload,) = endpoint.payloads
    assert len(payload["content"].encode("utf-16-le")) // 2 <= 2_000


@pytest.mark.parametrize(
    "address",
    ["json://127.0.0.1", "kodi://127.0.0.1", "mastodon://token@example.org", "tgram://123456789:abcdefg_hijklmnop/1"],
)
@pytest.mark.parametrize("message", [full(), huge(), hostile(), alert(subject="s" * 3_000)])
def test_every_alert_fits_every_service(address: str, message: Message) -> None:
    """Whatever the limits of a service are, title and text are within them, and its number of lines too."""
    service = Apprise.instantiate(address)
    assert service is not None
    title, body = fitted(message, service)
    joined = f"{title}\r\n{body}" if service.title_maxlen <= 0 else body
    assert len(joined.rstrip()) <= service.body_maxlen
    assert service.title_maxlen <= 0 or len(title) <= service.title_maxlen
    assert not service.body_max_line_count or joined.rstrip().count("\n") < service.body_max_line_count
