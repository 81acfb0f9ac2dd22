"""Mail against a real server: what arrives, what each refusal means, and that nothing outlasts its time."""

from __future__ import annotations

import re
import socket
import tracemalloc
from contextlib import suppress
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from monitor.channels.mail import Mail
from monitor.channels.mail_message import letter
from monitor.channels.smtp import NotOfferedError, begins_tls
from monitor.config.secrets import Secret
from monitor.errors import TransportError
from monitor.fetch.backend import is_public
from tests.support.messages import HOSTILE, LONG, alert, full, hostile, huge, png
from tests.support.smtp import MailServer

if TYPE_CHECKING:
    import ssl

    from monitor.alerts.message import Message

AUTHORITY = trustme.CA()
STRANGER = trustme.CA()
LOGIN = Secret(value="monitor:s3cr3t-p4ss")
DESK = "desk@example.org"
NIGHT = "night@example.org"


def speaking(authority: trustme.CA = AUTHORITY, *names: str) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for these names."""
    import ssl  # noqa: PLC0415 - types alone need it elsewhere

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
    return context


def trusting() -> ssl.SSLContext:
    """A client's side of TLS that trusts AUTHORITY alone."""
    import ssl  # noqa: PLC0415 - as above

    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def mail(server: MailServer, **options: Any) -> Mail:
    """A channel to the server, without TLS unless told otherwise."""
    given = {"sender": "monitor@example.org", "to": [DESK], "security": "none", "seconds": 5.0, "tls": trusting}
    return Mail("desk", host=server.host, port=server.port, **{**given, **options})


