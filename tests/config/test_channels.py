"""The channels of a configuration: what may stand there, and what each fault is called."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from monitor.channels import channel
from monitor.channels.apprise import Anywhere
from monitor.channels.atom import Atom
from monitor.channels.mail import Mail
from monitor.channels.slack import Slack
from monitor.channels.webhook import Webhook
from monitor.config.channels import KINDS, ChannelDescription, EmailChannel, SlackChannel
from tests.support.messages import alert
from tests.support.slack_endpoint import Endpoint, slack_limits
from tests.support.smtp import MailServer

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # by a library that Apprise tries
READER: TypeAdapter[ChannelDescription] = TypeAdapter(ChannelDescription)
SECRET = "https://hooks.slack.com/services/T0/B0/hunter2"
EMAIL = {
    "kind": "email",
    "server": "smtp://mail.example.org",
    "sender": "monitor@example.org",
    "to": "desk@example.org",
}
EXAMPLES: dict[str, tuple[dict[str, Any], type]] = {
    "desk": (
        {
            **EMAIL,
            "server": "smtp://127.0.0.1:2525",
            "to": ["desk@example.org"],
            "login_file": "login",
            "tls": "starttls",
        },
        Mail,
    ),
    "room": ({"kind": "slack", "url": SECRET}, Slack),
    "hook": ({"kind": "webhook", "url": "https://example.org/hook", "secret_file": "secret"}, Webhook),
    "other": ({"kind": "apprise", "url_env": "APPRISE_URL"}, Anywhere),
    "feed": ({"kind": "atom", "path": "state/feeds/texas.xml"}, Atom),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_the_design_are_channels(name: str) -> None:
    """Each kind is read, and makes its channel without reading a secret."""
    described, kind = EXAMPLES[name]
    read = READER.validate_python(described)
    assert type(read) is KINDS[described["kind"]]
    assert isinstance(channel(name, read), kind)


@pytest.mark.parametrize(("tls", "port"), [(None, 587), ("starttls", 587), ("tls", 465), ("none", 25)])
def test_a_server_without_a_port_has_the_usual_one(tls: str, port: int) -> None:
    """By its kind of TLS."""
    read = READER.validate_python({**EMAIL, "tls": tls})
    assert isinstance(read, EmailChannel)
    assert (read.host, read.port) == ("mail.example.org", port)
    assert read.to == ("desk@example.org",)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ({}, "say its kind: one of email, slack, webhook, apprise, atom"),
        ({"kind": "fax"}, "say its kind: one of"),
        ({**EMAIL, "server": "mail.example.org"}, "is no mail server; write it like smtp://"),
        ({**EMAIL, "server": "smtp://"}, "is no mail server"),
        ({**EMAIL, "server": "smtp://a:99999"}, "is no mail server"),
        ({**EMAIL, "server": "smtp://user:hunter2@a"}, "put it into a file"),
        ({**EMAIL, "to": []}, "at least 1 item"),
        ({**EMAIL, "to": "Desk <desk@example.org>"}, "is no mail address; write it like"),
        ({**EMAIL, "sender": "desk@example.org\r\nBcc: x@y"}, "is no mail address"),
        ({**EMAIL, "tls": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({**EMAIL, "tls": "none", "login_file": "x"}, "would send the password in the clear"),
        ({**EMAIL, "login_file": "x", "login_env": "Y"}, "say login_file or login_env, not both"),
        ({**EMAIL, "login_env": "$LOGIN"}, "without a dollar sign"),
        ({"kind": "slack"}, "say url by one of url, url_file, url_env"),
        ({"kind": "slack", "url": SECRET, "url_env": "X"}, "say url or url_env, not both"),
        ({"kind": "slack", "url": "hunter2"}, "is no web address; it starts with https://"),
        ({"kind": "webhook", "secret_file": "x"}, "say url by one of"),
        ({"kind": "webhook", "url": SECRET, "secret_file": "x", "secret_env": "X"}, "say secret_file or secret_env"),
        ({"kind": "slack", "url": SECRET, "proxy": "http://clerk:hunter2@proxy:3128"}, "name that with proxy_file"),
        ({"kind": "slack", "url": SECRET, "proxy": "http://p:1", "proxy_env": "P"}, "say proxy or proxy_env, not both"),
        ({"kind": "apprise", "url_env": "X", "proxy": "socks5://hunter2.test:1"}, "SOCKS proxies can't be used"),
        ({"kind": "apprise"}, "say url by one of"),
        ({"kind": "atom"}, "Field required"),
        ({"kind": "slack", "url": SECRET, "room": "x"}, "Extra inputs"),
    ],
)
def test_each_fault_is_a_sentence(described: dict[str, Any], said: str) -> None:
    """It says what to write instead, and repeats no secret."""
    with pytest.raises(ValidationError) as raised:
        READER.validate_python(described)
    messages = " ".join(each["msg"] for each in raised.value.errors())
    assert said in messages
    assert "hunter2" not in messages


def test_a_description_hides_its_secret() -> None:
    """Printed, represented or dumped, the address of a Slack room stays out of sight."""
    read = READER.validate_python({"kind": "slack", "url": SECRET})
    assert isinstance(read, SlackChannel)
    assert "hunter2" not in f"{read} {read!r} {read.model_dump()} {read.model_dump_json()}"


def test_a_described_channel_sends(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the configuration to the receiver, for every kind."""
    with Endpoint(check=None) as endpoint, Endpoint(check=slack_limits) as room, MailServer() as server:
        (tmp_path / "secret").write_text("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
        (tmp_path / "room").write_text(room.address("/services/x") + "\n")
        monkeypatch.setenv("APPRISE_URL", endpoint.address("/apprise").replace("http", "json", 1))
        described = (
            {**EMAIL, "server": f"smtp://127.0.0.1:{server.port}", "tls": "none"},
            {"kind": "slack", "url_file": str(tmp_path / "room")},
            {"kind": "webhook", "url": endpoint.address("/hook"), "secret_file": str(tmp_path / "secret")},
            {"kind": "apprise", "url_env": "APPRISE_URL"},
            {"kind": "atom", "path": str(tmp_path / "feed.xml")},
        )
        for each in described:
            channel("name", READER.validate_python(each)).send(alert())
    assert len(server.mails) == 1
    assert [each.path for each in room.posted] == ["/services/x"]
    assert [each.path for each in endpoint.posted] == ["/hook", "/apprise"]
    assert (tmp_path / "feed.xml").exists()
