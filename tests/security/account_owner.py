"""The lifecycle of an account: its owner uses each feature of it."""

from collections.abc import AsyncIterator

from testkit.api_client import Api

_FIRST, _SECOND, _THIRD = "the owner's first password", "the owner's second password", "the owner's third password"


async def run_account_lifecycle(api: Api, email: str) -> AsyncIterator[str]:
    """Register, use and delete an account with this email. Yield the name of each step after the step."""
    registration = await api.register(email, _FIRST)
    yield "registered"
    await api.confirm(registration, email)
    yield "confirmed"
    await api.login(email, _FIRST)
    yield "logged in"
    await api.http.post("/v1/auth/password/forgot", json={"email": email})
    yield "requested a password reset"
    body = {"email": email, "code": api.fetch_latest_code(email), "new_password": _SECOND}
    assert (await api.http.post("/v1/auth/password/reset", json=body)).status_code == 204
    yield "reset the password"
    member = api.open_session(email, await api.login(email, _SECOND))
    body = {"current_password": _SECOND, "new_password": _THIRD}
    assert (await member.http.put("/v1/me/password", json=body)).status_code == 204
    yield "changed the password"
    member = api.open_session(email, await api.login(email, _THIRD))
    assert (await member.http.delete("/v1/me")).status_code == 202
    yield "requested the deletion of the account"
    await api.finish_jobs()
    yield "deleted the account"
