"""Remembers parts of pages that take long to make, until what they show changes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MAX_PARTS = 24  # of pages, all of them together; the largest has some hundred kilobytes
PagePart = TypeVar("PagePart")


class RememberedParts:
    """The latest parts of pages, by a key that names all that a part depends on. All threads share one object."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._parts: OrderedDict[Hashable, object] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], PagePart]) -> PagePart:
        """Return the part with this key; if it is not known, `make` makes it.

        Two keys that are equal must always stand for the same part.
        """
        with self._lock:
            if key in self._parts:
                self._parts.move_to_end(key)
                return cast("PagePart", self._parts[key])
        made = make()
        with self._lock:
            self._parts[key] = made
            while len(self._parts) > MAX_PARTS:
                self._parts.popitem(last=False)
        return made
