"""Pictures of records on their pages are drawn for mails, which show them, and for nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.demo.history import steps
from monitor.demo.publisher import Publisher
from monitor.demo.receivers import Mailbox
from monitor.demo.step import play
from monitor.program import Program
from tests.delivery import SECRET, subscribing
from tests.slack_endpoint import Endpoint

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SOURCE = "ice-ddor"


def test_pictures_go_with_mails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revised PDF comes by mail with a record on its page, before and after; by webhook without."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    first, revised = [step for step in steps() if step.source == SOURCE][:2]
    with Publisher() as publisher, Mailbox() as mailbox, Endpoint() as room:
        channels = {
            "mail": {"kind": "email", "server": mailbox.address, "tls": "none", "sender": "m@x.org", "to": ["d@x.org"]},
            "hook": {"kind": "webhook", "url": room.address("/room"), "secret_env": "HOOK_SECRET"},
        }
        everything = {"all": {"channels": ["mail", "hook"], "settle": "0s"}}
        config = tmp_path / "config.yaml"
        subscribing(config, publisher.address, channels=channels, subscriptions=everything)
        present = [first.at]
        with Program(config_path=config, state_override=tmp_path / "state", now=lambda: present[0]) as program:
            for step in (first, revised):
                present[0] = step.at
                play(step, publisher)
                tuple(program.poll([SOURCE]))
                tuple(program.process())
                present[0] += timedelta(seconds=1)
                told = list(program.deliver())
    assert {(done.channel, done.fault, len(done.message.pictures)) for done in told} == {
        ("mail", None, 2),
        ("hook", None, 0),
    }
    pictures = [part for part in mailbox.received[-1].walk() if part.get_content_type() == "image/png"]
    assert len(pictures) == 2
