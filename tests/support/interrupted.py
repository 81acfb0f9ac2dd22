"""How a test starts a command that it interrupts.

A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C: a command of Python
that is to heed it all the same has to say so.
"""

from __future__ import annotations

import sys

HEEDING = (
    sys.executable,
    "-c",
    "import signal; from monitor.cli import main; signal.signal(signal.SIGINT, signal.default_int_handler); main()",
)
