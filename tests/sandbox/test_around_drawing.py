"""What is around the browser that draws pages: no network, a folder of its own, and an end for all that it started."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.sandbox import processes
from monitor.sandbox.own_folder import ABANDONED_SECONDS, remove_abandoned

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_kernel_refuses_the_browser_every_network() -> None:
    """Sockets to machines and ports are refused to the process and to all that it starts; others are not."""
    tried = """
import socket, subprocess, sys
from monitor.sandbox import offline
offline.go_offline()
code = '''
import socket
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        socket.socket(family)
    except PermissionError:
        print("refused")
socket.socket(socket.AF_UNIX)
print("open")
'''
exec(code)
print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
"""
    done = subprocess.run([sys.executable, "-c", tried], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused", "refused", "open"] * 2


def below_of(process: subprocess.Popen[bytes]) -> Callable[[], list[int]]:
    """The processes below one process, looked for anew at each call."""
    return lambda: list(processes.below(process.pid))


def test_folders_of_killed_programs_are_removed_later(tmp_path: Path) -> None:
    """Those that nobody uses any more, and no others."""
    folders = [tmp_path / f"monitor-browser-{name}" for name in ("left", "used", "new")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "file").touch()
    used = os.open(folders[1], os.O_RDONLY)
    fcntl.flock(used, fcntl.LOCK_EX)
    now = folders[0].stat().st_mtime + 2 * ABANDONED_SECONDS
    os.utime(folders[2], (now, now))
    (tmp_path / "other").mkdir()
    remove_abandoned(tmp_path, now=now)
    os.close(used)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["monitor-browser-new", "monitor-browser-used", "other"]


def test_killing_a_process_kills_all_below_it() -> None:
    """Also one in a group and session of its own, and one whose parent is gone."""
    code = """
import subprocess, sys, time
from monitor.sandbox import offline
offline.end_with_parent()
inner = "import subprocess, sys; subprocess.Popen(['sleep', '300'], start_new_session=True); print('there', flush=True)"
subprocess.run([sys.executable, "-c", inner])
print("ready", flush=True)
time.sleep(300)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, process_group=0)
    assert process.stdout is not None
    assert process.stdout.readline() == b"there\n"
    assert process.stdout.readline() == b"ready\n"
    (orphan,) = below_of(process)()
    processes.kill_tree(process)
    process.stdout.close()
    status = Path(f"/proc/{orphan}/stat")
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"
