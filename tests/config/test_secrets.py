"""No secret is in an error, its causes, a representation or the log, whatever goes wrong."""

from __future__ import annotations

import base64
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from monitor.channels.apprise import Anywhere
from monitor.channels.mail import Mail
from monitor.channels.slack import Slack
from monitor.channels.webhook import Webhook
from monitor.config.secrets import Secret
from monitor.errors import TransportError
from tests.support.messages import alert
from tests.support.slack_endpoint import CUT, HANG, Answer, Endpoint
from tests.support.smtp import MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.channels import Channel

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # by a library that Apprise tries
WORD = "hunter2XYZZY"
KEY = "whsec_" + base64.b64encode(f"{WORD}-and-twelve-more".encode()).decode()
ADDRESSES = [
    "http://127.0.0.1:{port}/services/" + WORD,
    "http://monitor:" + WORD + "@127.0.0.1:{port}/hook",
    "http://127.0.0.1:{port}/hook?key=" + WORD,
    "http://127.0.0.1:{port}99999/" + WORD,
    "nosuch://127.0.0.1/" + WORD,
    "http://" + WORD + ":@:{port}",
    WORD,
    "http://127.0.0.1:{port}/" + WORD + "\n" + WORD,
    "http://127.0.0.1:{port}/" + WORD + "\x00ü",
]
ANSWERS = [
    Answer(status=404, body=f"no such thing: /services/{WORD}".encode()),
    Answer(status=500, body=WORD.encode()),
    Answer(status=302, body=b"", headers=(("Location", f"http://127.0.0.1/{WORD}"),)),
    CUT,
    HANG,
]


class Log(logging.Handler):
    """Keeps every line that any library logs, but for those of the tests' own mail server."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        if record.name != "mail.log":
            self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Log]:
    """The log of all libraries, with everything on."""
    root, log = logging.getLogger(), Log()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    yield log
    root.setLevel(level)
    root.removeHandler(log)


def shown(raised: BaseException, sender: object, log: Log) -> str:
    """Everything that anyone gets to see of a fault."""
    logged = "\n".join(log.lines)
    causes = traceback.format_exception(raised)
    return "\n".join((str(raised), repr(raised), *causes, repr(sender), str(vars(sender)), logged))


def clean(said: str) -> bool:
    """Whether a text holds no form of the secret."""
    forms = (WORD, base64.b64encode(WORD.encode()).decode(), base64.b64encode(f"\0monitor\0{WORD}".encode()).decode())
    return not any(form in said for form in (*forms, KEY, KEY.removeprefix("whsec_")))


def provoke(sender: Channel, log: Log) -> None:
    """Send in vain, and look for the secret."""
    with pytest.raises(TransportError) as raised:
        sender.send(alert())
    assert clean(shown(raised.value, sender, log))
    assert str(raised.value).startswith("channel name: ")


def sender(kind: str, url: Secret, *, seconds: float = 0.3) -> Channel:
    """A channel of a kind to an address, where an attempt takes so many seconds at most."""
    if kind == "slack":
        return Slack("name", url=url, seconds=seconds)
    if kind == "webhook":
        return Webhook("name", url=url, secret=Secret(value=KEY), seconds=seconds)
    return Anywhere("name", url=url, seconds=seconds)


@pytest.mark.parametrize("kind", ["slack", "webhook", "anywhere"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_is_shown(kind: str, address: str, log: Log) -> None:
    """Neither path, query nor login of an address is in what a fault shows, even where it is no address at all."""
    with Endpoint(answers=[Answer(status=404, body=b"")] * 3) as endpoint:
        port = endpoint.address().rpartition(":")[2].rstrip("/")
        url = address.replace("{port}", port)
        provoke(sender(kind, Secret(value=url.replace("http:", "json:") if kind == "anywhere" else url)), log)


@pytest.mark.parametrize("kind", ["slack", "webhook", "anywhere"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_no_answer_brings_an_address_back(kind: str, answer: Answer, log: Log) -> None:
    """What a receiver repeats, or where it sends to, is not shown."""
    with Endpoint(answers=[answer] * 3) as endpoint:
        url = endpoint.address(f"/services/{WORD}")
        provoke(sender(kind, Secret(value=url.replace("http:", "json:") if kind == "anywhere" else url)), log)


def test_success_is_not_logged_with_its_address(log: Log) -> None:
    """An alert that was taken leaves no address in the log either."""
    with Endpoint() as endpoint:
        url = endpoint.address(f"/services/{WORD}")
        for kind in ("slack", "webhook", "anywhere"):
            address = url.replace("http:", "json:") if kind == "anywhere" else url
            sender(kind, Secret(value=address), seconds=60.0).send(alert())
    logging.getLogger("a library").debug("is heard")
    assert len(endpoint.posted) == 3
    assert "is heard" in log.lines
    assert clean("\n".join(log.lines))


@pytest.mark.parametrize(
    "options",
    [
        {"login": ("monitor", "another"), "replies": {}},
        {"login": ("monitor", WORD), "replies": {"MAIL": f"550 {WORD} {base64.b64encode(WORD.encode()).decode()}"}},
        {"login": ("monitor", WORD), "replies": {"RCPT": f"450 {WORD}"}},
        {"login": ("monitor", WORD), "replies": {"DATA": "cut"}},
        {"login": None, "replies": {}},
    ],
)
def test_no_password_is_shown(options: dict[str, Any], log: Log) -> None:
    """Whatever a mail server answers, and with no login on offer, the password stays out of sight."""
    with MailServer(**options) as server:
        login = Secret(value=f"monitor:{WORD}")
        channel = Mail(
            "name",
            host="127.0.0.1",
            port=server.port,
            sender="monitor@example.org",
            to=["desk@example.org"],
            security="none",
            login=login,
        )
        provoke(channel, log)


def test_a_secret_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read at each send, so that a new one counts at once, and blanks around it do not."""
    path = tmp_path / "secret"
    secret = Secret(file=path)
    path.write_text("one\n")
    assert secret.read("name") == "one"
    path.write_text("  two  \n")
    assert secret.read("name") == "two"
    monkeypatch.setenv("A_SECRET", "three")
    assert Secret(variable="A_SECRET").read("name") == "three"


def test_a_secret_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The fault names the file or the variable, and is permanent."""
    empty = tmp_path / "empty"
    empty.write_text("\n")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe" + WORD.encode())
    for secret, named in (
        (Secret(file=tmp_path / "missing"), "missing: No such file"),
        (Secret(file=tmp_path), "Is a directory"),
        (Secret(file=empty), "empty holds nothing"),
        (Secret(file=binary), "binary is no text"),
        (Secret(variable="NO_SUCH_VARIABLE"), "the variable NO_SUCH_VARIABLE holds nothing"),
        (Secret(value=" "), "the configuration holds nothing"),
    ):
        with pytest.raises(TransportError, match=named) as raised:
            secret.read("name")
        assert raised.value.permanent
        assert raised.value.disables
        assert clean("".join(traceback.format_exception(raised.value)))


def test_a_secret_does_not_show_itself() -> None:
    """Neither printed nor represented."""
    assert clean(f"{Secret(value=WORD)!r} {Secret(value=WORD)}")
