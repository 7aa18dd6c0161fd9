"""osls, the program that deploys `serverless.yml` to AWS. This module deploys with it to the embedded AWS."""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from devstack import clients
from devstack.errors import LocalError
from devstack.paths import ROOT
from devstack.process import run_process

_PROGRAM = ROOT / "node_modules" / ".bin" / "osls"
_TIMEOUT_SECONDS = 300.0

# The embedded AWS does not support these templates: see deploy/firewall.yml and deploy/alarms.yml.
_DISABLED_PARTS = ("firewall=off", "alarms=off")
# A removal uses no image, but osls requires a value for each parameter of serverless.yml.
_PLACEHOLDER_IMAGE = f"dwipper@sha256:{'0' * 64}"


def deploy(endpoint: str, region: str, stage: str, image: str, log: Path) -> None:
    """Create or update the stack of a stage. Existing data is kept.

    Args:
        endpoint: the endpoint of the embedded AWS.
        region: the region of the stack.
        stage: the stage, which is part of the name of the stack.
        image: the image of the function, with its digest.
        log: the file for the output of osls. The folder of this file is the home directory of osls.

    Raises:
        LocalError: if osls is missing, or if the deployment fails.
        subprocess.TimeoutExpired: if osls takes longer than five minutes.
    """
    _run(["deploy", *_make_location_options(region, stage), *_make_parameters(image)], endpoint, log)


def remove(endpoint: str, region: str, stage: str, log: Path) -> None:
    """Remove the stack of a stage, except for the resources that it retains. See `deploy` for the arguments.

    Raises:
        LocalError: if osls is missing, or if the removal fails.
        subprocess.TimeoutExpired: if osls takes longer than five minutes.
    """
    _run(["remove", *_make_location_options(region, stage), *_make_parameters(_PLACEHOLDER_IMAGE)], endpoint, log)


def _make_parameters(image: str) -> list[str]:
    return [f"--param={parameter}" for parameter in (*_DISABLED_PARTS, f"image={image}")]


def _make_location_options(region: str, stage: str) -> list[str]:
    return ["--region", region, "--stage", stage]


def _run(arguments: list[str], endpoint: str, log: Path) -> None:
    if not _PROGRAM.exists():
        raise LocalError("osls is missing: `npm ci` installs it. It requires Node.js 20 or newer.")
    env = _make_env(endpoint, log.parent)
    with _lock_package():
        code = run_process(
            [_PROGRAM, *arguments], folder=ROOT, environment=env, log=log, timeout_seconds=_TIMEOUT_SECONDS
        )
    if code != 0:
        raise LocalError(f"osls {arguments[0]} failed: {_read_error(log)}")


@contextlib.contextmanager
def _lock_package() -> Iterator[None]:
    """Run only one osls at a time, because every osls writes its package to the same folder, `.serverless`."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make_env(endpoint: str, home: Path) -> Mapping[str, str]:
    """Return the environment of osls.

    Only PATH comes from the developer's shell, so osls cannot use the profiles, credentials and proxies in it.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": clients.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY,
        "NODE_NO_WARNINGS": "1",
    }


def _read_error(log: Path) -> str:
    """Return the first two lines after `Error:` in the log and the path of the log, as one line."""
    _, _, after = log.read_text(errors="replace").partition("Error:")
    lines = [line.strip() for line in after.strip().splitlines() if line.strip()]
    return f"{' '.join(lines[:2])} (full log: {log})"
