"""An attacker who registers the victim's email cannot log in. Only the victim can read the victim's mail.

The attacks are those of Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX Security 2022). Attacks that require a
second login method do not apply.
"""

import time
from types import SimpleNamespace
from typing import NoReturn

import pytest

from app.accounts import expiring_rows, sign_up
from app.cognito.user_pool import UserPool
from app.errors import UnavailableError
from testkit.api_client import Api

VICTIM = "victim@example.org"
VICTIM_PASSWORD = "the victim's own password"
ATTACKER_PASSWORD = "the attacker's password"


async def _can_log_in(api: Api, password: str) -> bool:
    response = await api.http.post("/v1/auth/login", json={"email": VICTIM, "password": password})
    return response.status_code == 200


async def _try_confirm(api: Api, registration: str, code: str) -> int:
    """Return the status of the confirmation."""
    response = await api.http.post("/v1/auth/confirm", json={"registration": registration, "code": code})
    return response.status_code


async def test_attacker_registering_first_cannot_log_in(api: Api) -> None:
    attacker_registration = await api.register(VICTIM, ATTACKER_PASSWORD, handle="stolen")
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD, handle="victim")

    assert await _try_confirm(api, attacker_registration, api.fetch_latest_code(VICTIM)) == 400
    assert await _try_confirm(api, victim_registration, api.fetch_latest_code(VICTIM)) == 204

    assert not await _can_log_in(api, ATTACKER_PASSWORD)
    victim = api.open_session(VICTIM, await api.login(VICTIM, VICTIM_PASSWORD))
    assert (await victim.get("/v1/me"))["handle"] == "victim"


async def test_attacker_registering_before_confirmation_cannot_log_in(api: Api) -> None:
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD)
    attacker_registration = await api.register(VICTIM, ATTACKER_PASSWORD)

    # The latest mail has the code of the attacker's registration. The victim sends it with the replaced registration.
    assert await _try_confirm(api, victim_registration, api.fetch_latest_code(VICTIM)) == 400
    assert not await _can_log_in(api, ATTACKER_PASSWORD)

    # A new registration of the victim succeeds.
    second_registration = await api.register(VICTIM, VICTIM_PASSWORD)
    assert await _try_confirm(api, attacker_registration, api.fetch_latest_code(VICTIM)) == 400
    assert await _try_confirm(api, second_registration, api.fetch_latest_code(VICTIM)) == 204
    assert await _can_log_in(api, VICTIM_PASSWORD)
    assert not await _can_log_in(api, ATTACKER_PASSWORD)


async def test_attacker_registering_after_confirmation_cannot_log_in(api: Api) -> None:
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD)
    assert await _try_confirm(api, victim_registration, api.fetch_latest_code(VICTIM)) == 204

    attacker_registration = await api.register(VICTIM, ATTACKER_PASSWORD)

    assert await _try_confirm(api, attacker_registration, "123456") == 400
    assert await _can_log_in(api, VICTIM_PASSWORD)
    assert not await _can_log_in(api, ATTACKER_PASSWORD)


@pytest.mark.in_process
async def test_confirmation_is_503_while_a_removal_is_pending(api: Api) -> None:
    # The attacker's registration calls Cognito to delete the victim's user, and the response is lost.
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD)

    def lose_response(*_: str) -> NoReturn:
        raise UnavailableError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UserPool, "delete", lose_response)
        patch.setattr(sign_up, "_REMOVAL_TIMEOUT_SECONDS", 0)
        attacker_registration = await api.http.post(
            "/v1/auth/register", json={"email": VICTIM, "password": ATTACKER_PASSWORD}
        )
        assert attacker_registration.status_code == 503
        assert await _try_confirm(api, victim_registration, api.fetch_latest_code(VICTIM)) == 503

        # The call did not take effect. After a minute it no longer can, so the confirmation succeeds with the same
        # code.
        patch.setattr(expiring_rows, "time", SimpleNamespace(time=lambda: time.time() + 60))
        assert await _try_confirm(api, victim_registration, api.fetch_latest_code(VICTIM)) == 204
    assert await _can_log_in(api, VICTIM_PASSWORD)


async def test_replaced_registration_cannot_resend_a_code(api: Api) -> None:
    attacker_registration = await api.register(VICTIM, ATTACKER_PASSWORD)
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD)
    before = len(api.list_mails())

    resent = await api.http.post("/v1/auth/resend", json={"registration": attacker_registration})

    assert resent.status_code == 202
    assert len(api.list_mails()) == before
    assert await _try_confirm(api, victim_registration, api.fetch_latest_code(VICTIM)) == 204
    assert await _can_log_in(api, VICTIM_PASSWORD)


async def test_attacker_cannot_log_in_after_a_password_reset(api: Api) -> None:
    await api.register(VICTIM, ATTACKER_PASSWORD)
    forgot = await api.http.post("/v1/auth/password/forgot", json={"email": VICTIM})
    assert forgot.status_code == 202
    # Cognito mails no reset code to an unconfirmed user. If a code is mailed, only the victim receives it.
    await api.http.post(
        "/v1/auth/password/reset",
        json={"email": VICTIM, "code": api.fetch_latest_code(VICTIM), "new_password": VICTIM_PASSWORD},
    )
    assert not await _can_log_in(api, ATTACKER_PASSWORD)


async def test_password_reset_revokes_earlier_sessions(api: Api) -> None:
    registration = await api.register(VICTIM, VICTIM_PASSWORD)
    assert await _try_confirm(api, registration, api.fetch_latest_code(VICTIM)) == 204
    stolen = await api.login(VICTIM, VICTIM_PASSWORD)

    await api.http.post("/v1/auth/password/forgot", json={"email": VICTIM})
    reset = await api.http.post(
        "/v1/auth/password/reset",
        json={"email": VICTIM, "code": api.fetch_latest_code(VICTIM), "new_password": "another password"},
    )

    assert reset.status_code == 204
    response = await api.http.post("/v1/auth/refresh", json={"refresh_token": stolen["refresh_token"]})
    assert response.status_code == 401
