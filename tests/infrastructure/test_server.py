"""The server's image runs without root, has a health check, logs one line for each request, and stops on SIGTERM.

It also runs the worker.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from devstack import environment
from devstack.process import Service
from testkit.ports import find_free_port
from tests.infrastructure import processes
from tests.infrastructure.image import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_LOG_TIMEOUT_SECONDS = 10.0
_SETTINGS = {
    "AWS_REGION": "us-east-1",
    "USER_POOL_ID": "us-east-1_nobody",
    "USER_POOL_CLIENT_ID": "nobody",
    "DWIPPS_TABLE": "dwipps",
    "REACTIONS_TABLE": "reactions",
    "MEMBERS_TABLE": "members",
    "SAFETY_TABLE": "safety",
    "JOB_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
}


@contextlib.contextmanager
def _start_server(image: Image, variables: dict[str, str], folder: Path) -> Iterator[Service]:
    with image.start(_SETTINGS | variables, folder) as process:
        service = Service("The server", f"http://127.0.0.1:{variables['UVICORN_PORT']}", process, folder / "log")
        service.wait_until(lambda response: response.is_success, "/health")
        yield service


def _wait_for_line(log: Path, text: str) -> None:
    """Wait until a line with this text is in the log. buildah forwards the lines, and drops those at its end."""
    deadline = time.monotonic() + _LOG_TIMEOUT_SECONDS
    while text not in log.read_text():
        assert time.monotonic() < deadline, f"{text} is not in the log"
        time.sleep(0.05)


@pytest.fixture
def loopback() -> dict[str, str]:
    """Return uvicorn's options for a free port on loopback, as environment variables."""
    return {"UVICORN_HOST": "127.0.0.1", "UVICORN_PORT": str(find_free_port())}


def test_defaults_listen_on_all_interfaces_and_trust_no_proxy(server_image: Image) -> None:
    assert server_image.variables["UVICORN_HOST"] == "0.0.0.0"  # noqa: S104 -- the container's own network
    assert server_image.variables["UVICORN_PROXY_HEADERS"] == "false"
    assert "8000/tcp" in server_image.config["ExposedPorts"]
    assert server_image.command[:2] == ["python3", "-m"], "the command starts a shell, which would not pass signals on"


@pytest.mark.parametrize(
    ("log_format", "beginning"),
    [("text", "INFO:     GET /v1/me 401 "), ("json", '{"time":')],
)
def test_each_request_is_one_line_without_query_and_address(
    log_format: str, beginning: str, server_image: Image, loopback: dict[str, str], tmp_path: Path
) -> None:
    with _start_server(server_image, loopback | {"LOG_FORMAT": log_format}, tmp_path) as service:
        url = f"{service.endpoint}/v1/me?access_token=secret"
        httpx.get(url, headers={"X-Forwarded-For": "203.0.113.9"}, trust_env=False)
        _wait_for_line(service.log, "/v1/me")
    log = service.log.read_text()
    (line,) = [line for line in log.splitlines() if "/v1/me" in line]
    assert line.startswith(beginning)
    assert "secret" not in log
    assert "203.0.113.9" not in log


def test_server_runs_as_an_unprivileged_user(server_image: Image, loopback: dict[str, str], tmp_path: Path) -> None:
    with _start_server(server_image, loopback, tmp_path) as service:
        server = processes.find_contained_process(service.process.pid)
        assert processes.get_owner(server) == (65532, 65532)


def test_health_check_succeeds_only_while_serving(
    server_image: Image, loopback: dict[str, str], tmp_path: Path
) -> None:
    kind, *check = server_image.config["Healthcheck"]["Test"]
    assert kind == "CMD"
    assert not server_image.succeeds_on_host_network(*check, variables=loopback)
    with _start_server(server_image, loopback, tmp_path):
        assert server_image.succeeds_on_host_network(*check, variables=loopback)


def test_server_shuts_down_on_sigterm(server_image: Image, loopback: dict[str, str], tmp_path: Path) -> None:
    with _start_server(server_image, loopback, tmp_path) as service:
        os.kill(processes.find_contained_process(service.process.pid), signal.SIGTERM)
        service.process.wait(5)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{service.endpoint}/health", trust_env=False)
    assert "Application shutdown complete" in service.log.read_text()


def test_server_image_runs_the_worker(
    server_image: Image, embedded: Service, new_settings: Callable[[], Settings]
) -> None:
    worker = ("python3", "-m", "app.worker", "--once")
    variables = environment.make_variables(new_settings(), embedded.endpoint, embedded.endpoint)
    assert server_image.succeeds_on_host_network(*worker, variables=variables)
    assert not server_image.succeeds_on_host_network(*worker, variables={"AWS_REGION": "us-east-1"})
