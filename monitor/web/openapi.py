"""Describes the JSON API in OpenAPI 3.1, for people who write programs that use it.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import __version__
from monitor.model import AmendmentKind, ReportKind, VersionStatus
from monitor.standing import Ending, LookState, NotKnown, StandingState
from monitor.store.doubts import LineDoubt, ListedDoubt
from monitor.store.entry import LAST_NUMBER, MAY_BE_ABSENT
from monitor.store.queries import RecordDetails
from monitor.web.parameters import (
    CompareParameters,
    DateParameters,
    DocumentsToldParameters,
    LogParameters,
    MomentParameters,
    ReportParameters,
    SourceParameters,
)
from monitor.web.schemas import TEXT, object_of, properties_of, properties_of_entry

if TYPE_CHECKING:
    from monitor.web.parameters import Parameters
    from monitor.web.schemas import Schema

MAYBE = {"type": ["string", "null"]}
TIME = {"type": "string", "format": "date-time"}
MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
COUNT = {"type": "integer", "minimum": 0}
ID = {"type": "integer", "minimum": 1, "maximum": LAST_NUMBER}
FIELDS = {"type": "object", "additionalProperties": TEXT}
COUNTS = {"type": "object", "additionalProperties": COUNT}
PLACE_ID = "^ocd-division/country:us/(state|district|territory):[a-z]{2}(/[a-z_]+:[^/?#%]+)*$"


def _ref(name: str) -> Schema:
    """Return a reference to the schema with this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _maybe(name: str) -> Schema:
    """Return a schema for a value of the schema with this name, or null."""
    return {"oneOf": [_ref(name), {"type": "null"}]}


def _list(name: str) -> Schema:
    """Return a schema for a list of values of the schema with this name."""
    return {"type": "array", "items": _ref(name)}


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
REPORT = {
    "source": TEXT, "report": TEXT, "name": TEXT, "kind": VERSION["kind"], "url": TEXT, "first_seen_at": TIME,
    "asked_at": TIME, "changed_at": TIME, "misses": COUNT, "withdrawn_at": MAYBE_TIME,
}  # fmt: skip
DOCUMENT = {
    "id": ID, "source": TEXT, "url": TEXT, "status": {"type": "string", "enum": ["new", "there", "gone", "refused"]},
    "linked_at": TIME, "unlinked_at": MAYBE_TIME, "asked_at": MAYBE_TIME, "due_at": TIME, "fault": MAYBE,
    "files": _list("DocumentFile"), "records": _list("LinkingRecord"),
}  # fmt: skip
SCHEMAS = {
    "Jurisdiction": object_of(
        name=TEXT, level={"enum": ["state", "county", "place"]}, state=TEXT, fips=MAYBE, ocd_id=MAYBE
    ),
    "Head": object_of(id=COUNT, entry_hash=HASH),
    "Entry": object_of(MAY_BE_ABSENT, **properties_of_entry()),
    "Difference": object_of(MAY_BE_ABSENT, **properties_of_entry(without=("id", "entry_hash"))),
    "Version": object_of(
        ("records", "file", "releasable", "parts"), **VERSION, records=COUNTS, file=TEXT,
        releasable={"type": "boolean"},
        parts={"type": "array", "items": object_of(part=TEXT, url=TEXT, sha256=HASH, captured_at=TIME)},
    ),
    "Amendment": object_of(
        (*MAY_BE_ABSENT, "document_files"), **properties_of_entry(), url=TEXT,
        files=object_of(after=_ref("Version"), before=_maybe("Version")),
        document_files=object_of(id=ID, before=_maybe("DocumentFile"), after=_maybe("DocumentFile")),
    ),
    "Record": object_of(**properties_of(RecordDetails)),
    "Standing": object_of(
        state={"type": "string", "enum": list(StandingState)}, since=MAYBE_TIME, until=MAYBE_TIME,
        last_seen_at=MAYBE_TIME, ending={"enum": [*Ending, None]}, to=MAYBE, not_known={"enum": [*NotKnown, None]},
        words=TEXT,
    ),
    "ListedRecord": object_of(**properties_of(RecordDetails), until=MAYBE_TIME, standing=_ref("Standing")),
    "Line": object_of(
        entry=ID, kind=VERSION["kind"], **properties_of(RecordDetails), until=MAYBE_TIME, standing=_ref("Standing"),
        now={"type": "boolean"}, doubts={"type": "array", "items": object_of(**properties_of(LineDoubt))},
    ),
    "InList": object_of(source=TEXT, list=TEXT, standing=_ref("Standing")),
    "Doubt": object_of(**properties_of(ListedDoubt)),
    "Source": object_of(
        source=TEXT, title=TEXT, page=MAYBE, polled_at=MAYBE_TIME, succeeded_at=MAYBE_TIME, failures=COUNT,
        fault=MAYBE, next_poll_at=MAYBE_TIME, changed_at=MAYBE_TIME, amended_at=MAYBE, held=COUNT,
        age_seconds={"type": ["integer", "null"], "minimum": 0}, state={"enum": [*LookState, "not watched"]},
        lists={"type": "array", "items": TEXT},
        reports={
            "type": "array", "items": object_of(report=TEXT, kind=VERSION["kind"], url=TEXT, withdrawn_at=MAYBE_TIME)
        },
    ),
    "DocumentFile": object_of(
        number=ID, sha256=HASH, bytes=COUNT, captured_at=TIME, memento=MAYBE, pages={"type": ["integer", "null"]},
        fault=MAYBE,
    ),
    "LinkingRecord": object_of(field=TEXT, **properties_of(RecordDetails)),
    "Document": object_of(**DOCUMENT, entries=_list("Entry")),
    "FoundDocument": object_of(
        ("found",), **DOCUMENT, found=object_of(page=ID, excerpt=TEXT, is_latest={"type": "boolean"}, sha256=HASH)
    ),
    "Faults": object_of(faults={"type": "array", "items": TEXT, "minItems": 1}),
}  # fmt: skip

