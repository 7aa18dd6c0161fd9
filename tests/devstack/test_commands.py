"""`python -m devstack` keeps its data, ends with a signal, and reports busy ports, old state and failed services."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from devstack import clients, ministack
from devstack.errors import LocalError
from devstack.options import ENGINES
from devstack.paths import ROOT
from devstack.seed_content import PASSWORD, THOUGHTS
from devstack.state import StateFolder
from testkit.terminal import LINE_TIMEOUT_SECONDS, UNREACHABLE_PROXY, Developer, Terminal

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

_READY = "Ctrl-C ends everything"
# The parts of a request are sent one after the other.
_CHUNKED = b"%s HTTP/1.1\r\nHost: dwipper.test\r\nTransfer-Encoding: chunked\r\n\r\n"
_INCOMPLETE_REQUEST = (
    b"POST /v1/auth/logout HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
)
_MALFORMED_REQUESTS = (
    (_CHUNKED % b"POST /nothing", b"5\r\nabcde\r\n", b"zzz\r\n"),
    (_CHUNKED % b"POST /health", b"zzz\r\n"),
    (_CHUNKED % b"POST /v1/auth/login", b"ffffff\r\n" + b"a" * 70_000, b"zzz\r\n"),
    (_CHUNKED % b"POST /v1/auth/login", b"zzz\r\n"),
    (
        _CHUNKED % b"OPTIONS /health HTTP/1.1\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: GET\r\nA: ",
        b"zzz\r\n",
    ),
    (b"GET /health HTTP/1.1\r\nHost: dwipper.test\r\n\r\n\0\1\2\r\n\r\n",),
    (b"NONSENSE\r\n\r\n",),
)


def _is_locked(folder: Path) -> bool:
    """Return True if a process of the embedded AWS is running. Each of these processes holds the lock."""
    try:
        with StateFolder(folder).lock():
            return False
    except LocalError:
        return True


def _read_feed(developer: Developer, **params: str) -> list[str]:
    login = {"email": "demo@example.org", "password": PASSWORD}
    tokens = httpx.post(developer.url("/v1/auth/login"), json=login).raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    page = httpx.get(developer.url("/v1/dwipps"), headers=headers, params=params).raise_for_status().json()
    return [item["text"] for item in page["items"]]


def _cognito(settings: dict[str, str]) -> "CognitoIdentityProviderClient":
    return clients.cognito_client(settings["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"], settings["AWS_REGION"])


def _send(port: int, parts: Iterable[bytes]) -> None:
    """Send parts of a request, and read until the server closes the connection or sends nothing more."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection, contextlib.suppress(OSError):
        for part in parts:
            connection.sendall(part)
            time.sleep(0.1)
        while connection.recv(4096):
            pass


def _send_json(developer: Developer, operation: str, body: dict[str, str]) -> httpx.Response:
    return httpx.post(developer.url(f"/v1/auth/{operation}"), json=body)


def _register(developer: Developer, account: dict[str, str]) -> None:
    registration = _send_json(developer, "register", account).raise_for_status().json()["registration"]
    confirmation = {"registration": registration, "code": "123456"}
    _send_json(developer, "confirm", confirmation).raise_for_status()


def _sign_up(settings: dict[str, str], email: str) -> None:
    _cognito(settings).sign_up(ClientId=settings["USER_POOL_CLIENT_ID"], Username=email, Password="correct horse")


def test_ctrl_c_ends_every_process_and_keeps_the_data(developer: Developer) -> None:
    with developer.start("aws") as terminal:
        terminal.wait_for(_READY)
        settings = developer.read_settings()
        _sign_up(settings, "kim@example.org")
        terminal.wait_for("mail to kim@example.org: 123456")
        assert _is_locked(developer.folder)
        assert terminal.stop(signal.SIGINT) == 0
    assert not _is_locked(developer.folder)
    assert "Traceback" not in "\n".join(terminal.lines)

    with developer.start("aws") as terminal:
        terminal.wait_for(_READY)
        assert developer.read_settings() == settings
        _sign_up(settings, "lu@example.org")
        terminal.wait_for("mail to lu@example.org")
        assert "kim@example.org" not in "\n".join(terminal.lines)
        users = _cognito(settings).list_users(UserPoolId=settings["USER_POOL_ID"])["Users"]
        assert len(users) == 2
        assert terminal.stop(signal.SIGTERM) == 0
    assert all("123456" not in log.read_text() for log in developer.folder.glob("*.log"))


def test_second_start_and_reset_are_refused_while_the_aws_runs(developer: Developer) -> None:
    with developer.start("aws") as terminal:
        terminal.wait_for(_READY)
        for command in ("aws", "reset"):
            code, output = developer.run(command)
            assert code == 1
            assert output.startswith("The embedded AWS is already running (process ")
            assert output.count("\n") == 1
        assert terminal.stop(signal.SIGINT) == 0
    assert developer.run("reset") == (0, f"Deleted the data in {developer.folder}.\n")
    assert {entry.name for entry in developer.folder.iterdir()} == {"lock"}


