"""The page of a list as it is now or was at an earlier time, with the changes since then."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from monitor.changelog import listed
from monitor.jurisdictions.states import APOSTROPHES
from monitor.store import pages, queries, read_only
from monitor.store.search import LogFilter
from monitor.web.parameters import ListParameters, place_in_words
from monitor.web.responses import not_found, page_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from monitor.store.queries import RecordDetails
    from monitor.store.rows import VersionRow
    from monitor.web.context import Site
    from monitor.web.parameters import MomentParameters

MAX_RECORDS_SHOWN = 2_000  # that one page shows
MAX_ENTRIES_SINCE = 20  # entries since then that it tells


def list_page(site: Site, request: Request) -> Response:
    """Show a list as it was at the time asked for, or those of its records with some words; and the changes since."""
    source, name = request.path_params["source"], request.path_params["list"]
    asked = ListParameters.of(request)
    stops, place, version, at = as_of(site, source, name, asked)
    unknown = queries.not_looked_for(site.store, version, name) if version else None
    records = queries.records_of(site.store, version, name) if version and not unknown else []
    found = with_words(records, asked.q or "")
    gone = queries.withdrawn_at(site.store, version.report_id) if version else None
    question = site.question(at)
    why = listed.unknown_list(site.store, question, source, name)
    since = []
    if version and not unknown:
        wanted = LogFilter(source=source, list=name, since=version.captured_at)
        later = read_only.newest_entries(site.store, wanted, limit=MAX_ENTRIES_SINCE + 50)
        since = [each for each in later if each.observed_at > version.captured_at][: MAX_ENTRIES_SINCE + 1]
    return page_response(
        site,
        request,
        "list.html",
        source=source,
        list=name,
        version=version,
        records=found[:MAX_RECORDS_SHOWN],
        found=len(found),
        count=len(records),
        words_asked=asked.q,
        stop=asked.stop,
        unknown=unknown,
        not_known=why.words(question.at, is_copy=site.is_copy) if why and version else None,
        beside=queries.shown_of_series(site.store, version, at) if version else None,
        fields={
            field: site.titles.of_field(source, name, field)
            for field in dict.fromkeys(field for record in records for field in record.fields)
        },
        gone=gone if gone and (at is None or at >= gone) else None,
        at=at,
        stops=stops,
        place=place,
        since=since[:MAX_ENTRIES_SINCE],
        more=len(since) > MAX_ENTRIES_SINCE,
    )


def with_words(records: Sequence[RecordDetails], words: str) -> Sequence[RecordDetails]:
    """Return the records that have all of these words, or words with these parts, in a value or in the place's name.

    Upper and lower case, accents and apostrophes make no difference.
    """
    wanted = plain_letters(words).split()
    if not wanted:
        return records
    return [each for each in records if (letters := _letters_of(each)) and all(word in letters for word in wanted)]


def plain_letters(text: str) -> str:
    """Return a text without accents and apostrophes, in lower case."""
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    for apostrophe in APOSTROPHES:
        text = text.replace(apostrophe, "")
    return text.casefold()


def _letters_of(record: RecordDetails) -> str:
    place = place_in_words(record.jurisdiction) if record.jurisdiction else ""
    return plain_letters("\n".join([*filter(None, record.fields.values()), place]))


def as_of(
    site: Site, source: str, name: str, asked: MomentParameters
) -> tuple[list[pages.Moment], int, VersionRow | None, str | None]:
    """Find the version of the list `name` that was current at the time asked for.

    Returns four values:
    - all recorded versions of the list's report,
    - the position of that version among them, from 1,
    - the version itself; None if there was none yet,
    - the time; None for now.

    Raises HTTPException for an unknown list.
    """
    report = site.lists_of(source).get(name)
    if report is None:
        raise not_found(f"There is no list {source}/{name}.")
    stops = pages.moments(site.store, source, report)
    at = asked.at
    if asked.stop is not None and stops:
        at = stops[min(asked.stop, len(stops)) - 1].captured_at
    version = queries.version_as_of(site.store, source, report, at)
    place = sum(1 for stop in stops if at is None or stop.captured_at <= at)
    return stops, place, version, at
