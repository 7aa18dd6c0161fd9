"""The seed, run once for each user pool.

The seed runs in a child process, because an app that cannot start must not end the command.
"""

import os
import sys
from collections.abc import Mapping

from devstack import environment
from devstack.errors import LocalError
from devstack.paths import ROOT
from devstack.process import run_process
from devstack.state import StateFolder

_SEED_COMMAND = [sys.executable, "-m", "devstack.seed"]
_TIMEOUT_SECONDS = 120.0


def seed_once(state: StateFolder, env: Mapping[str, str]) -> None:
    """Add the first members and Dwipps, unless the user pool has a complete seed.

    The marker file names the user pool, and is written last. So an interrupted seed is resumed. A new pool is seeded
    too, for example if MiniStack was killed before its first save.

    Args:
        state: the state folder.
        env: the environment variables of the app.

    Raises:
        LocalError: if the seed fails.
        subprocess.TimeoutExpired: if the seed takes longer than two minutes.
    """
    pool = env["USER_POOL_ID"]
    seeded_pool = state.seed_marker.read_text() if state.seed_marker.exists() else ""
    if seeded_pool == pool:
        return
    if seeded_pool:
        print("The accounts and the Dwipps of the last run are lost.")
    print("Adding the first members and Dwipps ...")
    log = state.path / "seed.log"
    whole_env = environment.omit(os.environ, env) | dict(env)
    code = run_process(_SEED_COMMAND, folder=ROOT, environment=whole_env, log=log, timeout_seconds=_TIMEOUT_SECONDS)
    if code != 0:
        raise LocalError(f"The first members and Dwipps could not be added: see {log}. The next start tries again.")
    state.seed_marker.write_text(pool)
