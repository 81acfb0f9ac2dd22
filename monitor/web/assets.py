"""The static files that pages need: style sheets, a script, the icon, and the outlines of the maps.

Their addresses change with their content, so that browsers keep them for a year and never ask again.

Pure: what its functions return depends only on their arguments and on the data of the package.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from importlib.resources import files

from monitor.web import outlines

MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
OWN_FILES = ("figures.css", "icon.svg", "monitor.js", "style.css")
ASSET_LEVEL = 9  # gzip's highest, since each file is packed only once
MAX_KEPT_PACKED = 12  # files that are kept packed in memory; the largest has 0.2 MB


def asset_names() -> tuple[str, ...]:
    """Return the names of all static files; the address of each begins with `/static/` and its name."""
    return (*OWN_FILES, *outlines.file_names())


def asset(name: str) -> bytes | None:
    """Return the content of the static file with this name; None if there is none."""
    if name in OWN_FILES:
        return files("monitor.web").joinpath("static", name).read_bytes()
    return outlines.outline_file(name)


def media_type(name: str) -> str:
    """Return the media type of the static file with this name."""
    return MEDIA_TYPES[name.rpartition(".")[2]]


@lru_cache(maxsize=MAX_KEPT_PACKED)
def packed_asset(name: str) -> bytes:
    """Return the content of the static file with this name as gzip. Raises KeyError if there is none."""
    content = asset(name)
    if content is None:
        raise KeyError(name)
    return gzip.compress(content, ASSET_LEVEL, mtime=0)
