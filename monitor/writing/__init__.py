"""How an alert reads in each form that a channel needs: values in, text out. Pure."""

from __future__ import annotations

from monitor.writing.as_brief import brief
from monitor.writing.as_html import content_id, data_address, entry, html
from monitor.writing.as_slack import slack
from monitor.writing.as_text import text
from monitor.writing.words import one_line

__all__ = ["brief", "content_id", "data_address", "entry", "html", "one_line", "slack", "text"]
