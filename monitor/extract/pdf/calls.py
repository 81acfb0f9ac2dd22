"""Calls pdfium's small functions, each of which is called once or more for every character or drawn object of a page.

ctypes converts the arguments of a call anew each time, which takes longer than these functions do. So an address in
memory is made into an argument once, and the memory that pdfium writes into is kept for all pages of a document.
"""

from __future__ import annotations

import ctypes
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import DTypeLike, NDArray

# An address in memory as an argument of one of pdfium's functions. A bare number would be cut to 32 bits.
as_argument: Callable[[int | None], Any] = ctypes.c_void_p.from_param


def plain_function(
    function: Any,  # noqa: ANN401 - pdfium's have no types
    *,
    gives: type | None = ctypes.c_int,
) -> Callable[..., int]:
    """Return a function of pdfium's that takes whole numbers, and addresses in memory as `as_argument` gives them.

    - `function`: the function as pypdfium2 has it; it is slower, because it converts its arguments at each call.
    - `gives`: the type of its result; None if nobody needs it.

    The function is called without letting other threads run meanwhile. These functions take less than a microsecond, of
    which that would be a good part.
    """
    return ctypes.PYFUNCTYPE(gives)(ctypes.cast(function, ctypes.c_void_p).value or 0)


class Cells:
    """Memory in rows of numbers of four bytes, into which one of pdfium's functions writes one row at each call."""

    def __init__(self, kind: DTypeLike, *, columns: int, addresses: int = 1, rows: int = 128) -> None:
        """Reserve the memory.

        - `kind`: the type of the numbers. `columns`: how many a row has.
        - `addresses`: how many addresses the function takes: that of the row, or those of its first so many numbers.
        - `rows`: how many rows are written at once; more are written in several parts.
        """
        self._memory = np.zeros((rows, columns), kind)
        start, step = self._memory.ctypes.data, 4 * columns
        self._addresses = [
            list(map(as_argument, range(start + 4 * at, start + 4 * at + step * rows, step))) for at in range(addresses)
        ]

    def written(self, function: Callable[..., int], *arguments: Sequence[Any]) -> NDArray[Any]:
        """Return what a function writes, with a row for each call.

        `arguments` are the arguments before the addresses: a sequence for each, with an item for each call. Where the
        function writes nothing, the row has zeros.
        """
        total, rows = len(arguments[0]), len(self._memory)
        parts = []
        for start in range(0, max(total, 1), rows):
            part = self._memory[: min(rows, total - start)]
            part[:] = 0
            deque(map(function, *(each[start : start + rows] for each in arguments), *self._addresses), maxlen=0)
            parts.append(part.copy())
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
