"""The state folder is private, belongs to one embedded AWS at a time, and keeps files of unknown origin."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.errors import LocalError
from devstack.state import StateFolder, record_process_id


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / ".local")


class TestLock:
    def test_folder_is_private(self, state: StateFolder) -> None:
        state.path.mkdir(mode=0o755)
        with state.lock():
            assert stat.S_IMODE(state.path.stat().st_mode) == 0o700

    def test_second_lock_is_refused_with_the_process_to_stop(self, state: StateFolder) -> None:
        with state.lock() as lock:
            record_process_id(lock, 4711)
            with pytest.raises(LocalError, match="process 4711"), state.lock():
                pass
        with state.lock():
            pass

    def test_lock_lasts_until_every_inheriting_process_has_ended(self, state: StateFolder) -> None:
        command = [sys.executable, "-c", "input()"]
        with state.lock() as lock:
            child = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[lock])
        with pytest.raises(LocalError), state.lock():
            pass
        child.communicate(b"\n")
        with state.lock():
            pass


class TestClaim:
    def test_same_writer_is_accepted(self, state: StateFolder) -> None:
        with state.lock():
            state.claim("MiniStack 1")
            state.claim("MiniStack 1")

    def test_other_writer_is_refused_until_the_data_is_deleted(self, state: StateFolder) -> None:
        with state.lock():
            state.claim("MiniStack 1")
            with pytest.raises(LocalError, match="of MiniStack 1, not of MiniStack 2: `make reset`"):
                state.claim("MiniStack 2")
            state.delete_data()
            state.claim("MiniStack 2")


def test_delete_data_keeps_downloads_and_unknown_files(state: StateFolder) -> None:
    with state.lock():
        state.claim("MiniStack 1")
        for folder in (state.ministack, state.dynamodb, state.jars):
            folder.mkdir()
        for file in (state.env_file, state.seed_marker, state.path / "ministack.log", state.path / "notes.txt"):
            file.touch()
        state.delete_data()
    assert {entry.name for entry in state.path.iterdir()} == {"dynamodb-local", "lock", "notes.txt"}
