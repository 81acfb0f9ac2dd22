#!/bin/sh
# Finding: warcio's `WARCWriter` does not write what it is given. A `WARC-Payload-Digest` that the caller gives, a
# SHA-256, is replaced by a SHA-1 of warcio's own; and a response header with a letter beyond ASCII is written
# percent-encoded, a `filename=` even as `filename*=`: the record claims that the server sent what it never sent. Block
# digest and `Content-Length` are those of the altered block: `warcio check` passes. For whoever keeps captures as
# evidence: the record is no longer what came over the wire, and the strong digest that was handed over is gone.
#
# Seen with warcio 1.8.1. Expected: the digest as given (or an error if it is wrong), and the header's bytes as UTF-8 or
# Latin-1, as WARC asks for the bytes of the protocol.
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check warcio==1.8.1
"$folder/venv/bin/python" - "$folder/a.warc" <<'PY'
import hashlib
import io
import sys

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

body = b"a list"
given = "sha256:" + hashlib.sha256(body).hexdigest()
headers = [("Content-Type", "text/plain"), ("Content-Disposition", 'attachment; filename="Do\u00f1a Ana.txt"')]
with open(sys.argv[1], "wb") as file:
    writer = WARCWriter(file, gzip=False)
    writer.write_record(
        writer.create_warc_record(
            "https://www.example.gov/list.txt",
            "response",
            payload=io.BytesIO(body),
            http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Payload-Digest": given},
        )
    )
with open(sys.argv[1], "rb") as file:
    lines = file.read().split(b"\r\n")
for name in (b"WARC-Payload-Digest", b"Content-Disposition"):
    print(*(line.decode("latin-1") for line in lines if line.startswith(name)))
digest = [line for line in lines if line.startswith(b"WARC-Payload-Digest: sha1:")]
encoded = [line for line in lines if line.startswith(b"Content-Disposition:") and b"filename*=UTF-8''Do%C3%B1a" in line]
if len(digest) != 1 or given.encode() in b"".join(lines) or len(encoded) != 1:
    sys.exit("this has changed")
PY
"$folder/venv/bin/warcio" check "$folder/a.warc" || { echo "this has changed: warcio check fails"; exit 1; }
echo "as described"
