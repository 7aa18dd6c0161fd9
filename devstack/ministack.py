"""MiniStack, the embedded AWS: how it is started; knows nothing of `.local` and of what is kept in it."""

import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from devstack.ports import LOOPBACK
from devstack.process import Service, started


def version() -> str:
    """Which MiniStack is installed; another one may not read this one's state."""
    return f"MiniStack {importlib.metadata.version('ministack')}"


@contextlib.contextmanager
def running(
    port: int,
    folder: Path,
    *,
    region: str = "us-east-1",
    extra: Mapping[str, str] | None = None,
    inherited: Sequence[int] = (),
) -> Iterator[Service]:
    """Serve AWS on loopback until the block ends, then wait until the state is saved.

    Args:
        port: Where it listens.
        folder: Where it logs, and keeps its state under `ministack`, or takes it up again.
        region: Where what names no region happens.
        extra: More variables of its environment, such as `MINISTACK_LAMBDA_PROXY_<function>`.
        inherited: Descriptors that stay open for as long as it lives.
    """
    log, kept = folder / "ministack.log", folder / "ministack"
    kept.mkdir(parents=True, exist_ok=True)
    variables = _environment(port, kept, region) | dict(extra or {})
    command = [sys.executable, "-m", "ministack"]
    with started(command, folder=kept, environment=variables, log=log, inherited=inherited) as process:
        service = Service("MiniStack", f"http://{LOOPBACK}:{port}", process, log)
        service.wait_until(lambda response: response.is_success, "/_ministack/health")
        yield service


def _environment(port: int, folder: Path, region: str) -> dict[str, str]:
    """Pass on no more of the developer's shell than PATH: a mail server named there would get the mails."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # It removes containers that it takes for its own, and other MiniStacks' would be among them.
        "DOCKER_HOST": f"unix://{folder}/no-docker",
        # From INFO on its log names who gets mail, from DEBUG on all that it is sent.
        "LOG_LEVEL": "WARNING",
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        # Without it any code and any forged token is accepted.
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
