"""Requests, the calls to Cognito that they make, and what the contract says of each refusal of each call."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import httpx

from testkit.api_client import PASSWORD, Api, MemberClient

# A status and the problem's type.
Answer = tuple[int, str | None]
Refusals = Mapping[str, Answer]

ACCEPTED: Answer = (202, None)
DONE: Answer = (204, None)
WRONG_CODE: Answer = (400, "invalid-or-expired-code")
WRONG_FORM: Answer = (400, "invalid-token-request")
NOT_LOGGED_IN: Answer = (401, "unauthenticated")
WRONG_LOGIN: Answer = (401, "invalid-credentials")
SESSION_OVER: Answer = (401, "invalid-refresh-token")
RESET_REQUIRED: Answer = (403, "password-reset-required")
WRONG_PASSWORD: Answer = (403, "wrong-password")
LOGIN_AGAIN: Answer = (403, "login-again")
WRONG_EMAIL: Answer = (422, "invalid-request")
WEAK: Answer = (422, "weak-password")
TOO_MANY: Answer = (429, "too-many-requests")
OUR_MISTAKE: Answer = (500, "internal-error")
UNAVAILABLE: Answer = (503, "unavailable")


def _each(answer: Answer, *names: str) -> Refusals:
    return {f"{name}Exception": answer for name in names}


# Of any call: limits for everybody, an outage, and what only a mistake of ours leads to.
_ANY = {
    **_each(TOO_MANY, "TooManyRequests", "Forbidden"),
    **_each(UNAVAILABLE, "InternalError"),
    **_each(
        OUR_MISTAKE, "InvalidEmailRoleAccessPolicy", "InvalidSmsRoleAccessPolicy", "InvalidSmsRoleTrustRelationship"
    ),
    **_each(OUR_MISTAKE, "InvalidLambdaResponse", "UnexpectedLambda", "UserLambdaValidation", "MFAMethodNotFound"),
    **_each(OUR_MISTAKE, "InvalidUserPoolConfiguration", "OperationNotEnabled", "UnsupportedOperation"),
    **_each(OUR_MISTAKE, "ResourceNotFound"),
}
_CODE = {
    **_ANY,
    **_each(WRONG_CODE, "CodeMismatch", "ExpiredCode", "TooManyFailedAttempts", "LimitExceeded"),
    **_each(WRONG_CODE, "AliasExists", "InvalidParameter", "NotAuthorized", "UserNotConfirmed", "UserNotFound"),
}
_MAIL = {
    **_ANY,
    **_each(ACCEPTED, "CodeDeliveryFailure", "InvalidParameter", "LimitExceeded", "NotAuthorized", "UserNotFound"),
}
_PASSWORD = _each(WEAK, "InvalidPassword", "PasswordHistoryPolicyViolation")
_ADMIN = {**_ANY, **_each(OUR_MISTAKE, "InvalidParameter", "NotAuthorized")}
_CONTENDED = {**_ADMIN, **_each(ACCEPTED, "UserNotFound")}  # It is there, it is not, it is there.
_SIGN_OUT = {**_ADMIN, **_each(DONE, "UserNotFound")}
_GONE = {**_ADMIN, **_each(NOT_LOGGED_IN, "UserNotFound")}
_SIGN_UP = {
    **_ADMIN,
    **_PASSWORD,
    **_each(ACCEPTED, "CodeDeliveryFailure", "LimitExceeded"),
    **_each(WRONG_EMAIL, "InvalidParameter"),
    **_each(ACCEPTED, "UsernameExists"),  # Whenever there is room for the email, somebody else has taken it.
}
_OF_LOGINS = ("InvalidParameter", "NotAuthorized", "UserNotFound", "UserNotConfirmed", "PasswordResetRequired")
_LOGIN = {
    **_ANY,
    **_each(WRONG_LOGIN, "InvalidParameter", "NotAuthorized", "UserNotConfirmed", "UserNotFound"),
    **_each(RESET_REQUIRED, "PasswordResetRequired"),
}
_CHANGE = {
    **_ANY,
    **_PASSWORD,
    **_each(WEAK, "InvalidParameter"),
    **_each(TOO_MANY, "LimitExceeded"),
    **_each(WRONG_PASSWORD, "NotAuthorized"),
    **_each(RESET_REQUIRED, "PasswordResetRequired"),
    **_each(NOT_LOGGED_IN, "UserNotConfirmed", "UserNotFound"),
}
_CHANGE_AGAIN = {
    **_ANY,
    **_each(WRONG_PASSWORD, *_OF_LOGINS),
}
_LIVE = {
    **_ANY,
    **_each(LOGIN_AGAIN, "InvalidParameter", "NotAuthorized", "PasswordResetRequired", "UserNotConfirmed"),
    **_each(DONE, "UserNotFound"),
}
_REVOKED = {**_ANY, **_each(DONE, "InvalidParameter", "Unauthorized", "UnsupportedTokenType")}


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who registered, or did not."""

    email: str
    registration: str


@dataclass(frozen=True, slots=True)
class Case:
    """A request of somebody's, a call that it makes, and what comes of each refusal.

    Where the request goes on after a refusal, somebody else is needed for each.
    """

    request: str
    operation: str
    refusals: Refusals
    somebody: Callable[[Api], Awaitable[Any]]
    ask: Callable[[Api, Any], Awaitable[httpx.Response]]
    each_anew: bool = False

    def __str__(self) -> str:
        return f"{self.operation} of {self.request}"


