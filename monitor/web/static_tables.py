"""Describes the data files of the static site as a Frictionless data package, and writes lists as CSV.

A data package is a file `datapackage.json` that says of each file of data what it is, how long it is, and what its
columns are: https://datapackage.org/standard/data-package/.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from monitor.alerts.writing import as_csv
from monitor.alerts.writing.as_csv import LOG_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACE_COLUMNS = ("place", "place_state", "fips", "ocd_id", "listed_since")  # beside a list's own columns
LOG_FIELDS = {
    "id": ("integer", "the number of the entry"),
    "observed_at": ("datetime", "when this was seen, in UTC"),
    "source": ("string", "the publication page"),
    "report": ("string", "the published document"),
    "list": ("string", "the table in it; empty where the entry is about the whole report"),
    "kind": ("string", "added, removed, corrected, and so on"),
    "reason": ("string", "what kind of correction"),
    "state": ("string", "the postal code of the state"),
    "jurisdiction": ("string", "the name of the place"),
    "fips": ("string", "its FIPS code"),
    "ocd_id": ("string", "its Open Civic Data id"),
    "fields": ("string", "the names of the fields that differ, with blanks between them"),
    "before": ("string", "the record as it was"),
    "after": ("string", "the record as it is"),
    "minor": ("boolean", "whether only fields of little weight differ"),
    "confidence": ("number", "that both records are the same one, from 0 to 1"),
    "reverts": ("integer", "the number of the entry that this one undoes"),
    "version": ("string", "SHA-256 of the file with the record"),
    "previous": ("string", "SHA-256 of the file that it was compared with"),
    "entry_hash": ("string", "SHA-256 of the entry and of the hash before it"),
}
TABLE_MEDIA_TYPES = {"csv": "text/csv", "json": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """The description of one file of the data package.

    - `name`, `title`: what it is called, for programs and for readers.
    - `path`: where it is in the folder of the static site.
    - `size`, `digest`: the number of its bytes, and their SHA-256.
    - `fields`: its columns, each with its type and what it means; none for JSON.
    """

    name: str
    title: str
    path: str
    size: int
    digest: str
    fields: Sequence[tuple[str, str, str]] = ()


def log_files(as_csv: bytes, as_json: bytes) -> list[DataFile]:
    """Return the descriptions of two files of the data package: the change log as CSV, and as JSON."""
    fields = [(name, *LOG_FIELDS[name]) for name in LOG_COLUMNS]
    return [
        _file("change-log", "The change log", "log.csv", as_csv, fields),
        _file("change-log-json", "The change log, with all values of each record", "log.json", as_json),
    ]


def _file(name: str, title: str, path: str, content: bytes, fields: Sequence[tuple[str, str, str]] = ()) -> DataFile:
    digest = sha256(content).hexdigest()
    return DataFile(name=name, title=title, path=path, size=len(content), digest=digest, fields=fields)


def list_file(
    source: str, name: str, *, title: str, titles: Mapping[str, str], content: bytes
) -> tuple[DataFile, bytes]:
    """Return the present records of a list as a CSV file of the data package: its description, and its bytes.

    - `source`, `name`: the names of the source and of the list in the configuration.
    - `title`: the title of the list for readers. `titles`: the title of each of its fields, by the field's name.
    - `content`: the answer of the API about the list, as JSON.
    """
    records: list[dict[str, Any]] = json.loads(content)["records"]
    columns = tuple(dict.fromkeys([*titles, *(field for record in records for field in record["fields"])]))
    # A field of the publisher's may have the same name as a column of ours.
    own = {column: column if column not in columns else f"monitor_{column}" for column in PLACE_COLUMNS}
    rows = [record["fields"] | _place(record, own) for record in records]
    fields = [(column, "string", titles.get(column, "")) for column in columns]
    fields += [(column, "datetime" if "since" in column else "string", "") for column in own.values()]
    text = as_csv.lines(rows, [*columns, *own.values()])
    made = text.encode()
    return _file(f"{source}.{name}", title, f"list/{source}/{name}/list.csv", made, fields), made


def _place(record: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, object]:
    """Return the place of a record as the values of the columns `own`."""
    place = record["jurisdiction"] or {}
    values = (place.get("name"), place.get("state"), place.get("fips"), place.get("ocd_id"))
    return dict(zip(own.values(), (*values, record.get("listed_since") or record["first_observed_at"]), strict=True))


def package(files: Sequence[DataFile], *, head: tuple[int, str], address: str) -> bytes:
    """Return the content of `datapackage.json`, which describes these files.

    - `head`: the number of the last entry of the log, and its hash. `address`: where the site is; "" if not known.
    """
    value: dict[str, object] = {
        "name": "monitor-change-log",
        "title": "Changes in lists that federal agencies publish",
        "description": f"The log has {head[0]:,} entries; the hash of the last is {head[1]}. Cells that a spreadsheet "
        "would take for a formula begin with an apostrophe.",
        **({"homepage": f"{address}/"} if address else {}),
        "resources": [_resource(each) for each in files],
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _resource(file: DataFile) -> dict[str, object]:
    suffix = file.path.rpartition(".")[2]
    value: dict[str, object] = {
        "name": file.name,
        "title": file.title,
        "path": file.path,
        "format": suffix,
        "mediatype": TABLE_MEDIA_TYPES[suffix],
        "encoding": "utf-8",
        "bytes": file.size,
        "hash": f"sha256:{file.digest}",
    }
    if not file.fields:
        return value
    fields = [
        {"name": name, "type": kind} | ({"description": meaning} if meaning else {})
        for name, kind, meaning in file.fields
    ]
    return value | {"profile": "tabular-data-resource", "schema": {"fields": fields, "missingValues": [""]}}
