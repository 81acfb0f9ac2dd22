"""Writes an alert as the JSON that a Slack incoming webhook takes: a short text, and the alert in blocks.

Values are in `plain_text` objects, in which Slack formats nothing, or are the address of one of our links. The limits
are those of docs.slack.dev: 50 blocks, 150 characters for a header, 3,000 for a text. There is one more limit, for the
message as a whole, which is not documented: from about 12,000 characters on, Slack answered `msg_blocks_too_long`
(slackapi/bolt-js, issues 2509 and 2867).

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from monitor.alerts.writing import words
from monitor.alerts.writing.as_brief import (
    MAX_FILES,
    amendments,
    brief,
    file_in_brief,
    fitting,
    item_in_brief,
    notes,
    remainder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.alerts.message import Item, Message, SourceFiles

    Block = dict[str, Any]

MAX_HEADER_CHARACTERS = 150
MAX_TEXT_CHARACTERS = 3_000
MAX_FIELD_CHARACTERS = 2_000
MAX_SLACK_LINK_CHARACTERS = 1_000
MAX_BLOCKS = 50
MAX_MESSAGE_CHARACTERS = 10_000  # characters of all blocks as JSON
MAX_FALLBACK_ENTRIES = 5  # amendments that the fallback text names


def slack(message: Message) -> dict[str, Any]:
    """Return the alert as the JSON object for Slack; of changes that do not fit, it gives the number and a command."""
    start = [_header(message.subject), *(_section(note) for note in notes(message.notes))]
    end = [*_files(message), *_log(message)]
    room = MAX_MESSAGE_CHARACTERS - _size(start) - _size(end) - 800
    blocks_left = MAX_BLOCKS - len(start) - len(end) - 1
    told, left = fitting(message.items, room, cost=lambda block: _size([block]), write=_item)
    if len(told) > blocks_left:
        told, left = told[:blocks_left], message.items[blocks_left:]
    more = [_section(remainder(message, left))] if left else []
    return {
        "text": _fallback(message),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [*start, *told, *more, *end],
    }


def slack_text(message: Message) -> dict[str, Any]:
    """Return the alert as the JSON object for Slack without blocks: as short text, in which Slack formats nothing."""
    said = f"{words.one_line(message.subject)}\n\n{brief(message, MAX_TEXT_CHARACTERS - len(message.subject))}"
    return {"text": _escaped(said, limit=MAX_TEXT_CHARACTERS), "mrkdwn": False, "unfurl_links": False}


def _fallback(message: Message) -> str:
    """Return the short text, for notifications and screen readers: the subject and the first few items."""
    lines = [words.cut(words.one_line(message.subject), 1_000)]
    for item in message.items[:MAX_FALLBACK_ENTRIES]:
        place = f"{words.one_line(item.place)}: " if item.place else ""
        lines.append(words.cut(f"{place}{words.kind(item)} {words.what(item)}", 200))
    if left := message.items[MAX_FALLBACK_ENTRIES:]:
        lines.append(f"... and {amendments(left):,} more of {amendments(message.items):,} amendments")
    return _escaped("\n".join(lines), limit=MAX_TEXT_CHARACTERS)


def _header(subject: str) -> Block:
    return {"type": "header", "text": _plain(words.one_line(subject), limit=MAX_HEADER_CHARACTERS)}


def _section(value: str) -> Block:
    return {"type": "section", "text": _plain(value, limit=MAX_TEXT_CHARACTERS)}


def _item(item: Item) -> Block:
    """Return the block of an item: its text, in which Slack formats nothing, and below it the links to its pages."""
    block = _section(item_in_brief(item))
    links = " \u00b7 ".join(_link(address, label) for label, address in words.item_links(item) if _fits(address))
    if links and len(links) <= MAX_FIELD_CHARACTERS:
        block["fields"] = [{"type": "mrkdwn", "text": links, "verbatim": True}]
    return block


def _plain(value: str, *, limit: int) -> Block:
    return {"type": "plain_text", "text": _escaped(value.strip() or words.EMPTY_VALUE, limit=limit), "emoji": False}


def _escaped(value: str, *, limit: int) -> str:
    """Return a value with Slack's control characters escaped, cut so that the escaped text is within the limit."""
    room = limit
    while True:
        escaped = words.cut(value, room).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if _length(escaped) <= limit:
            return escaped
        room -= max((_length(escaped) - limit) // 4, 1)


def _length(value: str) -> int:
    """Return the length of a value as Slack counts it: in UTF-16 units, of which some characters take two."""
    return len(value.encode("utf-16-le")) // 2


def _files(message: Message) -> Iterator[Block]:
    if message.items or message.files:
        yield {"type": "divider"}
    for files in message.files[:MAX_FILES]:
        yield _section("\n".join((words.origin(files), *file_in_brief(files))))
        if links := " · ".join(_links(files)):
            yield {"type": "context", "elements": [{"type": "mrkdwn", "text": links, "verbatim": True}]}
    if len(message.files) > MAX_FILES:
        yield _section(f"... and {len(message.files) - MAX_FILES:,} more files")


def _links(files: SourceFiles) -> Iterator[str]:
    """Yield Slack links to the page, the file and the earlier file; characters that could end a link are escaped."""
    before = files.before.url if files.before and files.before.url != files.file.url else ""
    addresses = (
        *((files.page, "page"), (files.file.url, "file"), (before, "file before")),
        *((files.file.kept, "kept copy"), (files.file.version_page, "its page")),
    )
    yield from (_link(address, label) for address, label in addresses if words.is_link(address) and _fits(address))


def _fits(address: str) -> bool:
    return len(address) <= MAX_SLACK_LINK_CHARACTERS


def _link(address: str, label: str) -> str:
    """Return a Slack link; characters that could end it, or give it another meaning, are escaped."""
    safe = quote(address, safe=":/?#[]@!$&'()+,;=%-._~", errors="replace").replace("&", "&amp;")
    shown = _escaped(label.replace("|", "/"), limit=MAX_HEADER_CHARACTERS)
    return f"<{safe}|{shown}>"


def _log(message: Message) -> Iterator[Block]:
    said = list(words.log_lines(message))
    said += [f"See: {words.one_line(message.log)}"] if message.log else []
    if said:
        yield {"type": "context", "elements": [_plain(words.cut("\n".join(said), 1_000), limit=MAX_TEXT_CHARACTERS)]}


def _size(blocks: Sequence[Block]) -> int:
    return len(json.dumps(blocks, ensure_ascii=False))
