"""Each response to a fuzzed request is documented, and leaks no internal data."""

from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest
import requests
import schemathesis

from app.auth.groups import MODERATORS
from devstack import clients
from testkit.doubles import SETTINGS
from testkit.leak_scan import LeakScan
from tests.conftest import Figures, NewEngine
from tests.fuzz.checks import register_leak_check
from tests.fuzz.members import Members
from tests.fuzz.run import FuzzRun
from tests.fuzz.schemathesis_settings import build_settings
from tests.fuzz.server import run_server

pytestmark = pytest.mark.security

MIN_CASES = 5000  # For each transport.
MIN_CASES_BY_PHASE = {"examples": 10, "coverage": 500, "fuzzing": 2000, "stateful": 500}
CLIENT_TIMEOUT_SECONDS = 40.0


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("transport", ["uvicorn", "rest"])
def test_every_response_is_documented(transport: str, new_engine: NewEngine, tmp_path: Path, figures: Figures) -> None:
    engine = new_engine("memory_store")
    with (
        run_server(engine, transport, tmp_path) as server,
        httpx.Client(base_url=server.endpoint, trust_env=False, timeout=CLIENT_TIMEOUT_SECONDS) as http,
    ):
        cognito = clients.cognito_client(engine.aws, engine.settings.region)

        def add_moderator(email: str) -> None:
            group = {"UserPoolId": engine.settings.user_pool_id, "GroupName": MODERATORS}
            cognito.admin_add_user_to_group(Username=email, **group)

        members = Members(http, add_moderator)
        spec = http.get("/openapi.json").raise_for_status().json()
        register_leak_check(engine.settings)
        scanned_before = LeakScan.checked_responses
        run = FuzzRun(spec, build_settings(server.endpoint, members), members)
        run.execute(MIN_CASES, MIN_CASES_BY_PHASE["stateful"])
    figures(f"cases over {transport}", f"{run.cases.total()} {dict(run.cases)}, seed {run.seed}")
    figures(f"responses over {transport}", run.responses_by_class)
    assert not run.findings, "\n\n".join(run.findings)
    assert run.cases.total() >= MIN_CASES
    assert run.cases.keys() == MIN_CASES_BY_PHASE.keys()
    assert all(run.cases[phase] >= minimum for phase, minimum in MIN_CASES_BY_PHASE.items()), run.cases
    assert LeakScan.checked_responses - scanned_before >= run.cases.total(), "some responses were not scanned"
    assert run.statuses.keys() == run.operations
    assert not run.list_failed_operations(), "these operations never succeeded"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{}", id="no leak"),
        pytest.param('{"detail": "UserNotFoundException"}', id="exception"),
        pytest.param('{"email": "kay@example.org"}', id="email"),
    ],
)
def test_leak_check_fails_only_for_leaks(body: str) -> None:
    check = register_leak_check(SETTINGS)
    request = requests.Request("GET", "http://127.0.0.1/v1/dwipps", headers={"Authorization": "Bearer x"}).prepare()
    content_type = {"Content-Type": ["application/json"]}
    response = schemathesis.Response(200, content_type, body.encode(), request, 0.1, verify=True)
    with nullcontext() if body == "{}" else pytest.raises(AssertionError, match=r"leaks \["):
        check(None, response, None)
