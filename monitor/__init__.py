"""Watches the lists of jurisdictions that federal agencies publish, and tells what changed in them."""

import os
import sys
from pathlib import Path

__version__ = "0.2.0"

PACKAGE = Path(__file__).parent  # the folder of the program's own code, which the process that reads files may read

# Python looks for garbage in circles after so many new objects. Records are kept by the ten thousand, and hold none: at
# its usual 700, each of them is looked at again and again.
OBJECTS_BEFORE_COLLECTION = 10_000

# httpx loads the program `httpx` with itself, and all that this prints with, if rich is there. Nobody uses it here: to
# name it as absent saves a third of the time to load httpx, and some megabytes for as long as the daemon runs.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

# pydantic reads the papers of every installed package to find plugins for itself, at each start. There are none here:
# not to look for any saves an eighth of the processor time of `monitor log`.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
