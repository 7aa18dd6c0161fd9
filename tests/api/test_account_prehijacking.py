"""An attacker who registers the victim's email gains nothing. Only the victim reads the mails.

The attacks are those of Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX Security 2022). Those that require a
second way to log in do not apply.
"""

import time
from types import SimpleNamespace
from typing import NoReturn

import pytest

from app.accounts import registrations, sign_up
from app.cognito.user_pool import UserPool
from app.errors import UnavailableError
from testkit.api_client import Api

VICTIM = "victim@example.org"
VICTIM_PASSWORD = "the victim's own password"
ATTACKER_PASSWORD = "the attacker's password"


async def _can_log_in(api: Api, password: str) -> bool:
    response = await api.http.post("/v1/auth/login", json={"email": VICTIM, "password": password})
    return response.status_code == 200


async def _confirm(api: Api, registration: str, code: str) -> int:
    response = await api.http.post("/v1/auth/confirm", json={"registration": registration, "code": code})
    return response.status_code


async def test_attacker_registers_before_the_victim(api: Api) -> None:
    attacker_registration = await api.register(VICTIM, ATTACKER_PASSWORD, handle="stolen")
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD, handle="victim")

    assert await _confirm(api, attacker_registration, api.latest_code(VICTIM)) == 400
    assert await _confirm(api, victim_registration, api.latest_code(VICTIM)) == 204

    assert not await _can_log_in(api, ATTACKER_PASSWORD)
    victim = api.open_session(VICTIM, await api.login(VICTIM, VICTIM_PASSWORD))
    assert (await victim.get("/v1/me"))["handle"] == "victim"


async def test_attacker_registers_before_the_victim_confirms(api: Api) -> None:
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD)
    attacker_registration = await api.register(VICTIM, ATTACKER_PASSWORD)

    # The victim sends the code of the attacker's registration with their own registration.
    assert await _confirm(api, victim_registration, api.latest_code(VICTIM)) == 400
    assert not await _can_log_in(api, ATTACKER_PASSWORD)

    # A new registration of the victim succeeds.
    second_registration = await api.register(VICTIM, VICTIM_PASSWORD)
    assert await _confirm(api, attacker_registration, api.latest_code(VICTIM)) == 400
    assert await _confirm(api, second_registration, api.latest_code(VICTIM)) == 204
    assert await _can_log_in(api, VICTIM_PASSWORD)
    assert not await _can_log_in(api, ATTACKER_PASSWORD)


async def test_attacker_registers_after_the_victim_confirmed(api: Api) -> None:
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD)
    assert await _confirm(api, victim_registration, api.latest_code(VICTIM)) == 204

    attacker_registration = await api.register(VICTIM, ATTACKER_PASSWORD)

    assert await _confirm(api, attacker_registration, "123456") == 400
    assert await _can_log_in(api, VICTIM_PASSWORD)
    assert not await _can_log_in(api, ATTACKER_PASSWORD)


@pytest.mark.in_process
async def test_confirmation_is_503_while_a_removal_is_pending(api: Api) -> None:
    """The attacker's registration removes the victim's user, and the response of Cognito is lost."""
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
        assert await _confirm(api, victim_registration, api.latest_code(VICTIM)) == 503

        # The call never takes effect. After a minute it cannot take effect any more, and the code is still valid.
        patch.setattr(registrations, "time", SimpleNamespace(time=lambda: time.time() + 60))
        assert await _confirm(api, victim_registration, api.latest_code(VICTIM)) == 204
    assert await _can_log_in(api, VICTIM_PASSWORD)


async def test_replaced_registration_cannot_resend_a_code(api: Api) -> None:
    attacker_registration = await api.register(VICTIM, ATTACKER_PASSWORD)
    victim_registration = await api.register(VICTIM, VICTIM_PASSWORD)
    before = len(api.mails())

    resent = await api.http.post("/v1/auth/resend", json={"registration": attacker_registration})

    assert resent.status_code == 202
    assert len(api.mails()) == before
    assert await _confirm(api, victim_registration, api.latest_code(VICTIM)) == 204
    assert await _can_log_in(api, VICTIM_PASSWORD)


async def test_password_reset_invalidates_the_attacker_password(api: Api) -> None:
    await api.register(VICTIM, ATTACKER_PASSWORD)
    forgot = await api.http.post("/v1/auth/password/forgot", json={"email": VICTIM})
    assert forgot.status_code == 202
    # Amazon mails no code to an unconfirmed user. If a code is mailed, only the owner of the mailbox has it.
    await api.http.post(
        "/v1/auth/password/reset",
        json={"email": VICTIM, "code": api.latest_code(VICTIM), "new_password": VICTIM_PASSWORD},
    )
    assert not await _can_log_in(api, ATTACKER_PASSWORD)


async def test_password_reset_revokes_earlier_sessions(api: Api) -> None:
    registration = await api.register(VICTIM, VICTIM_PASSWORD)
    assert await _confirm(api, registration, api.latest_code(VICTIM)) == 204
    stolen = await api.login(VICTIM, VICTIM_PASSWORD)

    await api.http.post("/v1/auth/password/forgot", json={"email": VICTIM})
    reset = await api.http.post(
        "/v1/auth/password/reset",
        json={"email": VICTIM, "code": api.latest_code(VICTIM), "new_password": "another password"},
    )

    assert reset.status_code == 204
    response = await api.http.post("/v1/auth/refresh", json={"refresh_token": stolen["refresh_token"]})
    assert response.status_code == 401
