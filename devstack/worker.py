"""The worker of background jobs, in a child process."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping

from devstack import app_process
from devstack.app_process import AppProcess

_COMMAND = (sys.executable, "-m", "app.worker")


@contextlib.contextmanager
def run(env: Mapping[str, str]) -> Iterator[AppProcess]:
    """Run a worker until the block ends. It writes its log to the terminal.

    Args:
        env: the variables of the app, which replace those of the shell.
    """
    with app_process.run("worker", _COMMAND, {**os.environ, **env}) as worker:
        yield worker
