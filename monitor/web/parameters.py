"""Checks the query parameters of each page, and turns them into values, or into one line for each fault.

Query parameters are the part of an address after `?`.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from monitor import jurisdictions
from monitor.alerts.writing.words import KIND_WORDS
from monitor.errors import MonitorError
from monitor.jurisdictions.states import STATES, code_of
from monitor.model import AmendmentKind, Jurisdiction
from monitor.store.entry import LAST_NUMBER
from monitor.store.search import LogFilter
from monitor.times import instant, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from monitor.config.titles import Titles

USUAL_ENTRIES = 50  # on a page of the log, where an address does not say how many
MAX_PAGE_ENTRIES = 500  # on a page of the log
DATE_LENGTH = len("2025-07-04")
MAX_SUGGESTED = 30  # jurisdictions of the same name that a fault names


class ParameterError(MonitorError):
    """The parameters of an address are invalid; `faults` has one line for each fault."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class PlaceError(ParameterError):
    """A name fits several jurisdictions, or none; `choices` are those that may be meant."""

    def __init__(self, fault: str, choices: tuple[Jurisdiction, ...], *, is_known: bool) -> None:
        super().__init__((fault,))
        self.choices = choices
        self.is_known = is_known


def _time(value: str) -> str:
    """Return a date or a time in the form that the database uses. Raises ValueError for any other text."""
    try:
        return instant(moment_of(value))
    except (MonitorError, ValueError, OverflowError) as fault:
        raise ValueError(f"{value!r} is no date; write it like 2025-07-04 or 2025-07-04T15:16:59Z") from fault


def _end(value: str) -> str:
    """Return a time as the database has it; a date becomes the end of that day, so that the whole day counts."""
    time = _time(value)
    return f"{time[:DATE_LENGTH]}T23:59:59Z" if len(value.strip()) == DATE_LENGTH else time


def _state(value: str) -> str:
    """Return the postal code of a state that is given by code or by name. Raises ValueError for any other text."""
    code = code_of(value)
    if code is None:
        raise ValueError(f"{value!r} is no state; write its postal code, like TX")
    return code


def _kinds(value: object) -> object:
    """Return the kinds of amendments in one parameter (`added,removed`), or in several of them, as one list."""
    given = [value] if isinstance(value, str) else value
    return [kind for kinds in given for kind in str(kinds).split(",")] if isinstance(given, list) else given


DATE = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
Text = Annotated[str, Field(max_length=200)]
Time = Annotated[
    str, Field(max_length=40, json_schema_extra={**DATE, "examples": ["2025-07-04"]}), AfterValidator(_time)
]
End = Annotated[str, Field(max_length=40, json_schema_extra={**DATE, "examples": ["2025-07-04"]}), AfterValidator(_end)]
State = Annotated[str, Field(max_length=60, json_schema_extra={"examples": ["TX", "Texas"]}), AfterValidator(_state)]
Number = Annotated[int, Field(ge=1, le=LAST_NUMBER)]
# Versions that a backfill found before the first one have numbers from 0 down.
VersionNumber = Annotated[int, Field(ge=-LAST_NUMBER, le=LAST_NUMBER)]


class Parameters(BaseModel):
    """The base class for the query parameters of an address. Unknown parameters are ignored.

    Empty ones are ignored too, because forms send a field that was left empty.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return the checked parameters of a request. Raises ParameterError for invalid ones.

        On pages, empty parameters are ignored, because forms send fields that were left empty. In the API (`/api/`),
        empty parameters are checked like others.
        """
        exact = request.url.path.startswith("/api/")
        several: dict[str, list[str]] = {name: [] for name in _given_several_times(cls)}
        single: dict[str, str] = {}
        for name, given in request.query_params.multi_items():
            value = given if exact else given.strip()
            if name in several and (value or exact):
                several[name].append(value)
            elif value or exact:
                single[name] = value
        try:
            return cls.model_validate(single | {name: values for name, values in several.items() if values})
        except ValidationError as fault:
            raise ParameterError(tuple(map(_in_words, fault.errors()))) from fault


