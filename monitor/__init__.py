"""Watches the lists of jurisdictions that federal agencies publish, and tells what changed in them."""

from pathlib import Path

__version__ = "0.1.0"

PACKAGE = Path(__file__).parent  # the folder of the program's own code, which the process that reads files may read
