"""The server's image: nobody's root, watched over, and gone when it is told to go."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack.process import Service
from testkit.ports import free_port
from tests.infrastructure import processes
from tests.infrastructure.image import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_SETTINGS = {
    "AWS_REGION": "us-east-1",
    "USER_POOL_ID": "us-east-1_nobody",
    "USER_POOL_CLIENT_ID": "nobody",
    "DWIPPS_TABLE": "dwipps",
    "REACTIONS_TABLE": "reactions",
    "MEMBERS_TABLE": "members",
}


@contextlib.contextmanager
def _serving(image: Image, variables: dict[str, str], folder: Path) -> Iterator[Service]:
    with image.running(_SETTINGS | variables, folder) as process:
        service = Service("The server", f"http://127.0.0.1:{variables['UVICORN_PORT']}", process, folder / "log")
        service.wait_until(lambda answer: answer.is_success, "/health")
        yield service


@pytest.fixture
def here() -> dict[str, str]:
    """On this machine it is for nobody else."""
    return {"UVICORN_HOST": "127.0.0.1", "UVICORN_PORT": str(free_port())}


def test_it_serves_all_interfaces_and_believes_no_proxy(server_image: Image) -> None:
    assert server_image.variables["UVICORN_HOST"] == "0.0.0.0"  # noqa: S104 -- of its own network
    assert server_image.variables["UVICORN_PROXY_HEADERS"] == "false"
    assert "8000/tcp" in server_image.config["ExposedPorts"]
    assert server_image.command[:2] == ["python3", "-m"], "signals reach it, with no shell between"


def test_it_takes_nobody_for_whom_a_header_names(server_image: Image, here: dict[str, str], tmp_path: Path) -> None:
    with _serving(server_image, here, tmp_path) as service:
        httpx.get(f"{service.endpoint}/docs", headers={"X-Forwarded-For": "203.0.113.9"}, trust_env=False)
    log = service.log.read_text()
    assert "GET /docs" in log
    assert "203.0.113.9" not in log


def test_it_serves_as_nobody_in_particular(server_image: Image, here: dict[str, str], tmp_path: Path) -> None:
    with _serving(server_image, here, tmp_path) as service:
        assert processes.owner(processes.contained(service.process.pid)) == (65532, 65532)


def test_who_watches_over_it_sees_whether_it_serves(server_image: Image, here: dict[str, str], tmp_path: Path) -> None:
    kind, *check = server_image.config["Healthcheck"]["Test"]
    assert kind == "CMD"
    assert not server_image.succeeds(*check, variables=here)
    with _serving(server_image, here, tmp_path):
        assert server_image.succeeds(*check, variables=here)


def test_it_stops_when_it_is_told_to(server_image: Image, here: dict[str, str], tmp_path: Path) -> None:
    with _serving(server_image, here, tmp_path) as service:
        os.kill(processes.contained(service.process.pid), signal.SIGTERM)
        service.process.wait(5)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{service.endpoint}/health", trust_env=False)
    assert "Application shutdown complete" in service.log.read_text()
