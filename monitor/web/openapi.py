"""The description of the JSON reads (OpenAPI 3.1), so that programs can be written against them. Pure."""

from __future__ import annotations

from typing import Any

from monitor import __version__
from monitor.model import AmendmentKind, ReportKind, VersionStatus
from monitor.web.parameters import LAST, Asked, AtAsked, CompareAsked, LogAsked, ReportAsked, SourceAsked

TEXT = {"type": "string"}
MAYBE = {"type": ["string", "null"]}
TIME = {"type": "string", "format": "date-time"}
MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
MAYBE_HASH = {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
COUNT = {"type": "integer", "minimum": 0}
ID = {"type": "integer", "minimum": 1, "maximum": LAST}
FIELDS = {"type": "object", "additionalProperties": TEXT}
COUNTS = {"type": "object", "additionalProperties": COUNT}
PLACE_ID = "^ocd-division/country:us/(state|district|territory):[a-z]{2}(/[a-z_]+:[^/?#%]+)*$"


def _object(optional: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _maybe(name: str) -> dict[str, Any]:
    return {"oneOf": [_ref(name), {"type": "null"}]}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


ENTRY = {
    "id": ID,
    "source": TEXT,
    "report": TEXT,
    "list": MAYBE,
    "kind": {"type": "string", "enum": list(AmendmentKind)},
    "reason": MAYBE,
    "observed_at": TIME,
    "version": HASH,
    "previous": MAYBE_HASH,
    "jurisdiction": _maybe("Jurisdiction"),
    "before": {"oneOf": [FIELDS, {"type": "null"}]},
    "after": {"oneOf": [FIELDS, {"type": "null"}]},
    "fields": {"type": "array", "items": TEXT},
    "minor": {"type": "boolean"},
    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    "reverts": {"type": ["integer", "null"]},
    "evidence": {"type": "object"},
    "resolves_doubt": {"type": ["object", "null"]},
    "mentions": _list("Jurisdiction"),
    "speaks_of": {"type": "array", "items": TEXT},
    "observed_by": TEXT,
}
VERSION = {
    "source": TEXT,
    "report": TEXT,
    "kind": {"type": "string", "enum": list(ReportKind)},
    "number": {"type": "integer"},
    "sha256": HASH,
    "url": TEXT,
    "file_name": TEXT,
    "captured_at": TIME,
    "last_seen_at": TIME,
    "bytes": COUNT,
    "status": {"type": "string", "enum": list(VersionStatus)},
    "hold_reason": MAYBE,
    "memento": MAYBE,
}
DOUBT = {"field": TEXT, "value": TEXT, "problem": TEXT, "suggestions": {"type": "array", "items": {"type": "object"}}}
REPORT = {
    "source": TEXT, "report": TEXT, "name": TEXT, "kind": VERSION["kind"], "url": TEXT, "first_seen_at": TIME,
    "asked_at": TIME, "changed_at": TIME, "misses": COUNT, "withdrawn_at": MAYBE_TIME,
}  # fmt: skip
SCHEMAS = {
    "Jurisdiction": _object(
        name=TEXT, level={"enum": ["state", "county", "place"]}, state=TEXT, fips=MAYBE, ocd_id=MAYBE
    ),
    "Head": _object(id=COUNT, entry_hash=HASH),
    "Entry": _object(("observed_by",), **ENTRY, entry_hash=HASH),
    "Difference": _object(("observed_by",), **{name: each for name, each in ENTRY.items() if name != "id"}),
    "Version": _object(
        ("records", "file", "releasable"), **VERSION, records=COUNTS, file=TEXT, releasable={"type": "boolean"}
    ),
    "Amendment": _object(
        ("observed_by",), **ENTRY, entry_hash=HASH, url=TEXT,
        files=_object(after=_ref("Version"), before=_maybe("Version"))
    ),
    "Record": _object(
        source=TEXT, report=TEXT, list=TEXT, fields=FIELDS, jurisdiction=_maybe("Jurisdiction"),
        locator={"type": "object"}, first_version=HASH, first_observed_at=TIME, listed_since=TIME,
    ),
    "Line": _object(
        entry=ID, source=TEXT, report=TEXT, kind=VERSION["kind"], list=TEXT, fields=FIELDS,
        jurisdiction=_ref("Jurisdiction"), listed_since=TIME, until=MAYBE_TIME, now={"type": "boolean"},
        doubts={"type": "array", "items": _object(**DOUBT, noted_at=TIME, gone_at=MAYBE_TIME)},
    ),
    "Doubt": _object(source=TEXT, report=TEXT, list=TEXT, fields=FIELDS, **DOUBT, noted_at=TIME),
    "Source": _object(
        source=TEXT, title=TEXT, page=MAYBE, polled_at=MAYBE_TIME, succeeded_at=MAYBE_TIME, failures=COUNT,
        fault=MAYBE, next_poll_at=MAYBE_TIME, changed_at=MAYBE_TIME, amended_at=MAYBE, held=COUNT,
        lists={"type": "array", "items": TEXT},
        reports={
            "type": "array", "items": _object(report=TEXT, kind=VERSION["kind"], url=TEXT, withdrawn_at=MAYBE_TIME)
        },
    ),
    "Faults": _object(faults={"type": "array", "items": TEXT, "minItems": 1}),
}  # fmt: skip

NUMBER = {"name": "number", "in": "path", "required": True, "schema": ID}
VERSION_NUMBER = NUMBER | {"schema": {"type": "integer"}}
SOURCE = {"name": "source", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z0-9-]+$"}}
LIST = {"name": "list", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z0-9-]+$"}}
REPORT_KEY = {
    "name": "report", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"},
}  # fmt: skip


def described(address: str) -> dict[str, Any]:
    """The whole description; `address` is where it is served, if that is known."""
    reads = (
        ("/api/sources", "sources", "Each source with its freshness", (), None,
         _object(sources=_list("Source"), head=_ref("Head"))),
        ("/api/log", "log", "The change log by filters, newest first", (), LogAsked,
         _object(entries=_list("Entry"), next=MAYBE, head=_ref("Head"))),
        ("/api/amendment/{id}", "amendment", "One entry of the change log", (NUMBER | {"name": "id"},), None,
         _ref("Amendment")),
        ("/api/jurisdiction/{ocd_id}", "jurisdiction", "Everything about a jurisdiction and what lies in it",
         ({"name": "ocd_id", "in": "path", "required": True, "schema": {"type": "string", "pattern": PLACE_ID},
           "description": "its Open Civic Data id, slashes as they are"},), None,
         _object(jurisdiction=_ref("Jurisdiction"), listed=_list("Line"), entries=_list("Entry"))),
        ("/api/list/{source}/{list}", "list", "The records of a list, as of a time", (SOURCE, LIST), AtAsked,
         _object(at=MAYBE_TIME, version=_maybe("Version"), records=_list("Record"))),
        ("/api/report/{source}/{report}", "report", "A report with its versions, newest first", (SOURCE, REPORT_KEY),
         ReportAsked, _object(**REPORT, next=MAYBE, versions=_list("Version"))),
        ("/api/version/{source}/{report}/{number}", "version", "One version of a report",
         (SOURCE, REPORT_KEY, VERSION_NUMBER), None, _ref("Version")),
        ("/api/compare", "compare", "The amendments between any two versions of a report", (), CompareAsked,
         _object(old=_ref("Version"), new=_ref("Version"),
                 lists={"type": "object", "additionalProperties": _list("Difference")})),
        ("/api/holds", "holds", "The versions that wait for a person", (), None, _object(holds=_list("Version"))),
        ("/api/doubts", "doubts", "What can't be right in the lists as they stand", (), SourceAsked,
         _object(doubts=_list("Doubt"))),
    )  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "monitor",
            "version": __version__,
            "description": "The change log of the lists that agencies publish, to read. Nothing can be written.",
        },
        "servers": [{"url": address or "/"}],
        "paths": {path: {"get": _read(*rest)} for path, *rest in reads},
        "components": {"schemas": SCHEMAS},
    }