NUMBER = {"name": "number", "in": "path", "required": True, "schema": ID}
VERSION_NUMBER = NUMBER | {"schema": {"type": "integer"}}
SOURCE = {"name": "source", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z0-9-]+$"}}
LIST = {"name": "list", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z0-9-]+$"}}
REPORT_KEY = {
    "name": "report", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"},
}  # fmt: skip

PLACE_PART = {
    "name": "ocd_id", "in": "path", "required": True, "schema": {"type": "string", "pattern": PLACE_ID},
    "description": "its Open Civic Data id, slashes as they are",
}  # fmt: skip
RECORD_PARTS = (
    {"name": "sha256", "in": "path", "required": True, "schema": HASH}, LIST,
    {"name": "mark", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/?#%]+$"}},
)  # fmt: skip
ZIP = "application/zip"


def described(address: str) -> Schema:
    """Return the OpenAPI description of the API; `address` is the address of the pages, or "" if it is not known."""
    reads = (
        ("/api/sources", "sources", "Each source with its freshness", (), None,
         object_of(sources=_list("Source"), head=_ref("Head"))),
        ("/api/log", "log", "The change log by filters, newest first", (), LogParameters,
         object_of(entries=_list("Entry"), next=MAYBE, head=_ref("Head"))),
        ("/api/amendment/{id}", "amendment", "One entry of the change log", (NUMBER | {"name": "id"},), None,
         _ref("Amendment")),
        ("/api/jurisdiction/{ocd_id}", "jurisdiction", "Everything about a jurisdiction and what lies in it",
         (PLACE_PART,), DateParameters,
         object_of(jurisdiction=_ref("Jurisdiction"), at=MAYBE_TIME, lists=_list("InList"), listed=_list("Line"),
                   entries=_list("Entry"))),
        ("/api/record/{sha256}/{list}/{mark}", "record", "One record of a list, by its first file and its place there",
         RECORD_PARTS, DateParameters,
         object_of(at=MAYBE_TIME, url=TEXT, record=_ref("ListedRecord"), version={"type": "integer"},
                   entries=_list("Entry"))),
        ("/api/list/{source}/{list}", "list", "The records of a list, as of a time", (SOURCE, LIST), MomentParameters,
         object_of(at=MAYBE_TIME, version=_maybe("Version"), records=_list("Record"))),
        ("/api/report/{source}/{report}", "report", "A report with its versions, newest first", (SOURCE, REPORT_KEY),
         ReportParameters, object_of(**REPORT, next=MAYBE, versions=_list("Version"))),
        ("/api/version/{source}/{report}/{number}", "version", "One version of a report",
         (SOURCE, REPORT_KEY, VERSION_NUMBER), None, _ref("Version")),
        ("/api/compare", "compare", "The amendments between any two versions of a report", (), CompareParameters,
         object_of(old=_ref("Version"), new=_ref("Version"),
                 lists={"type": "object", "additionalProperties": _list("Difference")})),
        ("/api/holds", "holds", "The versions that wait for a person", (), None, object_of(holds=_list("Version"))),
        ("/api/documents", "documents", "The documents that records link to, or those with some words", (),
         DocumentsToldParameters, object_of(documents=_list("FoundDocument"), next=MAYBE)),
        ("/api/document/{id}", "document", "One document, with its files, its records and its log entries",
         (NUMBER | {"name": "id"},), None, _ref("Document")),
        ("/api/doubts", "doubts", "What can't be right in the lists as they stand", (), SourceParameters,
         object_of(doubts=_list("Doubt"))),
    )  # fmt: skip
    downloads = (
        ("/checkpoint", "checkpoint", "The checkpoint of the evidence log that was stamped or published last", (), None,
         "text/plain"),
        ("/amendment/{id}/exhibit.zip", "amendment-packet", "The packet of evidence about an entry",
         (NUMBER | {"name": "id"},), None, ZIP),
        ("/record/{sha256}/{list}/{mark}/exhibit.zip", "record-packet", "The packet of evidence about a record",
         RECORD_PARTS, DateParameters, ZIP),
        ("/version/{source}/{report}/{number}/exhibit.zip", "version-packet", "The packet of evidence about a version",
         (SOURCE, REPORT_KEY, VERSION_NUMBER), None, ZIP),
        ("/jurisdiction/{ocd_id}/exhibit.zip", "jurisdiction-packet", "The packet of evidence about a place",
         (PLACE_PART,), DateParameters, ZIP),
    )  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "monitor",
            "version": __version__,
            "description": "The change log of the lists that agencies publish, to read. Nothing can be written.",
        },
        "servers": [{"url": address or "/"}],
        "paths": {path: {"get": _read(*rest)} for path, *rest in reads}
        | {path: {"get": _download(*rest)} for path, *rest in downloads},
        "components": {"schemas": SCHEMAS},
    }