def _find_command(terminal: Terminal, process: str) -> str:
    """Return the printed command that starts a process of the app, without the parentheses of its subshell."""
    (line,) = [line for line in terminal.lines if line.startswith(f"  {process} ")]
    return line.partition(" start one: ")[2].strip("()").replace(".venv/bin/python", f"exec {sys.executable}")


@pytest.mark.slow
def test_aws_prints_the_command_of_the_api(developer: Developer) -> None:
    # The shell's own settings must not reach the API.
    shell = {**os.environ, "USER_POOL_ID": "not-ours", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}
    with developer.start("aws") as terminal:
        terminal.wait_for(_READY)
        bash = ["/bin/bash", "-euc", _find_command(terminal, "API")]
        with subprocess.Popen(bash, cwd=ROOT, env=shell, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            assert any("Uvicorn running on" in line for line in server.stderr)
            _register(developer, {"email": "kim@example.org", "password": "correct horse"})
            server.terminate()
            server.stderr.read()
        assert terminal.stop(signal.SIGINT) == 0


def test_aws_prints_the_command_of_a_worker(developer: Developer) -> None:
    with developer.start("aws") as terminal:
        terminal.wait_for(_READY)
        bash = ["/bin/bash", "-euc", f"{_find_command(terminal, 'Worker')} --once"]
        result = subprocess.run(bash, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert terminal.stop(signal.SIGINT) == 0
    assert result.returncode == 0, result.stderr
    assert result.stderr.startswith("INFO:     job sweep done ")


def _kill_ministack(developer: Developer, terminal: Terminal) -> None:
    os.kill(int((developer.folder / "lock").read_text()), signal.SIGKILL)
    terminal.wait_for("MiniStack ended with exit code -9: see ")
    assert terminal.process.wait(LINE_TIMEOUT_SECONDS) == 1


def _wait_for_save(developer: Developer, text: str) -> None:
    snapshot = ministack.find_snapshot(developer.folder)
    while text not in snapshot.read_text():
        time.sleep(0.05)


def test_killed_ministack_is_reported_and_keeps_its_last_save(developer: Developer) -> None:
    with developer.start("aws") as terminal:
        terminal.wait_for(_READY)
        settings = developer.read_settings()
        _sign_up(settings, "kim@example.org")
        _wait_for_save(developer, "kim@example.org")
        _kill_ministack(developer, terminal)
    with developer.start("aws") as terminal:
        terminal.wait_for(_READY)
        assert terminal.lines[0].startswith("The last run was killed. Its data is that of its last save, at ")
        assert developer.read_settings() == settings
        users = _cognito(settings).list_users(UserPoolId=settings["USER_POOL_ID"])["Users"]
        assert [each["Value"] for user in users for each in user["Attributes"] if each["Name"] == "email"] == [
            "kim@example.org"
        ]
        assert terminal.stop(signal.SIGINT) == 0
    assert not ministack.find_snapshot(developer.folder).exists()


def test_busy_aws_port_is_an_error_of_one_line_with_all_settings(developer: Developer, busy_port: int) -> None:
    code, output = developer.run("aws", AWS_PORT=str(busy_port), RELOAD="1")
    assert (code, output.count("\n")) == (1, 1)
    assert output.startswith(
        f"Port {busy_port} is in use or not permitted. Use another: `make aws PORT={developer.port} "
    )
    assert f" RELOAD=1 LOCAL_DIR={developer.folder}" in output


def test_state_of_another_version_is_refused(developer: Developer) -> None:
    developer.folder.mkdir()
    (developer.folder / "version").write_text("MiniStack 0.1 in us-east-1")
    code, output = developer.run("aws")
    assert code == 1
    assert output.splitlines()[-1].endswith(": `make reset` deletes it.")
    assert "Traceback" not in output


def test_invalid_engine_is_an_error_of_one_line(developer: Developer) -> None:
    assert developer.run("aws", ENGINE="paper") == (
        1,
        "ENGINE must be one of ministack, dynamodb-local.\n",
    )


class TestRun:
    def test_api_is_served_and_seeded_once(self, developer: Developer) -> None:
        with developer.start("run") as terminal:
            terminal.wait_for(_READY)
            settings = developer.read_settings()
            texts = _read_feed(developer)
            terminal.wait_for(" renew-ranking all 0 done ")
            rankings = [_read_feed(developer, sort="hot"), _read_feed(developer, sort="top", period="all")]
            registration = {"email": "kim@example.org", "password": "correct horse", "handle": "kim"}
            httpx.post(developer.url("/v1/auth/register"), json=registration).raise_for_status()
            terminal.wait_for("mail to kim@example.org: 123456")
            assert terminal.stop(signal.SIGINT) == 0
        assert len(texts) == len(rankings[1]) == len(THOUGHTS)
        assert rankings[0][0] != rankings[1][0]
        printed = "\n".join(terminal.lines)
        assert f"Demo login   demo@example.org / {PASSWORD}" in printed
        assert printed.count("123456") == 1
        assert "Traceback" not in printed
        assert not _is_locked(developer.folder)

        with developer.start("run") as terminal:
            terminal.wait_for(_READY)
            assert developer.read_settings() == settings
            assert _read_feed(developer) == texts
            assert terminal.stop(signal.SIGTERM) == 0
        assert "mail to" not in "\n".join(terminal.lines)

    @pytest.mark.slow
    @pytest.mark.timeout(240)
    @pytest.mark.parametrize("engine", ENGINES)
    def test_account_is_gone_a_minute_after_one_request(self, engine: str, developer: Developer, jars: Path) -> None:
        account = {"email": "kim@example.org", "password": "correct horse"}
        developer.folder.mkdir()
        (developer.folder / "dynamodb-local").symlink_to(jars)  # Spares a download.
        with developer.start("run", ENGINE=engine) as terminal:
            terminal.wait_for(_READY, within=60)
            _register(developer, account)
            tokens = _send_json(developer, "login", account).raise_for_status().json()
            headers = {"Authorization": f"Bearer {tokens['access_token']}"}
            httpx.post(developer.url("/v1/dwipps"), json={"text": "Bye"}, headers=headers).raise_for_status()
            assert httpx.delete(developer.url("/v1/me"), headers=headers).status_code == 202
            assert _send_json(developer, "login", account).status_code == 401

            terminal.wait_for(" delete-account 1 done ", within=90)
            assert httpx.delete(developer.url("/v1/me"), headers=headers).status_code == 204
            assert "Bye" not in _read_feed(developer)
            _register(developer, account)
            assert _send_json(developer, "login", account).status_code == 200

            started = time.monotonic()
            assert terminal.stop(signal.SIGINT) == 0
            assert time.monotonic() - started < 15
        assert "Traceback" not in "\n".join(terminal.lines)

    @pytest.mark.slow
    def test_proxy_of_the_shell_is_not_used_for_loopback(self, developer: Developer) -> None:
        with developer.start("run", **UNREACHABLE_PROXY) as terminal:
            terminal.wait_for(_READY)
            assert len(_read_feed(developer)) == len(THOUGHTS)
            assert terminal.stop(signal.SIGINT) == 0
        assert "Traceback" not in "\n".join(terminal.lines)

    @pytest.mark.slow
    def test_malformed_requests_have_few_lines_and_no_traceback(self, developer: Developer) -> None:
        with developer.start("run") as terminal:
            terminal.wait_for(_READY)
            count = len(terminal.lines)
            for parts in _MALFORMED_REQUESTS:
                _send(developer.port, parts)
            upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
            assert httpx.get(developer.url("/health?access_token=secret"), headers=upgrade).status_code == 200
            httpx.get(developer.url("/v1/me?access_token=secret"))
            terminal.wait_for("INFO:     GET /v1/me 401 ")
            lines = terminal.lines[count:]
            with socket.create_connection(("127.0.0.1", developer.port), timeout=1) as connection:
                connection.sendall(_INCOMPLETE_REQUEST)
                assert terminal.stop(signal.SIGINT) == 0
            terminal.wait_for("INFO:     POST /v1/auth/logout 499 ")
        assert terminal.lines.count("Traceback (most recent call last):") == 0
        # A request that is answered early and then breaks off can have a line for each of both.
        assert len(lines) <= 2 * len(_MALFORMED_REQUESTS) + 2, lines
        assert {line.partition(" ")[0] for line in lines if line} <= {"INFO:", "WARNING:"}
        assert "secret" not in "\n".join(terminal.lines)

    @pytest.mark.slow
    def test_failed_processes_are_reported_and_the_aws_stays_up(self, developer: Developer) -> None:
        # Neither the API nor the worker starts with this setting.
        with developer.start("run", FEED_SHARDS="many") as terminal:
            terminal.wait_for("The first members and Dwipps could not be added: see ")
            terminal.wait_for("The API ended with exit code 3; the embedded AWS stays up until Ctrl-C.")
            terminal.wait_for("The worker ended with exit code 1; the embedded AWS stays up until Ctrl-C.")
            _sign_up(developer.read_settings(), "kim@example.org")
            terminal.wait_for("mail to kim@example.org: 123456")
            assert terminal.stop(signal.SIGINT) == 0

    def test_busy_port_is_reported_before_anything_starts(self, developer: Developer, busy_port: int) -> None:
        code, output = developer.run("run", PORT=str(busy_port))
        assert (code, output.count("\n")) == (1, 1)
        proposed = re.search(r"`make run PORT=(\d+) ", output)
        assert proposed
        assert int(proposed[1]) > busy_port
        assert [entry.name for entry in developer.folder.iterdir()] == ["lock"]
