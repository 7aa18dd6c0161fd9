"""Seeding, once per user pool; in a process of its own, so that a broken app breaks nothing else."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from devstack import environment
from devstack.errors import LocalError
from devstack.process import finished
from devstack.state import Home

_ROOT = Path(__file__).parents[1]
_SEED = [sys.executable, "-m", "devstack.seed"]
_PATIENCE = 120.0


def seed_once(home: Home, values: Mapping[str, str]) -> None:
    """Add the first members and Dwipps, unless they are complete already.

    The marker comes last and names the pool: an interrupted seeding is taken up again, and so is one whose
    data the embedded AWS lost because it was killed.

    Raises:
        LocalError: the app did not take them.
    """
    pool = values["USER_POOL_ID"]
    if home.seeded.exists() and home.seeded.read_text() == pool:
        return
    log = home.path / "seed.log"
    told = environment.without(os.environ, values) | dict(values)
    code = finished(_SEED, folder=_ROOT, environment=told, log=log, patience=_PATIENCE)
    if code != 0:
        raise LocalError(f"The first members and Dwipps could not be added: see {log}; the next start tries again.")
    home.seeded.write_text(pool)
