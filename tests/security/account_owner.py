"""The owner of an address, who reads its mail, and does one thing after the other with it."""

from collections.abc import AsyncIterator

from testkit.api_client import World

_FIRST, _SECOND, _THIRD = "the owner's first password", "the owner's second password", "the owner's third password"


async def life(world: World, email: str) -> AsyncIterator[str]:
    """Yields what has just been done."""
    registration = await world.register(email, _FIRST)
    yield "registered"
    await world.confirm(registration, email)
    yield "confirmed"
    await world.login(email, _FIRST)
    yield "logged in"
    await world.http.post("/v1/auth/password/forgot", json={"email": email})
    yield "forgot the password"
    body = {"email": email, "code": world.code(email), "new_password": _SECOND}
    assert (await world.http.post("/v1/auth/password/reset", json=body)).status_code == 204
    yield "reset the password"
    member = world.session(email, await world.login(email, _SECOND))
    body = {"current_password": _SECOND, "new_password": _THIRD}
    assert (await member.http.put("/v1/me/password", json=body)).status_code == 204
    yield "changed the password"
    member = world.session(email, await world.login(email, _THIRD))
    assert (await member.http.delete("/v1/me")).status_code == 204
    yield "left"
