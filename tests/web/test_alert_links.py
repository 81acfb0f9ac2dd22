"""Each address in an alert is that of a page which is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from monitor.alerts import writing
from monitor.alerts.compose import compose
from monitor.alerts.contents import AlertScope, gather
from monitor.channels.webhook import payload
from monitor.config.file import load
from monitor.config.values import site_address
from monitor.store import queries
from monitor.store.archive import Archive
from monitor.store.database import Store
from monitor.store.search import LogFilter, log_entries

if TYPE_CHECKING:
    from monitor.alerts.message import Message
    from tests.web.conftest import Served


def message_of(served: Served, address: str | None) -> Message:
    """Return an alert about everything that the demo's history has, with web pages at this address."""
    config = load(served.folder / "config.yaml")
    config = config.model_copy(update={"web": config.web.model_copy(update={"address": address})})
    with Store(served.folder) as store:
        scope = AlertScope(
            created_at="2026-01-01T00:00:00Z",
            entries=list(log_entries(store, LogFilter())),
            versions=[(version, {}) for version, _ in queries.all_versions(store)],
        )
        return compose(gather(store, Archive(served.folder / "archive"), config, scope))


@pytest.fixture(scope="module")
def message(served: Served) -> Message:
    """An alert about everything, that links to the pages that are served."""
    return message_of(served, site_address(served.address))


def test_every_address_leads_to_a_page(served: Served, message: Message) -> None:
    """Those of entries, records, places, versions, files and the log are all there."""
    files = [file for each in message.files for file in (each.file, each.before) if file]
    addresses = {message.log, *(file.kept for file in files), *(file.version_page for file in files)}
    addresses |= {address for each in message.pages for address in (each.page, each.record, each.place) if address}
    addresses.discard("")  # the file of a linked document has no version
    assert len(message.pages) == len(message.entries) > 10
    assert {address for address in addresses if not address.startswith(f"{served.address}/")} == set()
    # Pages that show the same file one after the other, so that it is read once.
    about = {entry.id: entry for entry in message.entries}
    in_order = sorted(message.pages, key=lambda each: (about[each.entry].source, about[each.entry].version, each.entry))
    asked = dict.fromkeys((*(each.page for each in in_order), *sorted(addresses)))
    assert set(asked) == addresses
    answers = {address: served.get(address.removeprefix(served.address)).status_code for address in asked}
    assert {address: status for address, status in answers.items() if status != 200} == {}


def test_every_entry_about_a_record_links_it(message: Message) -> None:
    """An addition, a removal and a correction each have the page of their record; a withdrawal has none."""
    about = {each.entry: each for each in message.pages}
    for entry in message.entries:
        assert entry.id is not None
        assert bool(about[entry.id].record) == bool(entry.before or entry.after)
        assert bool(about[entry.id].place) == bool(entry.jurisdiction)


def test_the_record_shown_is_that_of_the_entry(served: Served, message: Message) -> None:
    """The page of an addition has the entry in its history."""
    entry = next(each for each in message.entries if each.kind == "added" and each.list == "participating")
    page = next(each.record for each in message.pages if each.entry == entry.id)
    shown: Any = served.get(f"/api{urlsplit(page).path}").json()
    assert entry.id in [each["id"] for each in shown["entries"]]


def test_without_pages_there_are_commands_and_never_a_path(served: Served) -> None:
    """No form of an alert names the folder of the program."""
    plain = message_of(served, None)
    assert plain.pages == ()
    assert plain.log.startswith("monitor log --since ")
    assert plain.files[0].file.kept.startswith("monitor exhibit --version ")
    for form in (writing.text(plain), writing.html(plain), str(payload(plain)), str(writing.slack(plain))):
        assert str(served.folder) not in form
        assert "/archive/" not in form
