"""The commands `make deploy` and `make remove`, run against the embedded AWS."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from devstack import clients
from devstack.errors import LocalError
from devstack.paths import ROOT
from devstack.process import run_process

_TIMEOUT_SECONDS = 300.0
# The embedded AWS does not support these templates: see deploy/firewall.yml and deploy/alarms.yml.
_DISABLED_PARTS = ("--param=firewall=off", "--param=alarms=off")


def deploy(
    endpoint: str,
    region: str,
    stage: str,
    image: str,
    log: Path,
    *options: str,
    **settings: str,
) -> None:
    """Create or update the two stacks of a stage. Existing data is kept.

    Args:
        endpoint: the endpoint of the embedded AWS.
        region: the region of the stacks.
        stage: the stage, which is part of the names of the stacks.
        image: the image of the functions, with its digest.
        log: the file for the output. Its folder is the home directory of the command.
        options: further options of osls.
        settings: the settings of the stage (scripts/settings.py).

    Raises:
        LocalError: if osls is missing, or if the deployment fails.
        subprocess.TimeoutExpired: if the deployment takes longer than five minutes.
    """
    _run("deploy", [stage, image, *options], {**_make_env(endpoint, region, log.parent), **settings}, log)


def remove(endpoint: str, region: str, stage: str, log: Path) -> None:
    """Remove the functions of a stage, and keep its data. See `deploy` for the arguments.

    Raises:
        LocalError: if osls is missing, or if the removal fails.
        subprocess.TimeoutExpired: if the removal takes longer than five minutes.
    """
    _run("remove", [stage], {**_make_env(endpoint, region, log.parent), "CONFIRM": stage}, log)


def _run(command: str, arguments: list[str], env: Mapping[str, str], log: Path) -> None:
    program = [sys.executable, "-m", f"scripts.{command}", *arguments, *_DISABLED_PARTS]
    with _lock_package():
        code = run_process(program, folder=ROOT, environment=env, log=log, timeout_seconds=_TIMEOUT_SECONDS)
    if code != 0:
        raise LocalError(f"The command {command} failed: {_read_error(log)}")


@contextlib.contextmanager
def _lock_package() -> Iterator[None]:
    """Run only one osls at a time, because every osls writes its package to the same folder, `.serverless`."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make_env(endpoint: str, region: str, home: Path) -> dict[str, str]:
    """Return the environment of the command.

    Only PATH comes from the developer's shell, so the command cannot use the profiles, credentials and proxies in it.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": clients.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY,
        "AWS_REGION": region,
        "NODE_NO_WARNINGS": "1",
    }


def _read_error(log: Path) -> str:
    """Return the error in the log and the path of the log, as one line.

    The error is what follows `Error:` in the output of osls, or else the last lines.
    """
    output = log.read_text(errors="replace")
    _, found, after = output.partition("Error:")
    lines = [line.strip() for line in (after if found else output).strip().splitlines() if line.strip()]
    return f"{' '.join(lines[:2] if found else lines[-2:])} (full log: {log})"
