"""Operations on accounts, each with a check of its result."""

from typing import Any

import httpx

from testkit.api_client import PASSWORD, MemberClient
from tests.resilience.departure import Departure, Leaver, finish_jobs_despite_faults, revive_and_finish
from tests.resilience.operation_context import ClientOperation, OperationContext, new_name
from tests.resilience.retrying_client import RetryingClient

_NEW_PASSWORD = "a paper boat floats"
# The problem of a retry after an earlier attempt that has used up the code.
_CODE_USED = ("invalid-or-expired-code",)


async def _send_first_request(context: OperationContext, client: RetryingClient) -> None:
    """Send the first request of a member, which creates the profile."""
    handle = new_name()
    member = await context.api.create_member(handle)
    assert (await client.send(member.http, "GET", "/v1/me")).json()["handle"] == handle


async def _register(context: OperationContext, client: RetryingClient) -> None:
    await _register_email(_make_email(), context, client)


async def _replace_unconfirmed_user(context: OperationContext, client: RetryingClient) -> None:
    email = _make_email()
    await context.api.register(email, "a stranger's password")
    await _register_email(email, context, client)


async def _register_known_email(context: OperationContext, client: RetryingClient) -> None:
    await _post(context, client, "register", {"email": context.kay.email, "password": _NEW_PASSWORD})
    await context.api.login(context.kay.email)


async def _confirm(context: OperationContext, client: RetryingClient) -> None:
    email = _make_email()
    body = {"registration": await context.api.register(email), "code": context.api.fetch_latest_code(email)}
    await _post(context, client, "confirm", body, accepted_on_retry=_CODE_USED)
    await context.api.login(email)


async def _resend_code(context: OperationContext, client: RetryingClient) -> None:
    email = _make_email()
    registration = await context.api.register(email)
    await _post(context, client, "resend", {"registration": registration})
    await context.api.confirm(registration, email)


async def _log_in(context: OperationContext, client: RetryingClient) -> None:
    tokens = (await _post(context, client, "login", {"email": context.kay.email, "password": PASSWORD})).json()
    assert (await context.api.open_session(context.kay.email, tokens).get("/v1/me"))["email"] == context.kay.email


async def _request_token(context: OperationContext, client: RetryingClient) -> None:
    form = {"grant_type": "password", "username": context.kay.email, "password": PASSWORD}
    await client.send(context.api.http, "POST", "/v1/auth/token", data=form)


async def _refresh(context: OperationContext, client: RetryingClient) -> None:
    await _post(context, client, "refresh", _make_refresh_body(context.kay))


async def _log_out(context: OperationContext, client: RetryingClient) -> None:
    session = context.api.open_session(context.lee.email, await context.api.login(context.lee.email))
    await _post(context, client, "logout", _make_refresh_body(session))
    await _assert_session_ended(context, session)


async def _log_out_everywhere(context: OperationContext, client: RetryingClient) -> None:
    session = context.api.open_session(context.lee.email, await context.api.login(context.lee.email))
    await client.send(session.http, "DELETE", "/v1/me/sessions")
    await _assert_session_ended(context, session)


async def _request_password_reset(context: OperationContext, client: RetryingClient) -> None:
    member = await context.api.create_member()
    await _post(context, client, "password/forgot", {"email": member.email})
    await _post(context, RetryingClient(), "password/reset", _make_reset_body(context, member))


async def _reset_password(context: OperationContext, client: RetryingClient) -> None:
    member = await context.api.create_member()
    await _post(context, RetryingClient(), "password/forgot", {"email": member.email})
    await _post(context, client, "password/reset", _make_reset_body(context, member))
    await context.api.login(member.email, _NEW_PASSWORD)
    await _assert_session_ended(context, member)


