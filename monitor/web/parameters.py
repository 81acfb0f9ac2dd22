"""What an address asks for, checked: the parameters of each page as values, or one line for each fault. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from monitor import jurisdictions
from monitor.errors import MonitorError
from monitor.jurisdictions.states import STATES, code_of
from monitor.model import AmendmentKind, Jurisdiction
from monitor.store.read_only import Wanted
from monitor.times import instant, moment_of

if TYPE_CHECKING:
    from starlette.requests import Request

LAST = 2**63 - 1  # the largest number that the database can hold
SHOWN = 50  # entries on a page of the log, unless told otherwise
MOST = 500


class AskedError(MonitorError):
    """An address asks for what can't be; `faults` has one line for each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def _time(value: str) -> str:
    """A date, or a time, as the database writes it."""
    try:
        return instant(moment_of(value))
    except (MonitorError, ValueError, OverflowError) as fault:
        raise ValueError(f"{value!r} is no date; write it like 2025-07-04 or 2025-07-04T15:16:59Z") from fault


def _end(value: str) -> str:
    """A time, of a date alone its end: what was published on that day counts."""
    found = _time(value)
    return f"{found[:10]}T23:59:59Z" if len(value.strip()) == 10 else found


def _state(value: str) -> str:
    found = code_of(value)
    if found is None:
        raise ValueError(f"{value!r} is no state; write its postal code, like TX")
    return found


def _kinds(value: object) -> object:
    """`added,removed` as well as two parameters."""
    given = [value] if isinstance(value, str) else value
    return [part for each in given for part in str(each).split(",")] if isinstance(given, list) else given


DATE = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
Text = Annotated[str, Field(max_length=200)]
Time = Annotated[
    str, Field(max_length=40, json_schema_extra={**DATE, "examples": ["2025-07-04"]}), AfterValidator(_time)
]
End = Annotated[str, Field(max_length=40, json_schema_extra={**DATE, "examples": ["2025-07-04"]}), AfterValidator(_end)]
State = Annotated[str, Field(max_length=60, json_schema_extra={"examples": ["TX", "Texas"]}), AfterValidator(_state)]
Number = Annotated[int, Field(ge=1, le=LAST)]
VersionNumber = Annotated[int, Field(ge=-LAST, le=LAST)]  # 0 and below: found by a backfill, before the first


class Asked(BaseModel):
    """Parameters of an address; unknown ones, and empty ones of a form, are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls, request: Request) -> Self:
        """Check those of a request. Raises AskedError. What a form leaves empty is not asked."""
        exact = request.url.path.startswith("/api/")
        several = {name for name, each in cls.model_fields.items() if "tuple" in str(each.annotation)}
        values: dict[str, Any] = {}
        for name, given in request.query_params.multi_items():
            value = given if exact else given.strip()
            if name in several and (value or exact):
                values.setdefault(name, []).append(value)
            elif value or exact:
                values[name] = value
        try:
            return cls.model_validate(values)
        except ValidationError as fault:
            raise AskedError(tuple(_said(each) for each in fault.errors())) from fault


def _said(fault: Any) -> str:  # noqa: ANN401 - a TypedDict of pydantic's own
    where = str(fault["loc"][0]) if fault["loc"] else "the address"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"


class LogAsked(Asked):
    """The filters of the change log, and where a page of it begins."""

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
    limit: Annotated[int, Field(ge=1, le=MOST, description="how many entries")] = SHOWN

    def wanted(self) -> Wanted:
        """The filters as the database is asked. Raises AskedError for a jurisdiction that is none, or several."""
        return Wanted(
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
    def filters(self) -> dict[str, Any]:
        """The filters that are set, as they are written into an address."""
        found = self.model_dump(mode="json", exclude={"before", "after", "limit"}, exclude_defaults=True)
        for name in ("since", "until"):
            if name in found:
                found[name] = found[name].removesuffix("T00:00:00Z")
        return found

    def address(self, path: str = "/log", **further: object) -> str:
        """The address of these filters, with more or, where None, without them."""
        own = {"limit": self.limit} if self.limit != SHOWN else {}
        values = {name: value for name, value in {**self.filters, **own, **further}.items() if value is not None}
        return path + ("?" + urlencode(values, doseq=True) if values else "")


class AtAsked(Asked):
    """A moment of a list: a time, or (from a slider) which of its versions, counted from 1."""

    at: Annotated[End | None, Field(description="as it stood at this time, or at the end of this date")] = None
    stop: Annotated[Number | None, Field(description="as its first, second, ... recorded version has it")] = None


class MapAsked(AtAsked):
    """What a map shows."""

    source: Annotated[Text | None, Field(description="of this source")] = None


class ReportAsked(Asked):
    """Which of a report's versions."""

    before: Annotated[VersionNumber | None, Field(description="older than the version with this number")] = None


class CompareAsked(Asked):
    """Two versions of one report, and which list."""

    source: Annotated[Text, Field(description="the source")]
    report: Annotated[Text, Field(description="the report")]
    old: Annotated[VersionNumber, Field(description="the number of the version to begin with")]
    new: Annotated[VersionNumber, Field(description="the number of the version to end with")]


class SourceAsked(Asked):
    """One source, or all."""

    source: Annotated[Text | None, Field(description="of this source only")] = None


class FindAsked(Asked):
    """A place that somebody looks for."""

    q: Annotated[Text, Field(description="a name, FIPS code or OCD id")] = ""


def one_place(text: str) -> Jurisdiction:
    """The one jurisdiction that is meant. Raises AskedError."""
    found = jurisdictions.find(text)
    if len(found) == 1:
        return found[0]
    if found:
        named = "; ".join(called(each) for each in found[:30])
        raise AskedError((f"jurisdiction: {len(found)} are called {text!r}; say which: {named}",))
    meant = "; ".join(called(each) for each in jurisdictions.suggestions(text))
    hint = f"; did you mean {meant}?" if meant else ""
    raise AskedError((f"jurisdiction: no state, county or place is called {text!r}{hint}",))


def called(place: Jurisdiction) -> str:
    """`Travis County, Texas`; a state by its name."""
    state = STATES[place.state][0]
    return state if place.level == "state" else f"{place.name}, {state}"
