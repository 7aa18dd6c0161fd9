"""An attacker registers the victim's address before the victim does, or in between; only the victim reads its mail.

The attacks are those of Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX Security 2022), as far as they can be
tried where there is one way to log in.
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
OURS = "the victim's own password"
THEIRS = "the attacker's password"


async def _owns(api: Api, password: str) -> bool:
    answer = await api.http.post("/v1/auth/login", json={"email": VICTIM, "password": password})
    return answer.status_code == 200


async def _confirm(api: Api, registration: str, code: str) -> int:
    answer = await api.http.post("/v1/auth/confirm", json={"registration": registration, "code": code})
    return answer.status_code


async def test_the_attacker_registers_first(api: Api) -> None:
    attackers = await api.register(VICTIM, THEIRS, handle="stolen")
    victims = await api.register(VICTIM, OURS, handle="victim")

    assert await _confirm(api, attackers, api.code(VICTIM)) == 400
    assert await _confirm(api, victims, api.code(VICTIM)) == 204

    assert not await _owns(api, THEIRS)
    victim = api.session(VICTIM, await api.login(VICTIM, OURS))
    assert (await victim.get("/v1/me"))["handle"] == "victim"


async def test_the_attacker_registers_between_the_victims_steps(api: Api) -> None:
    victims = await api.register(VICTIM, OURS)
    attackers = await api.register(VICTIM, THEIRS)

    # The victim reads a code, which belongs to the attacker's registration, and sends it with their own.
    assert await _confirm(api, victims, api.code(VICTIM)) == 400
    assert not await _owns(api, THEIRS)

    # So they begin anew, and get in.
    again = await api.register(VICTIM, OURS)
    assert await _confirm(api, attackers, api.code(VICTIM)) == 400
    assert await _confirm(api, again, api.code(VICTIM)) == 204
    assert await _owns(api, OURS)
    assert not await _owns(api, THEIRS)


async def test_the_attacker_registers_after_the_victim_confirmed(api: Api) -> None:
    victims = await api.register(VICTIM, OURS)
    assert await _confirm(api, victims, api.code(VICTIM)) == 204

    attackers = await api.register(VICTIM, THEIRS)

    assert await _confirm(api, attackers, "123456") == 400
    assert await _owns(api, OURS)
    assert not await _owns(api, THEIRS)


@pytest.mark.in_process
async def test_a_confirmation_is_not_acknowledged_while_the_victims_user_may_still_be_removed(api: Api) -> None:
    """Cognito has been asked to remove it for the attacker's registration, and has not answered."""
    victims = await api.register(VICTIM, OURS)

    def unheard(*_: str) -> NoReturn:
        raise UnavailableError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UserPool, "delete", unheard)
        patch.setattr(sign_up, "_REMOVAL_TIMEOUT_SECONDS", 0)
        attackers = await api.http.post("/v1/auth/register", json={"email": VICTIM, "password": THEIRS})
        assert attackers.status_code == 503
        assert await _confirm(api, victims, api.code(VICTIM)) == 503

        # It never does. A minute later nothing can come of it any more, and the code is as good as before.
        patch.setattr(registrations, "time", SimpleNamespace(time=lambda: time.time() + 60))
        assert await _confirm(api, victims, api.code(VICTIM)) == 204
    assert await _owns(api, OURS)


async def test_a_code_that_the_attacker_has_mailed_again_confirms_nothing_of_theirs(api: Api) -> None:
    attackers = await api.register(VICTIM, THEIRS)
    victims = await api.register(VICTIM, OURS)
    before = len(api.mails())

    resent = await api.http.post("/v1/auth/resend", json={"registration": attackers})

    assert resent.status_code == 202
    assert len(api.mails()) == before
    assert await _confirm(api, victims, api.code(VICTIM)) == 204
    assert await _owns(api, OURS)


async def test_who_resets_the_password_of_an_account_that_the_attacker_began_owns_it_alone(api: Api) -> None:
    await api.register(VICTIM, THEIRS)
    forgot = await api.http.post("/v1/auth/password/forgot", json={"email": VICTIM})
    assert forgot.status_code == 202
    # Amazon mails no code to an unconfirmed user; where one comes, only the mailbox's owner has it.
    await api.http.post(
        "/v1/auth/password/reset", json={"email": VICTIM, "code": api.code(VICTIM), "new_password": OURS}
    )
    assert not await _owns(api, THEIRS)


async def test_sessions_that_began_before_a_reset_are_over_after_it(api: Api) -> None:
    registration = await api.register(VICTIM, OURS)
    assert await _confirm(api, registration, api.code(VICTIM)) == 204
    stolen = await api.login(VICTIM, OURS)

    await api.http.post("/v1/auth/password/forgot", json={"email": VICTIM})
    reset = await api.http.post(
        "/v1/auth/password/reset",
        json={"email": VICTIM, "code": api.code(VICTIM), "new_password": "another password"},
    )

    assert reset.status_code == 204
    answer = await api.http.post("/v1/auth/refresh", json={"refresh_token": stolen["refresh_token"]})
    assert answer.status_code == 401
