"""The daemon gives back what it keeps of earlier lists, once there is nothing to process."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

from monitor.daemon.daemon import Daemon
from monitor.daemon.rest import give_back_memory
from monitor.daemon.systemd import Supervisor
from monitor.demo.publisher import Publisher
from monitor.jurisdictions import resolve
from monitor.program import Program
from monitor.store.adopt import open_store, prepare_store
from monitor.store.database import is_migrated
from tests.daemon.test_daemon import configured, until
from tests.support.crashes import Agencies
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_remembered_of_lists_is_let_go_of() -> None:
    """And found out again when it is needed."""
    before = resolve("Travis County", "TX")
    assert resolve.cache_info().currsize
    give_back_memory()
    assert resolve.cache_info().currsize == 0
    assert resolve("Travis County", "TX") == before


def test_a_daemon_that_has_nothing_to_process_lets_go(tmp_path: Path) -> None:
    """Each time after versions were processed, and it goes on as before."""
    state = tmp_path / "state"
    with (
        Publisher() as publisher,
        Program(config_path=configured(tmp_path, publisher, port=0), state_override=state) as program,
    ):
        agencies = Agencies(publisher, random.Random(1))
        daemon = Daemon(steps=program.steps, supervisor=Supervisor(), tick=0.05, rest=0.0)
        daemon.start()
        for number in (1, 2):
            until(lambda: _recorded(program) >= number)  # noqa: B023 - it is called before the next number comes
            until(lambda: resolve.cache_info().currsize == 0)
            agencies.change()
        assert daemon.stop()


def _recorded(program: Program) -> int:
    """The number of the list's versions that were recorded so far."""
    rows = program.store.all(
        "SELECT count(*) AS count FROM version_details WHERE report_key = 'participating' AND status = 'recorded'"
    )
    return int(rows[0]["count"])


def test_a_database_is_made_by_another_process(tmp_path: Path) -> None:
    """So that this one does not load the library for it; what fails there is told by whoever opens the database."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom monitor.store.adopt import open_store, prepare_store\n"
        "folder = Path(sys.argv[1])\nprepare_store(folder)\nopen_store(folder).connection.close()\n"
        "print('sqlite_utils' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stdout == "False\n"
    assert is_migrated(tmp_path)
    open_store(tmp_path).connection.close()


def test_a_folder_that_can_not_have_a_database_is_left_as_it_is(tmp_path: Path) -> None:
    """A file in its place, and a file that is no database."""
    (tmp_path / "file").touch()
    prepare_store(tmp_path / "file")
    assert not is_migrated(tmp_path / "file")
    (tmp_path / "monitor.db").write_bytes(b"no database")
    prepare_store(tmp_path)
    assert not is_migrated(tmp_path)
    assert (tmp_path / "monitor.db").read_bytes() == b"no database"