async def _nobody(_world: Api) -> Applicant:
    return Applicant("nobody@example.org", "")


async def _unconfirmed(api: Api) -> Applicant:
    email = f"unconfirmed{len(api.transcript)}@example.org"
    return Applicant(email, await api.register(email))


async def _newcomer(api: Api) -> MemberClient:
    """Somebody who has never asked for anything that is a member's."""
    return await api.member()


async def _member(api: Api) -> MemberClient:
    member = await api.member()
    await member.get("/v1/me")
    return member


async def _longer_a_member(api: Api) -> MemberClient:
    """Somebody whose password is another than that of their registration, which would be told to confirm for a day."""
    member = await api.member()
    assert (await _change(PASSWORD, _OTHER)(api, member)).is_success
    return member


async def _forgetful(api: Api) -> MemberClient:
    member = await api.member()
    await api.http.post("/v1/auth/password/forgot", json={"email": member.email})
    return member


_EMAIL = attrgetter("email")
_REGISTRATION = attrgetter("registration")


def _refresh_token(member: MemberClient) -> Any:
    return member.tokens["refresh_token"]


def _post(path: str, **body: Any) -> Callable[[Api, Any], Awaitable[httpx.Response]]:
    """Send a body to `/v1/auth`; what is a function in it takes its part from somebody."""

    def ask(api: Api, somebody: Any) -> Awaitable[httpx.Response]:
        values = {name: value(somebody) if callable(value) else value for name, value in body.items()}
        sent: dict[str, Any] = {"data" if path == "token" else "json": values}
        return api.http.post(f"/v1/auth/{path}", **sent)

    return ask


def _own(method: str, path: str, **body: Any) -> Callable[[Api, MemberClient], Awaitable[httpx.Response]]:
    return lambda _, member: member.http.request(method, f"/v1/{path}", json=body or None)


def _change(current: str, new: str) -> Callable[[Api, MemberClient], Awaitable[httpx.Response]]:
    return _own("PUT", "me/password", current_password=current, new_password=new)


_OTHER = "another duck knows"
_REGISTER = _post("register", email=_EMAIL, password=PASSWORD)
_CONFIRM = _post("confirm", registration=_REGISTRATION, code="123456")
_RESEND = _post("resend", registration=_REGISTRATION)
_LOG_IN = _post("login", email=_EMAIL, password=_OTHER)
_TOKEN = _post("token", grant_type="password", username=_EMAIL, password=PASSWORD)
_REFRESH = _post("refresh", refresh_token=_refresh_token)
_LOG_OUT = _post("logout", refresh_token=_refresh_token)
_FORGET = _post("password/forgot", email=_EMAIL)
_RESET = _post("password/reset", email=_EMAIL, code="654321", new_password=_OTHER)
_LEAVE = _own("DELETE", "me")

CASES = (
    Case("register", "SignUp", _SIGN_UP, _nobody, _REGISTER),
    Case("register", "AdminGetUser", _CONTENDED, _member, _REGISTER),
    Case("register", "AdminDeleteUser", _CONTENDED, _unconfirmed, _REGISTER),
    Case("confirm", "ConfirmSignUp", _CODE, _unconfirmed, _CONFIRM),
    Case("resend", "ResendConfirmationCode", _MAIL, _unconfirmed, _RESEND),
    Case("login", "AdminInitiateAuth", _LOGIN, _longer_a_member, _LOG_IN),
    Case("token", "AdminInitiateAuth", {**_ANY, **_each(WRONG_FORM, *_OF_LOGINS)}, _member, _TOKEN),
    Case("refresh", "AdminInitiateAuth", {**_ANY, **_each(SESSION_OVER, *_OF_LOGINS)}, _member, _REFRESH),
    Case("logout", "RevokeToken", _REVOKED, _member, _LOG_OUT),
    Case("forgot", "ForgotPassword", _MAIL, _member, _FORGET),
    Case("reset", "ConfirmForgotPassword", {**_CODE, **_PASSWORD}, _member, _RESET),
    Case("reset by a wrong code", "AdminInitiateAuth", {**_ANY, **_each(WRONG_CODE, *_OF_LOGINS)}, _member, _RESET),
    Case("reset", "AdminUserGlobalSignOut", _SIGN_OUT, _forgetful, _RESET, True),
    Case("change", "ChangePassword", _CHANGE, _member, _change(PASSWORD, _OTHER)),
    Case("change", "AdminUserGlobalSignOut", _SIGN_OUT, _member, _change(PASSWORD, PASSWORD)),
    Case("change by a wrong password", "AdminInitiateAuth", _CHANGE_AGAIN, _member, _change(_OTHER, "yet another")),
    Case("sign-out", "AdminUserGlobalSignOut", _SIGN_OUT, _member, _own("DELETE", "me/sessions")),
    Case("profile", "AdminGetUser", _GONE, _member, _own("GET", "me")),
    Case("export", "AdminGetUser", _GONE, _member, _own("GET", "me/export")),
    Case("first request", "AdminGetUser", _GONE, _newcomer, _own("POST", "dwipps", text="Hello.")),
    Case("deletion before any request", "AdminGetUser", _GONE, _newcomer, _LEAVE),
    Case("deletion", "GetUser", _LIVE, _member, _LEAVE, True),
    Case("deletion", "AdminDeleteUser", _SIGN_OUT, _member, _LEAVE, True),
)
