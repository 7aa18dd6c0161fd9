"""osls, which deploys `serverless.yml` to Amazon: here it is pointed at the embedded AWS; knows not what it deploys."""

import os
from collections.abc import Mapping
from pathlib import Path

from devstack import clients
from devstack.errors import LocalError
from devstack.process import finished

ROOT = Path(__file__).parents[1]
_PROGRAM = ROOT / "node_modules" / ".bin" / "osls"
_PATIENCE = 300.0

# What the embedded AWS takes no template of: deploy/firewall.yml and deploy/alarms.yml say why.
_LEFT_OUT = ("firewall=off", "alarms=off")
# What is removed has no image, but osls wants the files to be whole.
_NO_IMAGE = f"dwipper@sha256:{'0' * 64}"


def deploy(endpoint: str, region: str, stage: str, image: str, log: Path) -> None:
    """Bring the stack to what the files say, and keep its data.

    Raises:
        LocalError: it could not be deployed.
    """
    _run(["deploy", *_where(region, stage), *_parameters(image)], endpoint, log)


def remove(endpoint: str, region: str, stage: str, log: Path) -> None:
    """Remove the stack, but for what it retains.

    Raises:
        LocalError: it could not be removed.
    """
    _run(["remove", *_where(region, stage), *_parameters(_NO_IMAGE)], endpoint, log)


def _parameters(image: str) -> list[str]:
    return [f"--param={parameter}" for parameter in (*_LEFT_OUT, f"image={image}")]


def _where(region: str, stage: str) -> list[str]:
    return ["--region", region, "--stage", stage]


def _run(arguments: list[str], endpoint: str, log: Path) -> None:
    if not _PROGRAM.exists():
        raise LocalError("osls is missing: `npm ci` installs it, and wants Node.js 20 or newer.")
    environment = _environment(endpoint, log.parent)
    code = finished([_PROGRAM, *arguments], folder=ROOT, environment=environment, log=log, patience=_PATIENCE)
    if code != 0:
        raise LocalError(f"osls could not {arguments[0]}: {_reason(log)}")


def _environment(endpoint: str, home: Path) -> Mapping[str, str]:
    """Pass on no more of the developer's shell than the path: no profile, no credentials, no proxy of theirs."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": clients.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": clients.SECRET_KEY,
        "NODE_NO_WARNINGS": "1",
    }


def _reason(log: Path) -> str:
    """What stands behind osls's `Error:`, on one line."""
    _, _, after = log.read_text(errors="replace").partition("Error:")
    lines = [line.strip() for line in after.strip().splitlines() if line.strip()]
    return f"{' '.join(lines[:2])} (all of it: {log})"
