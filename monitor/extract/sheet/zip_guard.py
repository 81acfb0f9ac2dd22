"""Unpacks a zip file whose sender may be hostile; refuses parts that are too large or damaged, or declare entities.

An XML entity stands for other text and can be used to make a small file huge.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn
from xml.parsers import expat

from monitor.errors import BombError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping

MEGABYTE = 1_000_000
# So many parts of a file that were found to be free of entities are remembered, none of them larger.
MAX_REMEMBERED_PARTS = 64
MAX_REMEMBERED_BYTES = 50_000

# The first bytes of a zip file.
ZIP_MAGIC = b"PK\x03\x04"
# The first bytes of a file in Microsoft's older container format.
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The first bytes of other formats, with the words that a message has for them.
OTHER_FORMATS = {
    OLE_MAGIC: "encrypted, or of the format before 2007 (.xls); it needs saving as a plain .xlsx",
    b"PK\x05\x06": "an empty zip file",
    b"%PDF": "a PDF",
    b"<": "a web page or XML",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipLimits:
    """How large a zip file may be. A file that goes beyond one of these is refused.

    - `parts`: the number of its parts.
    - `unpacked_bytes`: the size of all its parts together, unpacked.
    - `ratio`: how many times its own size it may unpack to; real spreadsheets stay under 30.
    - `bytes_at_any_ratio`: a file that unpacks to no more is harmless, whatever the ratio.
    """

    parts: int = 5_000
    unpacked_bytes: int = 150_000_000
    ratio: int = 200
    bytes_at_any_ratio: int = 10_000_000


ZIP_LIMITS = ZipLimits()


def unpack(content: bytes, limits: ZipLimits = ZIP_LIMITS) -> dict[str, bytes]:
    """Return the XML parts of an Office file (which is a zip file), keyed by name.

    Other parts, like pictures, are not unpacked. The sizes that the file announces are checked before anything is
    unpacked, and a part that is longer than announced is refused as damaged. Raises UnreadableError or BombError.
    """
    _check_magic(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            members = container.infolist()
            _check_sizes(members, len(content), limits)
            parts = {each.filename: container.read(each) for each in members if _is_xml(each.filename)}
    except RuntimeError as fault:  # zipfile's word for a member with a password, or of an unknown method
        raise UnreadableError(f"part of the file is encrypted or packed in an unknown way: {fault}") from fault
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as fault:
        raise UnreadableError(f"a damaged or truncated zip file: {fault}") from fault
    return parts


def repack(parts: Mapping[str, bytes]) -> bytes:
    """Return the parts as a new, uncompressed zip file.

    A hostile zip file can show different parts to different programs. A program that gets the new file sees only the
    parts that were checked.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as container:
        for name, part in parts.items():
            container.writestr(zipfile.ZipInfo(name), part)
    return packed.getvalue()


def refuse_entities(name: str, part: bytes) -> None:
    """Raise UnreadableError if the XML part `name` is not well-formed or declares a document type.

    Without a document type there are no entities that could be expanded or fetched. Office files never have one.
    """
    if len(part) <= MAX_REMEMBERED_BYTES:
        _refuse_entities_once(name, part)
    else:
        _refuse_entities(name, part)


def _refuse_entities(name: str, part: bytes) -> None:
    parser = entity_free_parser(name)
    try:
        parser.Parse(part, True)  # noqa: FBT003 - expat takes no names
    except expat.ExpatError as fault:
        raise UnreadableError(f"the part {name} is no valid XML: {fault}") from fault


# Most parts of a workbook, like its theme, are the same in the next version, byte for byte.
_refuse_entities_once = lru_cache(maxsize=MAX_REMEMBERED_PARTS)(_refuse_entities)


def entity_free_parser(name: str, *, namespaces: bool = False) -> expat.XMLParserType:
    """Return an XML parser (expat) that raises UnreadableError at a document type or an entity.

    - `name`: the name of the part that will be parsed, for the message.
    - `namespaces`: if True, a prefix that stands for no namespace is an error, and the parser gives a name with a
      prefix as the namespace, a brace and the name.
    """
    parser = expat.ParserCreate(namespace_separator="}") if namespaces else expat.ParserCreate()

    def refuse(*_: object) -> NoReturn:
        raise UnreadableError(f"the part {name} declares a document type or entities, which is refused")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels"))


def _check_magic(content: bytes) -> None:
    if content.startswith(ZIP_MAGIC):
        return
    if not content.strip():
        raise UnreadableError("the file is empty")
    for magic, what in OTHER_FORMATS.items():
        if content.lstrip().startswith(magic):
            raise UnreadableError(f"no readable workbook: the file is {what}")
    raise UnreadableError("no workbook: the file does not start like a zip file")


def _check_sizes(members: list[zipfile.ZipInfo], packed: int, limits: ZipLimits) -> None:
    if len(members) > limits.parts:
        raise BombError(f"the file has {len(members):,} parts; at most {limits.parts:,} are read")
    names = [each.filename for each in members]
    if len(set(names)) < len(names):
        raise UnreadableError("two parts of the file have the same name")
    unpacked = sum(each.file_size for each in members)
    if unpacked > limits.unpacked_bytes:
        most = limits.unpacked_bytes / MEGABYTE
        raise BombError(f"the file unpacks to {unpacked / MEGABYTE:,.0f} MB; at most {most:,.0f} MB are read")
    if unpacked > limits.bytes_at_any_ratio and unpacked > limits.ratio * packed:
        raise BombError(f"the file unpacks to {unpacked // packed:,} times its size, like a zip bomb")
