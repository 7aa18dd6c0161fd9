import stat
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.errors import LocalError
from devstack.state import Home, note_process


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / ".local")


class TestLocked:
    def test_the_folder_is_its_owners_alone(self, home: Home) -> None:
        home.path.mkdir(mode=0o755)
        with home.locked():
            assert stat.S_IMODE(home.path.stat().st_mode) == 0o700

    def test_a_second_one_is_told_whom_to_stop(self, home: Home) -> None:
        with home.locked() as lock:
            note_process(lock, 4711)
            with pytest.raises(LocalError, match="process 4711"), home.locked():
                pass
        with home.locked():
            pass

    def test_it_lasts_as_long_as_a_process_that_inherited_it(self, home: Home) -> None:
        command = [sys.executable, "-c", "input()"]
        with home.locked() as lock:
            child = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[lock])
        with pytest.raises(LocalError), home.locked():
            pass
        child.communicate(b"\n")
        with home.locked():
            pass


class TestClaim:
    def test_the_same_writer_may_go_on(self, home: Home) -> None:
        with home.locked():
            home.claim("MiniStack 1")
            home.claim("MiniStack 1")

    def test_another_is_told_how_to_start_afresh(self, home: Home) -> None:
        with home.locked():
            home.claim("MiniStack 1")
            with pytest.raises(LocalError, match="of MiniStack 1, not of MiniStack 2: `make reset`"):
                home.claim("MiniStack 2")
            home.drop()
            home.claim("MiniStack 2")


def test_dropping_leaves_what_was_downloaded_and_what_is_not_ours(home: Home) -> None:
    with home.locked():
        home.claim("MiniStack 1")
        for folder in (home.ministack, home.dynamodb, home.jars):
            folder.mkdir()
        for file in (home.env, home.seeded, home.path / "ministack.log", home.path / "notes.txt"):
            file.touch()
        home.drop()
    assert {entry.name for entry in home.path.iterdir()} == {"dynamodb-local", "lock", "notes.txt"}