async def _change_password(context: OperationContext, client: RetryingClient) -> None:
    member = await context.api.create_member()
    body = {"current_password": PASSWORD, "new_password": _NEW_PASSWORD}
    # The change ends the session, so a retry after a lost response is unauthenticated.
    await client.send(member.http, "PUT", "/v1/me/password", json=body, accepted_on_retry=("unauthenticated",))
    await context.api.login(member.email, _NEW_PASSWORD)
    await _assert_session_ended(context, member)


async def _delete_account(context: OperationContext, client: RetryingClient) -> None:
    departure = await Departure.prepare(context.api, context.engine)
    assert (await client.send(departure.member.http, "DELETE", "/v1/me")).status_code == 202
    await departure.assert_locked_out()
    await revive_and_finish(context.api)
    await departure.assert_over()


async def _run_deletion_job(context: OperationContext, client: RetryingClient) -> None:
    """Request a deletion without faults. Then run the worker with faults, and a second time without."""
    leaver = await _create_leaver(context)
    path = await context.create_dwipp(context.lee)
    for reaction in ("upvote", "favorite"):
        assert (await leaver.member.http.put(f"{path}/{reaction}")).is_success
    assert (await leaver.member.http.delete("/v1/me")).status_code == 202
    await finish_jobs_despite_faults(context.api, client)
    assert leaver.is_over
    assert not leaver.load_reactions()
    assert (await context.lee.get(path))["upvotes"] == 0
    assert leaver.handle not in {dwipp["author_handle"] for dwipp in context.engine.load_dwipps().values()}
    assert leaver.id not in str(context.engine.scan(context.engine.settings.safety_table)), "the job is pending"
    await context.api.confirm(await context.api.register(leaver.member.email), leaver.member.email)


async def _create_leaver(context: OperationContext) -> Leaver:
    """Create a member with one Dwipp."""
    handle = new_name()
    member = await context.api.create_member(handle)
    await context.create_dwipp(member)
    return Leaver(context.engine, member, (await member.get("/v1/me"))["id"], handle)


async def _register_email(email: str, context: OperationContext, client: RetryingClient) -> None:
    response = await _post(context, client, "register", {"email": email, "password": _NEW_PASSWORD})
    await context.api.confirm(response.json()["registration"], email)
    await context.api.login(email, _NEW_PASSWORD)


async def _assert_session_ended(context: OperationContext, session: MemberClient) -> None:
    path, body = "/v1/auth/refresh", _make_refresh_body(session)
    await RetryingClient().assert_refused(context.api.http, "POST", path, "invalid-refresh-token", json=body)


async def _post(
    context: OperationContext,
    client: RetryingClient,
    path: str,
    body: dict[str, Any],
    *,
    accepted_on_retry: tuple[str, ...] = (),
) -> httpx.Response:
    return await client.send(
        context.api.http, "POST", f"/v1/auth/{path}", json=body, accepted_on_retry=accepted_on_retry
    )


def _make_refresh_body(session: MemberClient) -> dict[str, str]:
    return {"refresh_token": session.tokens["refresh_token"]}


def _make_reset_body(context: OperationContext, member: MemberClient) -> dict[str, str]:
    return {"email": member.email, "code": context.api.fetch_latest_code(member.email), "new_password": _NEW_PASSWORD}


def _make_email() -> str:
    return f"{new_name()}@example.org"


ACCOUNT_OPERATIONS: dict[str, ClientOperation] = {
    "first request": _send_first_request,
    "register": _register,
    "replace an unconfirmed user": _replace_unconfirmed_user,
    "register a known email": _register_known_email,
    "confirm": _confirm,
    "resend the code": _resend_code,
    "log in": _log_in,
    "password grant": _request_token,
    "refresh": _refresh,
    "log out": _log_out,
    "log out everywhere": _log_out_everywhere,
    "request a password reset": _request_password_reset,
    "reset the password": _reset_password,
    "change the password": _change_password,
    "delete the account": _delete_account,
    "run the job of a deletion": _run_deletion_job,
}