def _read(
    name: str, summary: str, path: tuple[dict[str, Any], ...], asked: type[Asked] | None, answer: dict[str, Any]
) -> dict[str, Any]:
    """One read: its parameters, and every answer that it can give."""
    tag = {"ETag": {"schema": TEXT, "description": "the same as long as the answer is"}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [
            *path,
            *(_query(asked) if asked else ()),
            {"name": "If-None-Match", "in": "header", "required": False, "schema": TEXT},
        ],
        "responses": {
            "200": {"description": summary, "headers": tag, "content": _content(answer)},
            "304": {"description": "What the reader has is what it is", "headers": tag},
            "400": {"description": "What is asked can't be", "content": _content(_ref("Faults"))},
            "401": {"description": "A password or token is needed", "content": {"text/plain": {"schema": TEXT}}},
            "404": {"description": "It is not there", "content": _content(_ref("Faults"))},
            "503": {"description": "It can't be read at this moment", "content": _content(_ref("Faults"))},
        },
    }


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _query(asked: type[Asked]) -> list[dict[str, Any]]:
    """The parameters of a query, as they are checked."""
    schema = asked.model_json_schema()
    found = []
    for name, each in schema["properties"].items():
        branches = [branch for branch in each.get("anyOf", [each]) if branch.get("type") != "null"]
        own = dict(branches[0]) if len(branches) == 1 else {"anyOf": branches}
        for word in ("title", "description", "default"):
            own.pop(word, None)
        if own.get("type") == "array":
            own = {"type": "array", "items": {"type": "string", "enum": list(AmendmentKind)}, "maxItems": 7}
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "description": each.get("description", ""),
                "schema": own,
            }
        )
    return found
