"""Prism's proxy in front of an API. It compares each request and each response with the OpenAPI document."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from devstack.ports import LOOPBACK
from devstack.process import Service, start_process
from testkit.operations import DOCUMENT
from testkit.ports import find_free_port
from testkit.processes import run_command

_FOLDER = Path(__file__).parent / "prism"


def install(folder: Path) -> Path:
    """Install Prism from its lock file in a folder, and return its program."""
    shutil.copytree(_FOLDER, folder, dirs_exist_ok=True)
    run_command(["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    return folder / "node_modules" / ".bin" / "prism"


@contextlib.contextmanager
def run(
    program: Path, url: str, folder: Path, *, allows_requests: bool = False, document: Path = DOCUMENT
) -> Iterator[str]:
    """Run Prism until the block ends. Yield the URL at which clients reach the API.

    Prism answers a request that violates the document with 401 or 422, and replaces such a response by a 500.

    Args:
        program: the program of Prism.
        url: the address of the API.
        folder: the working directory, and the folder of the log.
        allows_requests: let the API answer invalid requests, and check only the responses.
        document: the OpenAPI document.

    Raises:
        AssertionError: if a request or a response has violated the document.
    """
    port, log = find_free_port(), folder / "prism.log"
    command = [str(program), "proxy", str(document), url, "--host", LOOPBACK, "--port", str(port)]
    command += [] if allows_requests else ["--errors"]
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    with start_process(command, folder=folder, environment=environment, log=log) as process:
        service = Service("Prism", f"http://{LOOPBACK}:{port}", process, log)
        service.wait_until(lambda response: response.status_code == 200, "/health")
        yield service.endpoint
    failures = [line for line in log.read_text().splitlines() if "error" in line]
    if allows_requests:
        failures = [line for line in failures if "Violation: request" not in line]
    assert not failures, failures
