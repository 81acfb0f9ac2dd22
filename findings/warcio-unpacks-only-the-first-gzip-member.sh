#!/bin/sh
# Finding: `content_stream()` of a record that warcio reads gives only the first member of a body with
# `Content-Encoding: gzip` that has several. Gzip allows several members one after the other, as whoever joins packed
# parts makes them. What is lost leaves no trace: no error, and the digest of the payload, which is over the packed
# bytes, passes with `check_digests="raise"`. FastWARC and the standard library's `gzip` unpack all of it. Whoever
# replays or indexes a web archive with warcio sees the top of a list and takes it for the whole.
#
# Seen with warcio 1.8.1 and FastWARC 2.0.1. Expected: all members, since warcio reads a `.warc.gz`, which is itself
# made of members, without loss.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check warcio==1.8.1 FastWARC==2.0.1
"$folder/venv/bin/python" - <<'PY'
import gzip
import io
import sys

import fastwarc.warc
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

body = gzip.compress(b"Baker County\n") + gzip.compress(b"Clay County\n")
file = io.BytesIO()
writer = WARCWriter(file, gzip=True)
headers = [("Content-Type", "text/plain"), ("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))]
writer.write_record(
    writer.create_warc_record(
        "https://www.example.gov/list.txt",
        "response",
        payload=io.BytesIO(body),
        http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"),
    )
)
archive = file.getvalue()
(by_warcio,) = [each.content_stream().read() for each in ArchiveIterator(io.BytesIO(archive), check_digests="raise")]
(packed,) = [each.raw_stream.read() for each in ArchiveIterator(io.BytesIO(archive), check_digests="raise")]
(by_fastwarc,) = [
    each.reader.read() for each in fastwarc.warc.ArchiveIterator(io.BytesIO(archive), auto_decode="content")
]
print(f"gzip:     {gzip.decompress(packed)}")
print(f"FastWARC: {by_fastwarc}")
print(f"warcio:   {by_warcio}")
whole = b"Baker County\nClay County\n"
if (gzip.decompress(packed), by_fastwarc, by_warcio) != (whole, whole, b"Baker County\n"):
    sys.exit("this has changed")
print("as described")
PY
