"""Gives memory back when the daemon has had nothing to process for a while."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

GIVE_BACK_SECONDS = 300.0  # without a version to process, after which memory is given back
# The rooms that keep much of earlier lists, and lines of the gazetteer, in order to place and compare records faster.
KEEPING = ("monitor.jurisdictions.", "monitor.matching.")


def give_back_memory() -> None:
    """Let go of what is kept of earlier lists, and return memory that is free to the system.

    What is kept is made again when it is needed: these are functions that remember their results (`functools.cache`).
    """
    for module in [module for name, module in sys.modules.items() if name.startswith(KEEPING)]:
        for function in vars(module).copy().values():
            if clear := getattr(function, "cache_clear", None):
                clear()
    gc.collect()
    with suppress(AttributeError, OSError):  # a C library that has no such function
        ctypes.CDLL(None).malloc_trim(0)
