"""Packs answers with gzip for readers whose browser takes that, so that a page comes at once on a phone.

Texts are packed; pictures, packets of evidence and kept files are not. On other sites packing can betray a secret: a
stranger who can choose some words of a page learns from its packed length whether it has the same words elsewhere (the
attack BREACH). These pages hold no secret, and no form on them changes anything.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

PACKING_LEVEL = 5  # of 9: each higher one takes much longer, and saves little
MIN_BYTES = 500  # of an answer: below, packing saves nothing
PACKED_TYPES = ("text/", "application/json", "application/atom+xml", "image/svg+xml")
GZIP_FORMAT = 16 + zlib.MAX_WBITS  # makes zlib write gzip's header and checksum
# With one of these a browser says that it does not take an encoding.
NO_WEIGHTS = frozenset({"q=0", "q=0.", "q=0.0", "q=0.00", "q=0.000"})
VARY = "Accept-Encoding"


def takes_gzip(request: Request) -> bool:
    """Return whether the browser says (by `Accept-Encoding`) that it takes answers packed with gzip."""
    taken = {}
    for given in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = given.partition(";")
        taken[name.strip()] = weight.replace(" ", "") not in NO_WEIGHTS
    return taken.get("gzip", taken.get("*", False))


def pack(request: Request, response: Response, packed: bytes | None = None) -> Response:
    """Pack the body of an answer with gzip if it is a text and the browser takes that; return the answer.

    `packed` is the packed body, if it was made before. A packed answer has other bytes, so its ETag becomes a weak one.
    """
    headers = response.headers
    if "content-encoding" not in headers:
        if not headers.get("content-type", "").startswith(PACKED_TYPES) or not hasattr(response, "body"):
            return response
        headers.add_vary_header(VARY)
        if not takes_gzip(request) or len(response.body) < MIN_BYTES:
            return response
        response.body = packed or gzip.compress(response.body, PACKING_LEVEL, mtime=0)
        headers["content-length"] = str(len(response.body))
        headers["content-encoding"] = "gzip"
    if headers.get("etag", "").startswith('"'):
        headers["etag"] = f"W/{headers['etag']}"
    return response


def packed_parts(parts: Iterable[str]) -> Iterator[bytes]:
    """Yield a long text as gzip, piece by piece; `parts` are the pieces of the text.

    The answer with them needs the header `content-encoding`.
    """
    packing = zlib.compressobj(PACKING_LEVEL, zlib.DEFLATED, GZIP_FORMAT)
    for part in parts:
        if piece := packing.compress(part.encode()):
            yield piece
    yield packing.flush()
