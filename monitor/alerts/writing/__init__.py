"""Writes the message of an alert in each form that a channel sends: plain text, short text, HTML or Slack's.

Pure: what its functions return depends only on their arguments.
"""

from __future__ import annotations

from monitor.alerts.writing.as_brief import brief
from monitor.alerts.writing.as_html import content_id, data_address, entry_html, html
from monitor.alerts.writing.as_slack import slack, slack_text
from monitor.alerts.writing.as_text import text
from monitor.alerts.writing.words import one_line

__all__ = ["brief", "content_id", "data_address", "entry_html", "html", "one_line", "slack", "slack_text", "text"]
