"""The daemon's log on standard error: one line for each event, with named values."""

from __future__ import annotations

import logging
import sys

import structlog

from monitor.config.secrets import hush


def configure() -> None:
    """Set up the log: JSON, or readable lines on a terminal; libraries are kept from logging secrets."""
    on_terminal = sys.stderr.isatty()
    shaping: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if on_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shaping, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a loop is still at work is no news
    hush()
