"""Gives memory back when the daemon has had nothing to process for a while."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

GIVE_BACK_SECONDS = 300.0  # without a version to process, after which memory is given back
# The packages whose functions remember much of earlier lists and of the gazetteer, so that records are placed and
# compared faster.
KEEPING = ("monitor.jurisdictions.", "monitor.matching.")


def give_back_memory() -> None:
    """Forget what functions remember of earlier lists, and return free memory to the operating system.

    What is forgotten are results that were kept by `functools.cache`. They are worked out again when they are needed.
    """
    for module in [module for name, module in sys.modules.items() if name.startswith(KEEPING)]:
        for function in vars(module).copy().values():
            if clear := getattr(function, "cache_clear", None):
                clear()
    gc.collect()
    with suppress(AttributeError, OSError):  # a C library without this function
        ctypes.CDLL(None).malloc_trim(0)
