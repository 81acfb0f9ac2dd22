"""A roster with agreements to which all kinds of things happened: replaced, gone, scans, locked, refused, mislinked."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

from reportlab.pdfgen.canvas import Canvas

from tests.support.documents import CONFIG, COUNTIES, Agreements, agreement

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.servers import Server

PARAGRAPHS = (
    "PURPOSE. This Memorandum of Agreement sets forth the terms and conditions under which selected personnel",
    "of the law enforcement agency will be nominated, trained, and approved by ICE to perform certain functions",
    "of an immigration officer within the agency's detention facilities.",
    "TRAINING AND ASSIGNMENTS. Before nominated personnel receive authorization to perform immigration",
    "officer functions, they must successfully complete mandatory training on relevant administrative, legal,",
    "and operational issues tailored to the immigration enforcement functions to be performed.",
)
TITLED = {  # so that no name from the configuration is shown to readers
    "    page: ADDRESS/page": "    title: Agreements with sheriffs\n    page: ADDRESS/page",
    "          roster:\n            columns": "          roster:\n            title: Sheriffs\n            columns",
    "moa: { header: [MOA], kind: link }": "moa: { header: [MOA], kind: link, title: MOA }",
    "            minor: [moa]": '            says: "{agency}, signed {signed}"\n            minor: [moa]',
}


def scanned() -> bytes:
    """A PDF of one page without text, as a scan is."""
    target = io.BytesIO()
    canvas = Canvas(target, invariant=1)
    canvas.rect(72, 300, 400, 400, fill=1)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def locked() -> bytes:
    """A PDF that can't be read without its password."""
    target = io.BytesIO()
    canvas = Canvas(target, invariant=1, encrypt="a password")
    canvas.drawString(72, 720, "nobody reads this")
    canvas.save()
    return target.getvalue()


def written_agreements(folder: Path, server: Server) -> Agreements:
    """A roster with agreements of which one was replaced, one is gone, and others are scans, locked or refused.

    - Bee: replaced by an agreement with a clause more, then by one with another date.
    - Clay: gone. Ector: a scan, replaced by a file with text. Frio: can't be read.
    - Gaines: never there. Hale: links the agreement with Irion County, as Irion does.
    - Jasper: on a server that is refused.
    """
    config = CONFIG
    for old, new in TITLED.items():
        config = config.replace(old, new)
    world = Agreements(folder=folder, server=server, config=config)
    for name in ("Bee", "Clay", "Irion"):
        world.post(f"/{name}.pdf", agreement(name, *PARAGRAPHS, pages=3))
    world.post("/Ector.pdf", scanned())
    world.post("/Frio.pdf", locked())
    paths = {name: f"/{name}.pdf" for name in COUNTIES} | {
        "Hale": "/Irion.pdf",
        "Jasper": "http://files.elsewhere.example/Jasper.pdf",
    }
    world.publish(*paths.items())
    world.poll()
    world.look()
    longer = (*PARAGRAPHS[:3], "The agency shall bear all costs of such training, including travel.", *PARAGRAPHS[3:])
    world.post("/Bee.pdf", agreement("Bee", *longer, pages=4))
    world.post("/Ector.pdf", agreement("Ector", *PARAGRAPHS))
    del world.server.pages["/Clay.pdf"]
    for _ in range(4):
        world.look(after=timedelta(days=3))
    world.post("/Bee.pdf", agreement("Bee", *longer, "Signed on the 7th day of January.", pages=4))
    world.look(after=timedelta(days=3))
    (folder / "state" / "config.yaml").write_bytes((folder / "config.yaml").read_bytes())
    return world