@cache
def _given_several_times(kind: type[Parameters]) -> tuple[str, ...]:
    """Return the names of the parameters of this class that an address may give several times."""
    return tuple(name for name, field in kind.model_fields.items() if "tuple" in str(field.annotation))


def _in_words(fault: Any) -> str:  # noqa: ANN401 - a TypedDict of pydantic's own
    """Return a pydantic fault in words, after the name of the parameter that caused it."""
    where = str(fault["loc"][0]) if fault["loc"] else "the address"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"


class LogParameters(Parameters):
    """The filters that choose entries of the change log, and which page of them to show.

    `before`, `after`, `limit`: where the page begins or ends, and how long it is.
    """

    source: Annotated[Text | None, Field(description="of this source only")] = None
    list: Annotated[Text | None, Field(description="of this list only")] = None
    kind: Annotated[
        tuple[AmendmentKind, ...],
        BeforeValidator(_kinds),
        Field(max_length=len(AmendmentKind), description="of these kinds; may be given several times"),
    ] = ()
    state: Annotated[State | None, Field(description="of this state only, by its postal code")] = None
    jurisdiction: Annotated[
        Text | None, Field(description="of this jurisdiction and all within it: a name, FIPS code or OCD id")
    ] = None
    since: Annotated[Time | None, Field(description="observed at this time or later")] = None
    until: Annotated[Time | None, Field(description="observed before this time")] = None
    q: Annotated[Text | None, Field(description="with all of these words in it, as whole words")] = None
    before: Annotated[Number | None, Field(description="older than the entry with this number")] = None
    after: Annotated[Number | None, Field(description="newer than the entry with this number")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_ENTRIES, description="how many entries")] = USUAL_ENTRIES

    def log_filter(self) -> LogFilter:
        """Return the filters in the form that the database functions take.

        Raises ParameterError if the given name or code fits no jurisdiction, or several.
        """
        return LogFilter(
            source=self.source,
            list=self.list,
            kinds=tuple(str(kind) for kind in self.kind),
            state=self.state,
            jurisdictions=jurisdictions.inside(one_place(self.jurisdiction)) if self.jurisdiction else (),
            since=self.since,
            until=self.until,
            words=self.q or "",
        )

    @property
    def place(self) -> Jurisdiction | None:
        """The jurisdiction that is asked for, or None. Raises ParameterError if the name fits none or several."""
        return one_place(self.jurisdiction) if self.jurisdiction else None

    @property
    def filters(self) -> dict[str, object]:
        """The filters that are set, by parameter name, with values as an address contains them."""
        filters: dict[str, object] = self.model_dump(
            mode="json", exclude={"before", "after", "limit"}, exclude_defaults=True
        )
        for name in ("since", "until"):
            if name in filters:
                filters[name] = str(filters[name]).removesuffix("T00:00:00Z")
        return filters

    def in_words(self, titles: Titles) -> Iterator[str]:
        """Yield the filters that are set in words for readers, like `State TX` or `List Pending agencies`."""
        for name, value in self.filters.items():
            if name == "source":
                yield titles.of_source(str(value))
            elif name == "list":
                yield titles.of_list(self.source or "", str(value))
            elif name == "kind":
                yield " or ".join(KIND_WORDS[kind] for kind in self.kind)
            else:
                yield f"{name} {value}"

    def address(self, path: str = "/log", **further: object) -> str:
        """Return the address of a page with these filters.

        `path` is the page. `further` parameters are added, or replace those of the same name; one that is None is
        removed.
        """
        own = {"limit": self.limit} if self.limit != USUAL_ENTRIES else {}
        values = {name: value for name, value in {**self.filters, **own, **further}.items() if value is not None}
        return path + ("?" + urlencode(values, doseq=True) if values else "")


class MomentParameters(Parameters):
    """The query parameter with the time for which to show a list.

    `at` is the time itself; or `stop` is the position of the page's slider, where 1 is the list's first version.
    """

    at: Annotated[End | None, Field(description="as it stood at this time, or at the end of this date")] = None
    stop: Annotated[Number | None, Field(description="as its first, second, ... recorded version has it")] = None


class ListParameters(MomentParameters):
    """The query parameters of the page of a list: the time for which to show it, and the words to look for."""

    q: Annotated[Text | None, Field(description="only records with all of these words, or parts of words")] = None


