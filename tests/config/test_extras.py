"""What a configuration needs beside the program is named, and so is the way to install it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor import __version__
from monitor.channels.absent import Absent
from monitor.config import extras
from monitor.config.file import load
from monitor.errors import TransportError
from tests.support.messages import full
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
sources:
  drawn:
    page: https://example.org/list
    render: browser
    reports: { page: { kind: page, format: html, lists: { all: { heading: x, item: '(?P<name>.+)', key: [name] } } } }
channels:
  phone: { kind: apprise, url: 'json://127.0.0.1' }
  other: { kind: apprise, url: 'json://127.0.0.1' }
  feed: { kind: atom, path: feed.xml }
subscriptions: { all: { channels: [phone, other, feed] } }
"""


def test_each_place_that_needs_an_extra_is_named(tmp_path: Path) -> None:
    """A source that a browser draws, and each channel of Apprise; nothing else."""
    path = tmp_path / "config.yaml"
    path.write_text(SOURCE, encoding="utf-8")
    assert list(extras.needed(load(path))) == [
        ("sources.drawn: render: browser", "browser"),
        ("channels.phone: kind: apprise", "apprise"),
        ("channels.other: kind: apprise", "apprise"),
    ]


def test_the_default_configuration_needs_none() -> None:
    """So the service that it is installed for has none."""
    assert list(extras.needed(load(ROOT / "config.yaml"))) == []


def test_what_is_installed_is_not_missing() -> None:
    """These tests run with all extras."""
    assert extras.missing("apprise") is extras.missing("browser") is None


def test_the_way_to_an_extra_names_the_file_of_the_wheel() -> None:
    """Another program has the name `monitor` in the public list of packages."""
    assert f"`pip install 'monitor-{__version__}-py3-none-any.whl[web]'`" in extras.remedy("web")
    assert "`make install-systemd`" in extras.remedy("web")


def test_an_alert_for_a_channel_without_its_packages_waits() -> None:
    """It is no permanent failure: the alert is tried again, and operators are told by other channels."""
    with pytest.raises(
        TransportError, match=r"channel phone: .* waits: the extra `apprise` is not installed"
    ) as failed:
        Absent("phone", fault="the extra `apprise` is not installed; install it").send(full())
    assert not failed.value.permanent
