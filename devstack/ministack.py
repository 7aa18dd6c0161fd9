"""MiniStack, the embedded AWS: start and version."""

import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from devstack.paths import ROOT
from devstack.ports import LOOPBACK
from devstack.process import Service, start_process


def describe_version() -> str:
    """Return the name and version of the installed MiniStack. Other versions may be unable to read its state."""
    return f"MiniStack {importlib.metadata.version('ministack')}"


def find_snapshot(folder: Path) -> Path:
    """Return the path of the snapshot of a MiniStack with this folder. It exists after a kill, and during a run."""
    return folder / "ministack" / "snapshot.json"


@contextlib.contextmanager
def run(  # noqa: PLR0913 -- only the first two are positional
    port: int,
    folder: Path,
    *,
    region: str = "us-east-1",
    saves: bool = True,
    extra_env: Mapping[str, str] | None = None,
    inherited_fds: Sequence[int] = (),
) -> Iterator[Service]:
    """Serve AWS on loopback until the block ends. Then wait until the state is saved.

    The state is also saved during the run, soon after each change, so that a kill loses little of it.

    Args:
        port: the port on loopback.
        folder: the folder of the log. Its subfolder `ministack` holds the state, and existing state is used again.
        region: the region of requests that do not name one.
        saves: whether the state is saved.
        extra_env: additional environment variables for MiniStack, such as `MINISTACK_LAMBDA_PROXY_<function>`.
        inherited_fds: file descriptors that stay open until MiniStack ends.

    Raises:
        LocalError: if MiniStack does not start.
    """
    log, state = folder / "ministack.log", folder / "ministack"
    state.mkdir(parents=True, exist_ok=True)
    env = _make_env(port, state, region) | dict(extra_env or {})
    if saves:
        env |= {"PERSIST_STATE": "1", "SNAPSHOT": str(find_snapshot(folder)), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "devstack.saving_ministack" if saves else "ministack"]
    with start_process(command, folder=state, environment=env, log=log, inherited_fds=inherited_fds) as process:
        service = Service("MiniStack", f"http://{LOOPBACK}:{port}", process, log)
        service.wait_until(lambda response: response.is_success, "/_ministack/health")
        yield service


def _make_env(port: int, folder: Path, region: str) -> dict[str, str]:
    """Return the environment of MiniStack.

    Only PATH comes from the developer's shell: a mail server configured there would receive the mail.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # This socket does not exist, so MiniStack removes no containers. It would remove those of other MiniStacks.
        "DOCKER_HOST": f"unix://{folder}/no-docker",
        # At INFO the log names the recipients of mail. At DEBUG it contains every request.
        "LOG_LEVEL": "WARNING",
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        # Without this variable, MiniStack accepts any code and any forged token.
        "AUTH": "true",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
