import stat
import sys
from pathlib import Path

import pytest

from devstack import seed_once
from devstack.errors import LocalError
from devstack.state import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _seed_with(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(seed_once, "_SEED", [sys.executable, "-c", code])


def test_a_pool_is_seeded_once_and_another_one_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    times = home.path / "times"
    _seed_with(monkeypatch, f"import os; open({str(times)!r}, 'a').write(os.environ['USER_POOL_ID'] + ' ')")
    for pool in ("one", "one", "two"):
        seed_once.seed_once(home, {"USER_POOL_ID": pool})
    assert times.read_text() == "one two "


def test_a_failure_is_told_kept_for_its_owner_and_tried_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _seed_with(monkeypatch, "raise SystemExit('the app is broken')")
    log = home.path / "seed.log"
    for _ in range(2):
        with pytest.raises(LocalError, match=f"see {log}; the next start tries again"):
            seed_once.seed_once(home, {"USER_POOL_ID": "one"})
    assert log.read_text() == "the app is broken\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert not home.seeded.exists()
