"""Reads the form of the page on which a description is tried: files, addresses, and perhaps a description in YAML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from multipart import MultipartError, MultipartParser, parse_options_header

from monitor.config.file import parse
from monitor.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from monitor.config.sources import Config

MAX_DESCRIPTION_BYTES = 200_000
MAX_FIELD_BYTES = 20_000  # of each other field but the files
MAX_ADDRESSES = 10
MAX_FORM_PARTS = 20  # of the form
IN_MEMORY_BYTES = 2_000_000  # of a form; a longer one goes to a temporary file
FILE_FIELDS = ("older", "newer")
SOURCES_KEY = re.compile(r"^sources:", re.MULTILINE)
FAULT_PLACE = re.compile(r"^description:(\d+):(\d+):")  # line and column of a fault
NOT_IN_NAMES = re.compile(r"[^\w.()-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file that was sent with the form: its name, without folders and odd characters, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialForm:
    """The values of a form that a person has sent for a trial.

    - `source`: the name of a source of the configuration; "" where a `description` is given in its place.
    - `description`: YAML with one source; "" where a source of the configuration is tried.
    - `report`: the report that the files belong to; "" to find it by the names of the files.
    - `files`: the files that were sent, the older one first. `addresses`: web addresses of further files.
    - `token`: the secret of the page that the form came from.
    """

    source: str = ""
    report: str = ""
    description: str = ""
    files: tuple[UploadedFile, ...] = ()
    addresses: tuple[str, ...] = ()
    token: str = ""


async def spooled(chunks: AsyncIterator[bytes], *, most: int) -> IO[bytes]:
    """Take the body of a request, of at most `most` bytes, and return it as a file. Raises RefusedError."""
    body = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - whoever reads it closes it
    size = 0
    try:
        async for chunk in chunks:
            size += len(chunk)
            _check_size(size, most=most)
            body.write(chunk)
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


def _check_size(size: int, *, most: int) -> None:
    """Raise RefusedError if a form has more than `most` bytes."""
    if size > most:
        raise RefusedError(f"this is more than {most // 1_000_000:,} MB; try so large files with `monitor try`")


def read_form(body: IO[bytes], content_type: str, *, most: int) -> TrialForm:
    """Read the form from the body of a request.

    - `content_type`: the header Content-Type of the request.
    - `most`: the largest size of a file, in bytes.

    Raises RefusedError if the body is not the form of this page, or has a field that is too long.
    """
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise RefusedError("this is not the form of this page")
    texts: dict[str, str] = {}
    files: dict[str, UploadedFile] = {}
    # All of it stays in memory: where a form breaks off, the parser leaves the files open that it began.
    limits = {"part_limit": MAX_FORM_PARTS, "partsize_limit": most, "spool_limit": 2 * most, "memory_limit": 2 * most}
    try:
        parser = MultipartParser(body, options["boundary"], strict=True, **limits)
        for part in parser:
            if part.name in FILE_FIELDS:
                if part.filename:
                    files[part.name] = UploadedFile(name=_plain_name(part.filename), content=part.raw)
            elif part.size > (MAX_DESCRIPTION_BYTES if part.name == "description" else MAX_FIELD_BYTES):
                raise RefusedError(f"{part.name}: this is too long to be tried here")
            else:
                texts[part.name] = part.value
            part.close()
    except (MultipartError, UnicodeDecodeError, LookupError) as fault:
        raise RefusedError("the form could not be read; send it again") from fault
    addresses = tuple(line.strip() for line in texts.get("addresses", "").splitlines() if line.strip())
    if len(addresses) > MAX_ADDRESSES:
        raise RefusedError(f"addresses: these are {len(addresses)}; give at most {MAX_ADDRESSES}")
    return TrialForm(
        source=texts.get("source", ""),
        report=texts.get("report", ""),
        description=texts.get("description", "").strip("\r\n").replace("\r\n", "\n"),
        files=tuple(files[field] for field in FILE_FIELDS if field in files),
        addresses=addresses,
        token=texts.get("token", ""),
    )


def described_source(text: str) -> tuple[Config, str]:
    """Return the configuration that a text in YAML makes, and the name of its one source.

    The text is a configuration with one source, or that source alone as it stands under `sources:`. Raises ConfigError,
    which lists every fault, and RefusedError if it has several sources or none.
    """
    if SOURCES_KEY.search(text):
        config = parse(text, "description")
    else:
        try:
            config = parse("sources:\n" + "".join(f"  {line}\n" for line in text.split("\n")), "description")
        except ConfigError as fault:
            raise ConfigError(tuple(_as_typed(each) for each in fault.faults)) from fault
    if not config.sources:
        raise RefusedError("description: here stands no source; give one")
    if len(config.sources) > 1:
        raise RefusedError(f"description: here stand {', '.join(config.sources)}; give one source")
    return config, next(iter(config.sources))


def _as_typed(fault: str) -> str:
    """Return a fault with the line and the column that it has in the text as it was typed.

    The text was read under a line `sources:`, each of its lines moved to the right by two blanks.
    """
    return FAULT_PLACE.sub(lambda found: f"description:{max(1, int(found[1]) - 1)}:{max(1, int(found[2]) - 2)}:", fault)


def _plain_name(name: str) -> str:
    """Return the name of a file without folders, and without characters that have no place in a name."""
    return NOT_IN_NAMES.sub("-", name.replace("\\", "/").rpartition("/")[2]).strip("-.")[-120:] or "file"
