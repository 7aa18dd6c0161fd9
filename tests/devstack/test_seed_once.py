"""Each user pool is seeded once. A failed seed leaves a private log, and the next start repeats it."""

import stat
import sys
from pathlib import Path

import pytest

from devstack import seed_once
from devstack.errors import LocalError
from devstack.state import StateFolder


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path)


def _replace_seed(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(seed_once, "_SEED_COMMAND", [sys.executable, "-c", code])


def test_each_pool_is_seeded_once(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = state.path / "calls"
    _replace_seed(monkeypatch, f"import os; open({str(calls)!r}, 'a').write(os.environ['USER_POOL_ID'] + ' ')")
    for pool in ("one", "one", "two"):
        seed_once.seed_once(state, {"USER_POOL_ID": pool})
    assert calls.read_text() == "one two "


def test_failed_seed_is_logged_privately_and_repeated(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_seed(monkeypatch, "raise SystemExit('the app is broken')")
    log = state.path / "seed.log"
    for _ in range(2):
        with pytest.raises(LocalError, match=rf"see {log}\. The next start tries again"):
            seed_once.seed_once(state, {"USER_POOL_ID": "one"})
    assert log.read_text() == "the app is broken\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert not state.seed_marker.exists()


def test_seed_after_a_loss_of_data_is_reported(
    state: StateFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace_seed(monkeypatch, "")
    for pool in ("one", "one", "two"):
        seed_once.seed_once(state, {"USER_POOL_ID": pool})
    assert capsys.readouterr().out.splitlines() == [
        "Adding the first members and Dwipps ...",
        "The accounts and the Dwipps of the last run are lost.",
        "Adding the first members and Dwipps ...",
    ]
