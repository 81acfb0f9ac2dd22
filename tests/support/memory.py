"""The folder in memory in which tests keep their files, where a machine has one that fits.

A state folder is written so that no power failure loses anything of it, which takes a disk longer than the rest of most
tests. What tests prove of it, they prove by killing processes, which loses nothing that was written to memory either.
"""

from __future__ import annotations

import os
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
NEEDED_BYTES = 2_000_000_000  # of this folder, and of memory; a run takes a tenth of it


def memory_folder(folder: Path = SHARED_MEMORY, account: Path = Path("/proc/meminfo")) -> Path | None:
    """Return the folder in memory, or None where there is none with room, or one whose programs can't be run.

    account: the file with the kernel's account of its memory.
    """
    try:
        room = os.statvfs(folder)
        lines = account.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    available = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)
    fits = min(room.f_bavail * room.f_frsize, available) >= NEEDED_BYTES
    return folder if fits and os.access(folder, os.W_OK) and not room.f_flag & os.ST_NOEXEC else None
