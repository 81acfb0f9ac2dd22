"""A further source is added by describing it: the very text of docs/configuration.md, run against a real server."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reportlab.lib import colors
from reportlab.platypus import SimpleDocTemplate, Table

from monitor.demo.publisher import HTML_TYPE, Publisher
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Commands

AT = datetime(2026, 1, 5, tzinfo=UTC)


def described(address: str) -> str:
    """The default configuration with the source of docs/configuration.md in it, at a local server."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- fifth source.*?```yaml\n(.*?)```", page, re.DOTALL)
    assert found
    default = (ROOT / "config.yaml").read_text(encoding="utf-8")
    text = default.replace("sources:\n", f"sources:\n{found[1]}\n", 1).replace("https://www.example.gov", address)
    return text.replace("allow_private_addresses: false", "allow_private_addresses: true")


def pdf(*rows: tuple[str, str]) -> bytes:
    """A bulletin: one table with ruled cells."""
    out = io.BytesIO()
    table = Table(
        [("Jurisdiction", "Reason for Suspension"), *rows], style=[("GRID", (0, 0), (-1, -1), 1, colors.black)]
    )
    SimpleDocTemplate(out, invariant=1).build([table])
    return out.getvalue()


def page(phone: str, *files: str) -> bytes:
    """The publication page: a table, and links."""
    links = "".join(f'<p><a href="/files/{name}">{name}</a></p>' for name in files)
    rows = f"<tr><td>Austin</td><td>{phone}</td></tr><tr><td>Waco</td><td>555-0102</td></tr>"
    return (
        "<!DOCTYPE html><html><head><title>Agreements</title></head><body><main><h1>Agreements</h1>"
        f"{links}<table><tr><th>Office</th><th>Phone</th></tr>{rows}</table></main></body></html>"
    ).encode()


ROSTER = """Agency Name,County,State,Effective Date
Bee County Sheriff,Bee County,TX,3/1/2026
Cuero PD,DeWitt County,TX,3/2/2026
"""


def test_a_fifth_source_is_watched_by_editing_the_configuration_alone(monitor: Commands, tmp_path: Path) -> None:
    """CSV, PDF table and HTML table: one change in each is told as one amendment in each list."""
    with Publisher() as server:

        def publish(path: str, content: bytes, content_type: str) -> None:
            server.publish(path, content, content_type=content_type, at=AT)

        monitor.config = tmp_path / "config.yaml"
        monitor.config.write_text(described(server.address), encoding="utf-8")
        publish("/agreements", page("555-0101", "roster-1.csv", "bulletin-2026-01.pdf"), HTML_TYPE)
        publish("/files/roster-1.csv", ROSTER.encode(), "text/csv")
        publish("/files/bulletin-2026-01.pdf", pdf(("Bee County, Texas", "Late reports")), "application/pdf")
        first = monitor("poll", "example-agreements")
        assert (first.status, first.err) == (0, "")

        publish(
            "/agreements", page("555-0199", "roster-2.csv", "bulletin-2026-01.pdf", "bulletin-2026-02.pdf"), HTML_TYPE
        )
        publish("/files/roster-2.csv", ROSTER.replace("Cuero PD", "Cuero Police Department").encode(), "text/csv")
        rows = (("Bee County, Texas", "Late reports"), ("Starr County, Texas", "Withdrawn consent"))
        publish("/files/bulletin-2026-02.pdf", pdf(*rows), "application/pdf")
        second = monitor("poll", "example-agreements")
        assert (second.status, second.err) == (0, "")

    told = {(row["list"], row["kind"], *row["fields"]) for row in monitor("log", "--json").rows}
    assert told == {
        ("contacts", "corrected", "phone"),
        ("roster", "corrected", "agency"),
        ("suspended", "added"),
    }
    (starr,) = monitor("show", "Starr County, Texas", "--json").rows
    assert starr["report"] == "2026-02"
    assert starr["locator"]["page"] == 1
