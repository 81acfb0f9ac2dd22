"""Make the pictures in docs/: an alert as it arrives in a mailbox and in a room of Slack's, and the web pages.

    python tools/screenshots.py [FOLDER] [--state STATE] [--page NAME]...

The alert is about the first weekly report, which was replaced within hours. It goes through the real channels to the
demo's mailbox and room. Chromium draws the mail and the payload that arrive there, without a screen and without a
network. The mail's HTML part is drawn as it is; the blocks are laid out here as Slack lays them out. The web pages are
those of the demo's history, drawn light in the window of a desk and dark in that of a phone, and cut off at its height.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html
import io
import itertools
import re
import shutil
import sys
import tempfile
import threading
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image, ImageChops
from playwright.sync_api import ViewportSize, sync_playwright

from monitor.alerts.message import Change, File, Item, Message, Picture, SourceFiles
from monitor.channels.mail import Mail
from monitor.channels.slack import Slack
from monitor.config.file import load
from monitor.config.secrets import Secret
from monitor.demo import ddor
from monitor.demo.receivers import Mailbox, Room
from monitor.demo.replay import replay
from monitor.extract.pdf import lists as pdf_lists
from monitor.extract.pdf.picture import record_picture
from monitor.model import AmendmentKind, Reason
from monitor.program import present
from monitor.sandbox.reader import Reader
from monitor.times import instant, period_in_words
from monitor.web import server as web_server
from monitor.web.app import application
from monitor.web.context import Access

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from playwright.sync_api import Browser

    from monitor.demo.ddor import Week
    from monitor.model import Record

ROOT = Path(__file__).parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
# A page is drawn this high; the empty part at its end is cut off.
MAX_HEIGHT_POINTS = 3_000
# How many pixels of a picture of an alert are one of the page.
SCALE = 1.5
COLOURS = 128
# The time from a publication to the poll that saw it.
SEEN_AFTER = timedelta(minutes=6)
PAGES = {
    "front": "/",
    "log": "/log",
    "amendment": "/amendment/1",
    "amendment-rows": "/amendment/200",
    "jurisdiction": "/jurisdiction/ocd-division/country:us/state:tx/county:travis",
    "list": "/list/ice-287g/participating?at=2025-05-01",
    "map": "/map?source=dhs-sanctuary&at=2025-05-31",
    "report": "/report/ice-287g/participating",
    "version": "/version/ice-287g/participating/2",
    "compare": "/compare?source=ice-287g&report=participating&old=1&new=5",
    "holds": "/holds",
    "doubts": "/doubts",
    "about": "/about",
}
# Name, width and greatest height in pixels, colours.
WINDOWS: tuple[tuple[str, int, int, Literal["light", "dark"]], ...] = (
    ("desk", 1200, 1500, "light"),
    ("phone", 390, 1200, "dark"),
)
PAGE_COLOURS = 64
TITLE = "ICE Declined Detainer Outcome Report"
PAGE = "https://www.ice.gov/declined-detainer-outcome-report"
MAIL = """<!DOCTYPE html><meta charset="utf-8"><title>mail</title>
<style>
 body {{ margin: 0; background: #fff; font: 14px/1.5 Helvetica, Arial, sans-serif; color: #202124 }}
 header {{ padding: 14px 16px 12px; background: #f1f3f4; border-bottom: 1px solid #dadce0 }}
 header b {{ display: inline-block; width: 72px; font-weight: normal; color: #5f6368 }}
 iframe {{ display: block; width: 100%; border: 0 }}
</style>
<header>{headers}</header>
<iframe srcdoc="{content}" onload="style.height = contentDocument.documentElement.offsetHeight + 'px'"></iframe>
"""
SLACK = """<!DOCTYPE html><meta charset="utf-8"><title>room</title>
<style>
 body {{ margin: 0; background: #fff; font: 15px/1.46668 Lato, Helvetica, Arial, sans-serif; color: #1d1c1d }}
 article {{ display: grid; grid-template-columns: 36px minmax(0, 600px); gap: 8px; padding: 16px 20px }}
 article > i {{ width: 36px; height: 36px; border-radius: 8px; background: #1264a3; color: #fff; text-align: center;
   font: bold 20px/36px Helvetica, Arial, sans-serif }}
 b.name {{ font-weight: 900 }}
 b.app {{ font-size: 10px; line-height: 14px; background: #ddd; color: #454447; border-radius: 2px; padding: 1px 3px;
   margin: 0 4px; vertical-align: 2px }}
 time {{ font-size: 12px; color: #616061 }}
 .header {{ font-size: 18px; font-weight: 900; line-height: 1.33334; margin: 8px 0 4px }}
 .section {{ margin: 8px 0 4px; white-space: pre-wrap; overflow-wrap: anywhere }}
 .context {{ font-size: 13px; color: #616061; margin: 8px 0 4px; white-space: pre-wrap; overflow-wrap: anywhere }}
 .divider {{ height: 1px; background: #ddd; margin: 16px 0 }}
 a {{ color: #1264a3; text-decoration: none }}
</style>
<article><i>m</i><div><b class="name">monitor</b><b class="app">APP</b><time>{time}</time>{blocks}</div></article>
"""


def main(arguments: Sequence[str]) -> int:
    """Draw all pictures into a folder, by default docs/; of the web pages only those that are named, where any are."""
    parser = argparse.ArgumentParser(description="Make the pictures in docs/.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs")
    parser.add_argument("--state", type=Path, help="the state folder that the demo left, where it was played already")
    parser.add_argument("--page", action="append", choices=PAGES, help="a web page to draw; by default all are drawn")
    given = parser.parse_args(arguments)
    folder = given.folder
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.stderr.write(f"no browser: one of {', '.join(BROWSERS)} is needed; try `apt-get install chromium`\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        # Chromium has no sandbox of its own where root starts it; all that it is shown was made here.
        chromium = playwright.chromium.launch(executable_path=browser, args=[*FLAGS, "--no-sandbox"])
        targets = itertools.chain(alerts(folder, chromium), pages(folder, chromium, given.state, given.page or PAGES))
        for target in targets:
            sys.stdout.write(f"{target} ({target.stat().st_size // 1_000:,} KB)\n")
        chromium.close()
    return 0


def alerts(folder: Path, chromium: Browser) -> Iterator[Path]:
    """Draw an alert as a mail and in a room, and yield the paths of the pictures."""
    mail, payload = arrived(revision())
    for name, page, width in (
        ("alert-mail", mail_page(mail), 732),
        ("alert-slack", slack_page(payload, at=mail["date"].datetime), 684),
    ):
        target = folder / f"{name}.png"
        target.write_bytes(drawn(page, chromium, width=width))
        yield target


def pages(folder: Path, chromium: Browser, played: Path | None, names: Collection[str]) -> Iterator[Path]:
    """Draw these pages of the demo's history in each window, and yield the paths of the pictures.

    `played` is the state folder that the demo left; None if it is still to be played.
    """
    with (
        tempfile.TemporaryDirectory() as name,
        Reader(web_server.PAGE_LIMITS) as reader,
        web_server.bound("127.0.0.1", 0) as bound,
    ):
        state = played or Path(name)
        if not played:
            for _ in replay(ROOT / "config.yaml", state):
                pass
        site = web_server.site(load(state / "config.yaml"), state, reader, access=Access(), now=present)
        server = web_server.server(application(site))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield from _drawn_pages(f"http://127.0.0.1:{bound.getsockname()[1]}", folder, chromium, names)
        finally:
            server.should_exit = True
            thread.join()


def _drawn_pages(address: str, folder: Path, chromium: Browser, names: Collection[str]) -> Iterator[Path]:
    for window, width, most, scheme in WINDOWS:
        page = chromium.new_page(viewport={"width": width, "height": 600}, color_scheme=scheme, timezone_id="UTC")
        for name in names:
            page.goto(address + PAGES[name], wait_until="networkidle")
            page.set_viewport_size({"width": width, "height": 600})
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(height, most)})
            page.wait_for_load_state("networkidle")
            target = folder / f"web-{name}-{window}.png"
            shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            shown.quantize(PAGE_COLOURS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
            yield target


def revision() -> Message:
    """Return the alert about the records of week 1 that were moved to another jail, with pictures of the first one."""
    before, after = ddor.history()[:2]
    files = _file(before, ddor.ddor_pdf(before)), _file(after, ddor.ddor_pdf(after))
    moved = [pair for pair in zip(*map(_detainers, (before, after)), strict=True) if pair[0] != pair[1]]
    old, new = (record.values[1] or "" for record in moved[0])
    numbers = tuple(range(1, len(moved) + 1))
    item = Item(
        kind=AmendmentKind.CORRECTED,
        list=f"{TITLE}, Declined detainers",
        entries=numbers,
        place="Texas, Travis County",
        what="",
        reason=Reason.REATTRIBUTED,
        changes=(Change(field="jurisdiction where detainer declined", before=old, after=new),),
    )
    seen = after.published_at + SEEN_AFTER
    report = after.file_name.removeprefix("ddor").removesuffix(".pdf")
    return Message(
        id="0197f9b2-7c11-7a3e-9f00-3b1d5b2c9a10",
        subscription="texas",
        thread=f"ice-ddor/{report}",
        subject=f"{TITLE}, Declined detainers: {len(moved)} corrected in Texas",
        created_at=instant(seen),
        items=(item,),
        files=(
            SourceFiles(
                source="ice-ddor",
                report=report,
                page=PAGE,
                file=files[1],
                before=files[0],
                origin=f"{TITLE}, {period_in_words(report)}",
            ),
        ),
        pictures=tuple(_pictures((before, after), moved[0])),
        head=hashlib.sha256(b"".join(map(ddor.ddor_pdf, (before, after)))).hexdigest(),
        log=f"monitor log --source ice-ddor --since {instant(seen)}",
    )


def _detainers(week: Week) -> Sequence[Record]:
    """Return the records that the program reads in section II of a week's report."""
    lists = load(ROOT / "config.yaml").sources["ice-ddor"].reports["weekly"].lists
    return pdf_lists.read_pdf(ddor.ddor_pdf(week), {"section-2": lists["section-2"]})[0].records


def _pictures(weeks: Sequence[Week], records: Sequence[Record]) -> Iterator[Picture]:
    for side, week, record in zip(("before", "now"), weeks, records, strict=True):
        boxes = record.locator.boxes
        caption = f"Entry 1, {side}: page {boxes[0].page} of {week.file_name}"
        yield Picture(name=f"entry-1-{side}", caption=caption, content=record_picture(ddor.ddor_pdf(week), boxes))


def _file(week: Week, content: bytes) -> File:
    sha256 = hashlib.sha256(content).hexdigest()
    return File(
        name=week.file_name,
        url=f"https://www.ice.gov/doclib/ddor/{week.file_name}",
        sha256=sha256,
        captured_at=instant(week.published_at + SEEN_AFTER),
        last_seen_at=instant(_last_seen(week)),
        last_modified=format_datetime(week.published_at, usegmt=True),
        kept=f"/var/lib/monitor/archive/{sha256[:2]}/{sha256[2:]}",
    )


def _last_seen(week: Week) -> datetime:
    """Return the time of the last poll before the next publication of the week, or the first after its own."""
    later = [each.published_at for each in ddor.history() if each.first == week.first]
    following = next((at for at in later if at > week.published_at), None)
    return following - timedelta(minutes=15) + SEEN_AFTER if following else week.published_at + SEEN_AFTER


def arrived(message: Message) -> tuple[EmailMessage, dict[str, Any]]:
    """Return the mail and the payload that the channels make of an alert."""
    with Mailbox() as mailbox, Room() as room:
        port = int(mailbox.address.rpartition(":")[2])
        sender, desk = "monitor@example.org", ["desk@example.org"]
        Mail("desk", host="127.0.0.1", port=port, sender=sender, to=desk, security="none").send(message)
        Slack("room", url=Secret(value=room.address)).send(message)
        return mailbox.received[0], room.received[0]


def mail_page(mail: EmailMessage) -> str:
    """Return a mail as a client shows it: some headers, and the HTML part with the pictures that came with it."""
    part = mail.get_body(("html",))
    assert part is not None
    content = part.get_content()
    for each in mail.walk():
        if each["content-id"]:
            encoded = base64.b64encode(each.get_content()).decode()
            content = content.replace(f"cid:{each['content-id'][1:-1]}", f"data:image/png;base64,{encoded}")
    headers = "<br>".join(
        f"<b>{name}</b>{html.escape(mail[name].strip())}" for name in ("From", "To", "Date", "Subject")
    )
    return MAIL.format(headers=headers, content=html.escape(content))


def slack_page(payload: dict[str, Any], *, at: datetime) -> str:
    """Return a payload's blocks one below the other."""
    return SLACK.format(blocks="".join(map(_block, payload["blocks"])), time=f"{at:%-I:%M %p}")


def _block(block: dict[str, Any]) -> str:
    texts = [block["text"]] if "text" in block else block.get("elements", ())
    return f'<div class="{block["type"]}">{" ".join(map(_text, texts))}</div>'


def _text(text: dict[str, str]) -> str:
    """Return a text of Slack's as HTML: its entities are those of HTML, its links stand in angle brackets."""
    if text["type"] == "plain_text":
        return html.escape(html.unescape(text["text"]))
    return re.sub(r"<([^|>]+)\|([^>]+)>", r'<a href="\1">\2</a>', text["text"])


def drawn(content: str, chromium: Browser, *, width: int) -> bytes:
    """Return a page as the browser draws it without a network, without the empty part below it, in few colours."""
    window = ViewportSize(width=width, height=MAX_HEIGHT_POINTS)
    with chromium.new_page(viewport=window, device_scale_factor=SCALE, offline=True) as page:
        page.set_content(content)
        shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    box = ImageChops.difference(shown, Image.new("RGB", shown.size, shown.getpixel((0, shown.height - 1)))).getbbox()
    out = io.BytesIO()
    cut = shown.crop((0, 0, shown.width, min((box[3] if box else 0) + 24, shown.height)))
    cut.quantize(COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
