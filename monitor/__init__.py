"""Watches the lists of jurisdictions that federal agencies publish, and tells what changed in them."""

from pathlib import Path

__version__ = "0.2.0"

PACKAGE = Path(__file__).parent  # the folder of the program's own code, which the process that reads files may read

# Python looks for garbage in circles after so many new objects. Records are kept by the ten thousand, and hold none: at
# its usual 700, each of them is looked at again and again.
OBJECTS_BEFORE_COLLECTION = 10_000