class DateParameters(Parameters):
    """The query parameter with the time for which to show a place or a record."""

    at: Annotated[End | None, Field(description="as it stood at this time, or at the end of this date")] = None


class MapParameters(MomentParameters):
    """The query parameters with the source that a map shows, and the time for which to show it."""

    source: Annotated[Text | None, Field(description="of this source")] = None


class ReportParameters(Parameters):
    """The query parameter that says where in the list of a report's versions the page begins."""

    before: Annotated[VersionNumber | None, Field(description="older than the version with this number")] = None


class CompareParameters(Parameters):
    """The query parameters of the page that compares two versions of a report."""

    source: Annotated[Text, Field(description="the source")]
    report: Annotated[Text, Field(description="the report")]
    old: Annotated[VersionNumber, Field(description="the number of the version to begin with")]
    new: Annotated[VersionNumber, Field(description="the number of the version to end with")]


class DocumentsParameters(Parameters):
    """The query parameters of the page of documents.

    It shows one of its two lists alone with `show`, and goes on in it with `page`.
    """

    q: Annotated[Text | None, Field(description="with all of these words on one page; phrases in quotation marks")] = (
        None
    )
    source: Annotated[Text | None, Field(description="of this source only")] = None
    show: Annotated[Literal["missing", "changed"] | None, Field(description="only this list")] = None
    page: Annotated[int, Field(ge=1, le=100_000, description="which part of this list")] = 1

    def address(self, **further: object) -> str:
        """Return the address of the page with these parameters; `further` ones are added, or replace them."""
        own = self.model_dump(mode="json", exclude_defaults=True)
        return "/documents?" + urlencode({name: value for name, value in (own | further).items() if value is not None})


class DocumentsToldParameters(Parameters):
    """The query parameters by which the API chooses documents."""

    q: Annotated[Text | None, Field(description="with all of these words on one page; phrases in quotation marks")] = (
        None
    )
    source: Annotated[Text | None, Field(description="of this source only")] = None
    missing: Annotated[
        Literal["true", "false"], Field(description="only those that records link and that are not there")
    ] = "false"
    after: Annotated[Number | None, Field(description="with an id above this one")] = None

    def address(self, *, after: int) -> str:
        """Return the address of the documents with ids above `after`, with the other parameters as they are."""
        return "/api/documents?" + urlencode(self.model_dump(mode="json", exclude_defaults=True) | {"after": after})


class DocumentFilesParameters(Parameters):
    """The query parameters of the page that shows two files of a document side by side."""

    old: Annotated[Number, Field(description="the number of the file to begin with")]
    new: Annotated[Number, Field(description="the number of the file to end with")]
    page: Annotated[int, Field(ge=1, le=100_000, description="which part of the comparison")] = 1


class SourceParameters(Parameters):
    """The query parameter with the source that a page shows; without it, all sources are shown."""

    source: Annotated[Text | None, Field(description="of this source only")] = None


class FindParameters(Parameters):
    """The query parameter with the place to search for."""

    q: Annotated[Text, Field(description="a name, FIPS code or OCD id")] = ""


def one_place(text: str) -> Jurisdiction:
    """Find the jurisdiction with a name, FIPS code or OCD id. Raises PlaceError if there is none, or several."""
    places = tuple(jurisdictions.find(text))
    if len(places) == 1:
        return places[0]
    if places:
        names = "; ".join(map(place_in_words, places[:MAX_SUGGESTED]))
        raise PlaceError(f"jurisdiction: {len(places)} are called {text!r}; say which: {names}", places, is_known=True)
    near = tuple(jurisdictions.suggestions(text))
    names = "; ".join(map(place_in_words, near))
    hint = f"; did you mean {names}?" if names else ""
    raise PlaceError(f"jurisdiction: no state, county or place is called {text!r}{hint}", near, is_known=False)


def place_in_words(place: Jurisdiction) -> str:
    """Return the name of a place with its state, for example `Travis County, Texas`; for a state, its name alone."""
    state = STATES[place.state][0]
    return state if place.level == "state" else f"{place.name}, {state}"
