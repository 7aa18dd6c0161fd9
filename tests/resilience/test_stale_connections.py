"""If the peer has dropped a kept connection, each call succeeds, and calls with a single attempt are sent once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from devstack.process import Service
from testkit.api_client import PASSWORD, TRANSPORTS, Transport, open_api
from tests.resilience.forgetful_proxy import list_operations, run_forgetful_proxy

# The calls that the SDK must not repeat.
SINGLE_ATTEMPT_OPERATIONS = ("SignUp", "ConfirmSignUp", "ConfirmForgotPassword", "ChangePassword")
ROUNDS = 2

_CHANGED = "another duck knows"
_RESET = "a third duck knows"


@pytest.fixture
def proxy(embedded: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Run the proxy, and point the apps of this process to it."""
    with run_forgetful_proxy(embedded, tmp_path) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", service.endpoint)
        yield service


@pytest.mark.slow
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_calls_over_forgotten_connections_succeed_once(
    transport: Transport, proxy: Service, embedded: Service, settings: Settings
) -> None:
    async with open_api(settings, embedded.endpoint, transport) as api:
        for number in range(ROUNDS):
            email = f"member{number}@example.org"
            await api.confirm(await api.register(email), email)
            member = api.open_session(email, await api.login(email))
            change = {"current_password": PASSWORD, "new_password": _CHANGED}
            assert (await member.http.put("/v1/me/password", json=change)).status_code == 204
            assert (await api.http.post("/v1/auth/password/forgot", json={"email": email})).status_code == 202
            reset = {"email": email, "code": api.fetch_latest_code(email), "new_password": _RESET}
            assert (await api.http.post("/v1/auth/password/reset", json=reset)).status_code == 204
            assert "access_token" in await api.login(email, _RESET)
    counts = Counter(list_operations(proxy))
    assert {name: counts[name] for name in SINGLE_ATTEMPT_OPERATIONS} == dict.fromkeys(
        SINGLE_ATTEMPT_OPERATIONS, ROUNDS
    )
