"""Apprise against a real endpoint."""

from __future__ import annotations

import pytest

from monitor.channels.apprise import Anywhere
from monitor.config.secrets import Secret
from monitor.errors import TransportError
from tests.support.messages import LOG, alert, full, hostile, huge
from tests.support.slack_endpoint import HANG, Answer, Endpoint

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