def address_in_network() -> str:
    """An address of this machine in its private network. Skips the test where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent, suppress(OSError):
        unsent.connect(("198.51.100.1", 9))  # which sends nothing
        address = str(unsent.getsockname()[0])
        if not is_public(ip_address(address)) and not ip_address(address).is_loopback:
            return address
    pytest.skip("this machine is in no private network")


def fault(channel: Mail, message: Message | None = None) -> TransportError:
    """What sending raises."""
    with pytest.raises(TransportError) as raised:
        channel.send(message or alert())
    return raised.value


def test_an_alert_arrives_with_its_headers() -> None:
    """Subject, date, thread, list and the mark of a machine are as standards have them."""
    with MailServer() as server:
        mail(server, to=[DESK, NIGHT]).send(full())
    (arrived,) = server.mails
    assert server.envelopes[0].rcpt_tos == [DESK, NIGHT]
    assert server.envelopes[0].mail_from == "monitor@example.org"
    assert arrived["subject"] == full().subject
    assert arrived["from"] == "monitor <monitor@example.org>"
    assert arrived["to"] == f"{DESK}, {NIGHT}"
    assert arrived["message-id"] == f"<{full().id}@example.org>"
    assert arrived["in-reply-to"] == arrived["references"]
    assert arrived["list-id"] == "<texas.monitor.example.org>"
    assert arrived["auto-submitted"] == "auto-generated"
    assert parsedate_to_datetime(arrived["date"]).isoformat() == "2025-07-04T14:00:31+00:00"


def test_a_mail_has_text_html_and_its_pictures() -> None:
    """A client takes the text, or the HTML with the pictures that it names."""
    with MailServer() as server:
        mail(server).send(full())
    (arrived,) = server.mails
    assert arrived.get_content_type() == "multipart/alternative"
    text, related = arrived.iter_parts()
    assert "Greens Forks" in text.get_content()
    assert related.get_content_type() == "multipart/related"
    page, *pictures = related.iter_parts()
    assert [each.get_content() for each in pictures] == [png(), png()]
    for each in pictures:
        assert f'src="cid:{str(each["content-id"]).strip("<>")}"' in page.get_content()
        assert each.get_content_disposition() == "inline"


def test_alerts_about_one_report_make_a_thread() -> None:
    """The same thread has the same reference, another one another, and each alert an id of its own."""
    one, two, other = alert("1"), alert("2"), alert("3", thread="ice-ddor/2017-02-04")
    mails = [letter(each, sender="monitor@example.org", to=[DESK]) for each in (one, two, other)]
    assert mails[0]["references"] == mails[1]["references"] != mails[2]["references"]
    assert len({each["message-id"] for each in mails}) == 3


def test_hostile_text_makes_no_header_and_no_part() -> None:
    """Line breaks in a subject, an id or a value end no header and no mail; all of it arrives."""
    with MailServer() as server:
        mail(server).send(hostile())
    (arrived,) = server.mails
    assert len(server.mails) == 1
    assert arrived["bcc"] is None
    assert server.envelopes[0].rcpt_tos == [DESK]
    expected = {"From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id"}
    assert set(arrived.keys()) == expected | {"Auto-Submitted", "MIME-Version", "Content-Type"}
    assert arrived["subject"].startswith("287(g): añadido Bcc: victim@example.org")
    text = arrived.get_body(("plain",))
    assert text is not None
    words = " ".join(text.get_content().split())
    assert all(" ".join(value.split()) in words for value in HOSTILE if value.isprintable())
    content = server.envelopes[0].content
    assert isinstance(content, bytes)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_a_thousand_amendments_arrive_whole() -> None:
    """1,000 amendments and a value of 10,000 characters are one mail that lacks nothing."""
    with MailServer() as server:
        mail(server).send(huge())
    (arrived,) = server.mails
    for part in arrived.iter_parts():
        content = " ".join(part.get_content().split())
        assert all(f"Agency number {number}, " in content for number in range(1, 1_000))
        assert LONG[:9_000].strip() in content


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_by_tls_with_a_login(security: str) -> None:
    """STARTTLS and TLS from the first byte both work, and the login is sent only within them."""
    options: dict[str, Any] = {security: speaking()}
    with MailServer(**options, login=("monitor", "s3cr3t-p4ss")) as server:
        mail(server, security=security, login=LOGIN).send(alert())
    assert len(server.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("authority", "name"), [(STRANGER, "127.0.0.1"), (AUTHORITY, "elsewhere.example.org")])
def test_nothing_is_sent_to_a_server_with_a_wrong_certificate(security: str, authority: trustme.CA, name: str) -> None:
    """An unknown authority or another name ends the attempt, which may pass: certificates are renewed."""
    options: dict[str, Any] = {security: speaking(authority, name)}
    with MailServer(**options) as server:
        raised = fault(mail(server, security=security, login=LOGIN))
    assert not raised.permanent
    assert "TLS: " in str(raised)
    assert not server.envelopes


def test_a_wrong_login_is_permanent() -> None:
    """It needs a person, and so does every other alert on this channel."""
    with MailServer(starttls=speaking(), login=("monitor", "another")) as server:
        raised = fault(mail(server, security="starttls", login=LOGIN))
    assert raised.permanent
    assert raised.disables
    assert "refused the login (535)" in str(raised)


@pytest.mark.parametrize("login", [None, LOGIN], ids=["no login", "login"])
def test_a_relay_on_this_machine_needs_no_word_about_tls(login: Secret | None) -> None:
    """It may be plain, where nobody listens; where it offers STARTTLS, that is used, with its certificate checked."""
    given = ("monitor", "s3cr3t-p4ss") if login else None
    with MailServer(login=given) as server:
        mail(server, security=None, login=login).send(alert())
    assert len(server.mails) == 1
    with MailServer(starttls=speaking(), login=given) as server:
        mail(server, security=None, login=login).send(alert())
    assert len(server.mails) == 1
    with MailServer(starttls=speaking(STRANGER)) as server:
        assert "TLS: " in str(fault(mail(server, security=None)))
    assert not server.envelopes


PRIVATE = ("127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "fd00::25", "100.64.0.1")


@pytest.mark.parametrize("address", [*PRIVATE, "8.8.8.8", "2606:4700:4700::1111"])
@pytest.mark.parametrize("security", ["starttls", "tls", "none", None])
def test_only_a_relay_in_a_network_of_ones_own_may_lack_starttls(address: str, security: str | None) -> None:
    """Elsewhere the fault says the three values; where STARTTLS is offered and asked for, it is used."""
    peer = ip_address(address)
    assert begins_tls(security, peer, offered=True) == (security in {"starttls", None})
    if security == "starttls" or (security is None and address not in PRIVATE):
        with pytest.raises(NotOfferedError, match=r"`starttls` \(port 587\), `tls` \(.+ 465\) or `none` \(no enc"):
            begins_tls(security, peer, offered=False)
    else:
        assert not begins_tls(security, peer, offered=False)


@pytest.mark.parametrize("security", ["none", None])
def test_no_password_goes_over_a_network_in_the_clear(security: str | None) -> None:
    """Though the server lies in a private network and would take it."""
    with MailServer(host=address_in_network()) as server:
        mail(server, security=security).send(alert())
        raised = fault(mail(server, security=security, login=LOGIN))
    assert "would get the password without encryption, and nothing was sent; set `tls`" in str(raised)
    assert raised.permanent
    assert len(server.mails) == 1


@pytest.mark.parametrize(("security", "login"), [("starttls", None), ("none", LOGIN)])
def test_a_server_that_lacks_what_is_configured_is_permanent(security: str, login: Secret | None) -> None:
    """Without STARTTLS or a login on offer, nothing is sent in the clear instead."""
    with MailServer() as server:
        raised = fault(mail(server, security=security, login=login))
    assert raised.permanent
    assert raised.disables
    assert not server.envelopes


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("reply", "permanent"), [("451 try later", False), ("550 go away", True)])
def test_4xx_may_pass_and_5xx_does_not(command: str, reply: str, *, permanent: bool) -> None:
    """Wherever the server says it, and what it says is told."""
    with MailServer(replies={command: reply}) as server:
        raised = fault(mail(server))
    assert raised.permanent is permanent
    assert reply in str(raised)
    assert raised.disables == (permanent and command != "DATA")
    assert not server.envelopes


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_connection_cut_before_the_mail_may_pass(command: str) -> None:
    """Nothing was taken, and the next attempt succeeds."""
    with MailServer(replies={command: "cut"}) as server:
        channel = mail(server)
        assert not fault(channel).permanent
        assert not server.envelopes
        server.replies.clear()
        channel.send(alert())
        assert len(server.mails) == 1


def test_a_repeat_has_the_same_id() -> None:
    """Where the connection is cut after the mail had come, it comes twice, and can be told to be the same."""
    with MailServer(replies={"DATA": "cut"}) as server:
        channel = mail(server)
        assert not fault(channel).permanent
        server.replies.clear()
        channel.send(alert())
        first, second = server.mails
    assert first["message-id"] == second["message-id"]


def test_answers_without_end_are_cut_off_and_cost_little_memory() -> None:
    """A server that goes on and on is left at a megabyte; the alert is tried again later."""
    with MailServer(replies={"MAIL": "endless"}) as server:
        channel = mail(server, seconds=60.0)
        tracemalloc.start()
        raised = fault(channel)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert not raised.permanent
    assert "60 s" not in str(raised)
    assert peak < 12_000_000


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_server_that_hangs_ends_at_the_time_limit(command: str, how: str) -> None:
    """Silence, and letters that drip, take no longer than one attempt may."""
    with MailServer(replies={command: how}) as server:
        raised = fault(mail(server, seconds=0.3))
    assert not raised.permanent
    assert "no answer within 0.3 seconds" in str(raised)


def test_a_server_without_a_greeting_ends_at_the_time_limit() -> None:
    """The first word counts too, and so does TLS with a server that does not speak it."""
    with MailServer(greets=False) as server:
        assert "no answer within 0.3 seconds" in str(fault(mail(server, seconds=0.3)))
        assert "no answer within 0.3 seconds" in str(fault(mail(server, seconds=0.3, security="tls")))


def test_a_port_that_does_not_go_with_tls_is_named_with_those_that_do() -> None:
    """Whether the server waits for TLS and says nothing, does not know it, or is not there at all."""
    with MailServer(greets=False) as server:
        silent = fault(mail(server, seconds=0.3))
    with MailServer() as server:
        plain = fault(mail(server, security="tls"))
    absent = fault(mail(server))
    for each in (silent, plain, absent):
        assert re.search(r"; see whether port \d+ is right: 587 goes with `tls: starttls`, 465 with", str(each))
    assert f"port {server.port} " in str(absent)


def test_no_server_may_pass() -> None:
    """A refused connection is tried again."""
    with MailServer() as server:
        pass
    raised = fault(mail(server))
    assert not raised.permanent
    assert "127.0.0.1" in str(raised)
    assert "refused" in str(raised)


def test_the_others_get_what_one_refuses_for_good() -> None:
    """The refusal is named, and the mail does not go a second time to those who have it."""
    with MailServer(replies={f"RCPT {NIGHT}": "550 no such user"}) as server:
        raised = fault(mail(server, to=[DESK, NIGHT]))
    assert raised.permanent
    assert not raised.disables
    assert f"{NIGHT}: 550 no such user" in str(raised)
    assert [each.rcpt_tos for each in server.envelopes] == [[DESK]]


def test_who_refused_for_now_gets_it_later_and_alone() -> None:
    """A full mailbox is tried again, without a repeat to those who have it."""
    with MailServer(replies={f"RCPT {NIGHT}": "452 mailbox full"}) as server:
        channel = mail(server, to=[DESK, NIGHT])
        raised = fault(channel)
        assert not raised.permanent
        assert f"{NIGHT}: 452 mailbox full" in str(raised)
        server.replies.clear()
        channel.send(alert())
        assert [each.rcpt_tos for each in server.envelopes] == [[DESK], [NIGHT]]
        channel.send(alert("another"))
        assert server.envelopes[-1].rcpt_tos == [DESK, NIGHT]


def test_a_refusal_for_good_is_not_forgotten_over_one_for_now() -> None:
    """Once the passing one has passed, the other one is still named."""
    replies = {f"RCPT {NIGHT}": "452 mailbox full", "RCPT gone@example.org": "550 no such user"}
    with MailServer(replies=replies) as server:
        channel = mail(server, to=[DESK, NIGHT, "gone@example.org"])
        assert not fault(channel).permanent
        del server.replies[f"RCPT {NIGHT}"]
        raised = fault(channel)
    assert raised.permanent
    assert "gone@example.org: 550" in str(raised)
    assert [each.rcpt_tos for each in server.envelopes] == [[DESK], [NIGHT]]


def test_a_server_that_closes_among_the_recipients_took_none() -> None:
    """After a 421 nobody counts as having got it."""
    with MailServer(replies={f"RCPT {NIGHT}": "421 closing"}) as server:
        channel = mail(server, to=[DESK, NIGHT, "late@example.org"])
        assert not fault(channel).permanent
        server.replies.clear()
        channel.send(alert())
    assert [each.rcpt_tos for each in server.envelopes] == [[DESK, NIGHT, "late@example.org"]]


def test_a_mail_that_is_too_large_leaves_the_channel_alone() -> None:
    """The alert is refused for good, and others may still go."""
    with MailServer(largest=1_000) as server:
        raised = fault(mail(server))
    assert raised.permanent
    assert not raised.disables


@pytest.mark.parametrize("login", ["no colon", ":s3cr3t", "monitor:", "monitor:pässword", "monitor:two\nlines"])
def test_a_login_that_is_none_is_told(login: str) -> None:
    """It is refused before anything is sent, and not repeated."""
    with MailServer() as server:
        raised = fault(mail(server, login=Secret(value=login)))
    assert raised.permanent
    assert login not in str(raised)
    assert not server.connections


def test_a_servers_answer_does_not_bring_the_login_back() -> None:
    """A server that repeats the password has it taken out of what is told."""
    server = MailServer(
        starttls=speaking(), login=("monitor", "s3cr3t-p4ss"), replies={"MAIL": "550 you said s3cr3t-p4ss"}
    )
    with server:
        raised = fault(mail(server, security="starttls", login=LOGIN))
    assert "550 you said ***" in str(raised)


def test_long_ids_are_whole() -> None:
    """An id or a domain of any length is written as it is: encoded as words it would be another one."""
    message = alert("a" * 100, thread="b" * 100)
    content = letter(message, sender=f"monitor@{'sub.' * 20}example.org", to=[DESK]).as_bytes()
    assert f"\r\nMessage-ID: <{'a' * 100}@sub.sub.".encode() in content
    assert f"\r\nIn-Reply-To: <thread-{'b' * 100}@sub.sub.".encode() in content
    assert f"\r\nReferences: <thread-{'b' * 100}@sub.sub.".encode() in content
