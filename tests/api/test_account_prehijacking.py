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
from testkit.api_client import World
from testkit.story import inside, story

VICTIM = "victim@example.org"
OURS = "the victim's own password"
THEIRS = "the attacker's password"


async def _owns(world: World, password: str) -> bool:
    answer = await world.http.post("/v1/auth/login", json={"email": VICTIM, "password": password})
    return answer.status_code == 200


async def _confirm(world: World, registration: str, code: str) -> int:
    answer = await world.http.post("/v1/auth/confirm", json={"registration": registration, "code": code})
    return answer.status_code


@story
async def test_the_attacker_registers_first(world: World) -> None:
    attackers = await world.register(VICTIM, THEIRS, handle="stolen")
    victims = await world.register(VICTIM, OURS, handle="victim")

    assert await _confirm(world, attackers, world.code(VICTIM)) == 400
    assert await _confirm(world, victims, world.code(VICTIM)) == 204

    assert not await _owns(world, THEIRS)
    victim = world.session(VICTIM, await world.login(VICTIM, OURS))
    assert (await victim.get("/v1/me"))["handle"] == "victim"


@story
async def test_the_attacker_registers_between_the_victims_steps(world: World) -> None:
    victims = await world.register(VICTIM, OURS)
    attackers = await world.register(VICTIM, THEIRS)

    # The victim reads a code, which belongs to the attacker's registration, and sends it with their own.
    assert await _confirm(world, victims, world.code(VICTIM)) == 400
    assert not await _owns(world, THEIRS)

    # So they begin anew, and get in.
    again = await world.register(VICTIM, OURS)
    assert await _confirm(world, attackers, world.code(VICTIM)) == 400
    assert await _confirm(world, again, world.code(VICTIM)) == 204
    assert await _owns(world, OURS)
    assert not await _owns(world, THEIRS)


@story
async def test_the_attacker_registers_after_the_victim_confirmed(world: World) -> None:
    victims = await world.register(VICTIM, OURS)
    assert await _confirm(world, victims, world.code(VICTIM)) == 204

    attackers = await world.register(VICTIM, THEIRS)

    assert await _confirm(world, attackers, "123456") == 400
    assert await _owns(world, OURS)
    assert not await _owns(world, THEIRS)


@inside
async def test_a_confirmation_is_not_acknowledged_while_the_victims_user_may_still_be_removed(world: World) -> None:
    """Cognito has been asked to remove it for the attacker's registration, and has not answered."""
    victims = await world.register(VICTIM, OURS)

    def unheard(*_: str) -> NoReturn:
        raise UnavailableError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UserPool, "delete", unheard)
        patch.setattr(sign_up, "_REMOVAL_TIMEOUT_SECONDS", 0)
        attackers = await world.http.post("/v1/auth/register", json={"email": VICTIM, "password": THEIRS})
        assert attackers.status_code == 503
        assert await _confirm(world, victims, world.code(VICTIM)) == 503

        # It never does. A minute later nothing can come of it any more, and the code is as good as before.
        patch.setattr(registrations, "time", SimpleNamespace(time=lambda: time.time() + 60))
        assert await _confirm(world, victims, world.code(VICTIM)) == 204
    assert await _owns(world, OURS)


@story
async def test_a_code_that_the_attacker_has_mailed_again_confirms_nothing_of_theirs(world: World) -> None:
    attackers = await world.register(VICTIM, THEIRS)
    victims = await world.register(VICTIM, OURS)
    before = len(world.mails())

    resent = await world.http.post("/v1/auth/resend", json={"registration": attackers})

    assert resent.status_code == 202
    assert len(world.mails()) == before
    assert await _confirm(world, victims, world.code(VICTIM)) == 204
    assert await _owns(world, OURS)


@story
async def test_who_resets_the_password_of_an_account_that_the_attacker_began_owns_it_alone(world: World) -> None:
    await world.register(VICTIM, THEIRS)
    forgot = await world.http.post("/v1/auth/password/forgot", json={"email": VICTIM})
    assert forgot.status_code == 202
    # Amazon mails no code to an unconfirmed user; where one comes, only the mailbox's owner has it.
    await world.http.post(
        "/v1/auth/password/reset", json={"email": VICTIM, "code": world.code(VICTIM), "new_password": OURS}
    )
    assert not await _owns(world, THEIRS)


@story
async def test_sessions_that_began_before_a_reset_are_over_after_it(world: World) -> None:
    registration = await world.register(VICTIM, OURS)
    assert await _confirm(world, registration, world.code(VICTIM)) == 204
    stolen = await world.login(VICTIM, OURS)

    await world.http.post("/v1/auth/password/forgot", json={"email": VICTIM})
    reset = await world.http.post(
        "/v1/auth/password/reset",
        json={"email": VICTIM, "code": world.code(VICTIM), "new_password": "another password"},
    )

    assert reset.status_code == 204
    answer = await world.http.post("/v1/auth/refresh", json={"refresh_token": stolen["refresh_token"]})
    assert answer.status_code == 401