def _read(name: str, summary: str, path: tuple[Schema, ...], asked: type[Parameters] | None, answer: Schema) -> Schema:
    """Return the description of one GET operation: its parameters, and every answer that it can give.

    - `path`: the parameters in the address itself. `asked`: the class that checks the query parameters, or None.
    - `answer`: the schema of a good answer.
    """
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
            "414": {"description": "The address is too long", "content": {"text/plain": {"schema": TEXT}}},
            "503": {"description": "It can't be read at this moment", "content": _content(_ref("Faults"))},
        },
    }


def _download(
    name: str, summary: str, path: tuple[Schema, ...], asked: type[Parameters] | None, media_type: str
) -> Schema:
    """Return the description of a GET operation that sends a file; what goes wrong is told by a page for readers."""
    operation = _read(name, summary, path, asked, TEXT)
    answers = operation["responses"]
    if media_type == ZIP:
        answers["429"] = {"description": "Too many packets were asked for; Retry-After says when to go on"}
        answers["200"]["headers"] = {}  # a packet that lacks a part has no ETag
    for status in ("400", "404", "429", "503"):
        if status in answers:
            answers[status]["content"] = {"text/html": {"schema": TEXT}}
    answers["200"]["content"] = {media_type: {"schema": TEXT if media_type != ZIP else {}}}
    return operation


def _content(schema: Schema) -> Schema:
    """Return the description of a JSON answer with this schema."""
    return {"application/json": {"schema": schema}}


def _query(asked: type[Parameters]) -> list[Schema]:
    """Return the descriptions of the query parameters that the class `asked` checks."""
    schema = asked.model_json_schema()
    found = []
    for name, each in schema["properties"].items():
        branches = [branch for branch in each.get("anyOf", [each]) if branch.get("type") != "null"]
        own = dict(branches[0]) if len(branches) == 1 else {"anyOf": branches}
        for word in ("title", "description", "default"):
            own.pop(word, None)
        if own.get("type") == "array":
            kinds = list(AmendmentKind)
            own = {"type": "array", "items": {"type": "string", "enum": kinds}, "maxItems": len(kinds)}
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
