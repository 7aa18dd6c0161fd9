"""The heartbeat checks the public URL like a client, and logs each outcome without raising."""

import contextlib
import http.server
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.aws.clients import secrets_client
from app.jobs import heartbeat as heartbeat_module
from app.jobs import heartbeat_secret
from app.jobs.heartbeat import Heartbeat
from app.jobs.heartbeat_secret import HeartbeatSecret
from testkit.http_server import serve
from tests.unit.observability.test_json_logging import Lines, capture_log
from tests.unit.observability.test_metrics import assert_valid_emf

PASSWORD = "a generated password"
EMAIL = "heartbeat-1@dwipper.invalid"
SECRET = {"email": EMAIL, "password": PASSWORD}
WORKER_TIMEOUT_SECONDS = 60
HEALTH, LOGIN, READ = "/health", "/v1/auth/login", "/v1/dwipps?limit=1"


class FakeApi:
    """The statuses of an API by path, and the requests that it got. A status of 0 delays the response."""

    def __init__(self) -> None:
        self.statuses = {HEALTH: 200, LOGIN: 200, READ: 200}
        self.requests: list[tuple[str, str | None]] = []
        self.login: Any = None
        self.tokens = b'{"access_token": "the token"}'

    def respond(self, path: str, authorization: str | None) -> tuple[int, bytes]:
        self.requests.append((path, authorization))
        if not self.statuses[path]:
            time.sleep(2)
        return self.statuses[path], self.tokens


@contextlib.contextmanager
def _serve(api: FakeApi) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = api.respond(self.path, self.headers.get("Authorization"))
            self.send_response(status or 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(content)

        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            api.login = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

    with serve(Handler) as port:
        yield f"http://127.0.0.1:{port}"


class FakeSecrets:
    """Secrets Manager with one secret."""

    def __init__(self) -> None:
        self.value: dict[str, str] = dict(SECRET)
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803 -- the name of AWS
        assert SecretId == "the arn"
        self.reads += 1
        return {"SecretString": json.dumps(self.value)}


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> FakeSecrets:
    fake = FakeSecrets()
    monkeypatch.setattr(heartbeat_secret, "secrets_client", lambda _region: fake)
    return fake


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    return capture_log(monkeypatch)


@pytest.fixture
def heartbeat(api: FakeApi, secrets: FakeSecrets) -> Iterator[Heartbeat]:
    with _serve(api) as url:
        yield Heartbeat(url, HeartbeatSecret("eu-central-1", "the arn"))


def test_beat_reads_with_the_token_of_a_login(heartbeat: Heartbeat, api: FakeApi, lines: Lines) -> None:
    heartbeat.beat("the beat")
    assert api.requests == [(HEALTH, None), (LOGIN, None), (READ, "Bearer the token")]
    assert api.login == SECRET
    (line,) = lines()
    assert assert_valid_emf(line) == {"Heartbeats": "Count", "HeartbeatLogins": "Count"}
    expected = {"message": "heartbeat", "request_id": "the beat", "health": "ok", "login": "ok"}
    assert line.items() >= (expected | {"Heartbeats": 1, "HeartbeatLogins": 1}).items()
    assert line["duration_ms"] > 0


@pytest.mark.parametrize(
    ("path", "health", "login"), [(HEALTH, "503", "ok"), (LOGIN, "ok", "503"), (READ, "ok", "503")]
)
def test_failed_check_is_logged_with_its_status(
    path: str, health: str, login: str, heartbeat: Heartbeat, api: FakeApi, lines: Lines
) -> None:
    api.statuses[path] = 503
    heartbeat.beat("the beat")
    cause, line = lines()
    assert (cause["level"], cause["aws_error"]) == ("ERROR", "503")
    assert (line["health"], line["login"]) == (health, login)
    assert (line["Heartbeats"], line["HeartbeatLogins"]) == (int(health == "ok"), int(login == "ok"))
    assert PASSWORD not in json.dumps(lines())
    assert EMAIL not in json.dumps(lines())


def test_slow_response_is_a_failure(
    heartbeat: Heartbeat, api: FakeApi, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat_module, "_TIMEOUT_SECONDS", 1)
    api.statuses[HEALTH] = 0
    heartbeat.beat("the beat")
    assert (lines()[-1]["health"], lines()[-1]["Heartbeats"]) == ("ReadTimeoutError", 0)


def test_unreadable_tokens_are_a_failure(heartbeat: Heartbeat, api: FakeApi, lines: Lines) -> None:
    api.tokens = b"<html>"
    heartbeat.beat("the beat")
    assert (lines()[-1]["login"], lines()[-1]["HeartbeatLogins"]) == ("JSONDecodeError", 0)


def test_unreachable_url_is_a_failure(secrets: FakeSecrets, lines: Lines) -> None:
    Heartbeat("http://127.0.0.1:9", HeartbeatSecret("eu-central-1", "the arn")).beat("the beat")
    line = lines()[-1]
    assert (line["health"], line["login"]) == ("EndpointConnectionError",) * 2
    assert (line["Heartbeats"], line["HeartbeatLogins"]) == (0, 0)


def test_without_a_member_only_the_health_is_checked(
    heartbeat: Heartbeat, api: FakeApi, secrets: FakeSecrets, lines: Lines
) -> None:
    del secrets.value["email"]
    heartbeat.beat("the beat")
    assert api.requests == [(HEALTH, None)]
    (line,) = lines()
    assert (line["health"], line["login"], line["Heartbeats"]) == ("ok", "not-set-up", 1)
    assert "HeartbeatLogins" not in line


def test_member_that_is_created_later_is_used(heartbeat: Heartbeat, secrets: FakeSecrets, lines: Lines) -> None:
    secrets.value = {"password": PASSWORD}
    heartbeat.beat("before")
    secrets.value = SECRET
    heartbeat.beat("after")
    assert [line["login"] for line in lines()] == ["not-set-up", "ok"]


def test_secret_is_read_again_only_after_a_failure(heartbeat: Heartbeat, api: FakeApi, secrets: FakeSecrets) -> None:
    for _ in range(3):
        heartbeat.beat("the beat")
    assert secrets.reads == 1
    api.statuses[LOGIN] = 401
    heartbeat.beat("the beat")
    secrets.value = SECRET | {"password": "another password"}
    api.statuses[LOGIN] = 200
    heartbeat.beat("the beat")
    assert (secrets.reads, api.login["password"]) == (2, "another password")


def test_unreadable_secret_is_a_failure_of_the_login(
    heartbeat: Heartbeat, secrets: FakeSecrets, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "value", None)
    heartbeat.beat("the beat")
    assert (lines()[-1]["health"], lines()[-1]["HeartbeatLogins"]) == ("ok", 0)


def test_slowest_beat_ends_before_the_timeout_of_the_worker() -> None:
    """Each of the three requests has a timeout for its connection and one for its response."""
    config = secrets_client("eu-central-1").meta.config
    secret_seconds = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    assert 3 * 2 * heartbeat_module._TIMEOUT_SECONDS + secret_seconds < WORKER_TIMEOUT_SECONDS
