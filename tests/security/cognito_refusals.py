"""The requests that call Cognito, and the documented response to each error of each call.

The errors of each call: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import httpx

from testkit.api_client import PASSWORD, Api, MemberClient

# The status of a response, and the slug of its problem type. The slug is None for a success.
Outcome = tuple[int, str | None]
# The outcomes by error code of Cognito.
Outcomes = Mapping[str, Outcome]

ACCEPTED: Outcome = (202, None)
DONE: Outcome = (204, None)
SUCCEEDED: Outcome = (200, None)
INVALID_CODE: Outcome = (400, "invalid-or-expired-code")
INVALID_TOKEN_REQUEST: Outcome = (400, "invalid-token-request")
UNAUTHENTICATED: Outcome = (401, "unauthenticated")
INVALID_CREDENTIALS: Outcome = (401, "invalid-credentials")
INVALID_REFRESH_TOKEN: Outcome = (401, "invalid-refresh-token")
PASSWORD_RESET_REQUIRED: Outcome = (403, "password-reset-required")
WRONG_PASSWORD: Outcome = (403, "wrong-password")
LOGIN_AGAIN: Outcome = (403, "login-again")
INVALID_REQUEST: Outcome = (422, "invalid-request")
WEAK_PASSWORD: Outcome = (422, "weak-password")
TOO_MANY_REQUESTS: Outcome = (429, "too-many-requests")
INTERNAL_ERROR: Outcome = (500, "internal-error")
UNAVAILABLE: Outcome = (503, "unavailable")


def _map_errors(outcome: Outcome, *names: str) -> Outcomes:
    return {f"{name}Exception": outcome for name in names}


# Errors that any call can raise: limits, an outage, and errors of a wrong configuration.
_ANY_CALL = {
    **_map_errors(TOO_MANY_REQUESTS, "TooManyRequests", "Forbidden"),
    **_map_errors(UNAVAILABLE, "InternalError"),
    **_map_errors(
        INTERNAL_ERROR, "InvalidEmailRoleAccessPolicy", "InvalidSmsRoleAccessPolicy", "InvalidSmsRoleTrustRelationship"
    ),
    **_map_errors(
        INTERNAL_ERROR, "InvalidLambdaResponse", "UnexpectedLambda", "UserLambdaValidation", "MFAMethodNotFound"
    ),
    **_map_errors(INTERNAL_ERROR, "InvalidUserPoolConfiguration", "OperationNotEnabled", "UnsupportedOperation"),
    **_map_errors(INTERNAL_ERROR, "ResourceNotFound"),
}
_CODE_CALL = {
    **_ANY_CALL,
    **_map_errors(INVALID_CODE, "CodeMismatch", "ExpiredCode", "TooManyFailedAttempts", "LimitExceeded"),
    **_map_errors(INVALID_CODE, "AliasExists", "InvalidParameter", "NotAuthorized", "UserNotConfirmed", "UserNotFound"),
}
_MAIL_CALL = {
    **_ANY_CALL,
    **_map_errors(
        ACCEPTED, "CodeDeliveryFailure", "InvalidParameter", "LimitExceeded", "NotAuthorized", "UserNotFound"
    ),
}
_NEW_PASSWORD_ERRORS = _map_errors(WEAK_PASSWORD, "InvalidPassword", "PasswordHistoryPolicyViolation")
_ADMIN_CALL = {**_ANY_CALL, **_map_errors(INTERNAL_ERROR, "InvalidParameter", "NotAuthorized")}
# The user exists for SignUp, but not any more for this call.
_REPLACE_USER = {**_ADMIN_CALL, **_map_errors(ACCEPTED, "UserNotFound")}
_SIGN_OUT = {**_ADMIN_CALL, **_map_errors(DONE, "UserNotFound")}
_GET_USER = {**_ADMIN_CALL, **_map_errors(UNAUTHENTICATED, "UserNotFound")}
_SIGN_UP = {
    **_ADMIN_CALL,
    **_NEW_PASSWORD_ERRORS,
    **_map_errors(ACCEPTED, "CodeDeliveryFailure", "LimitExceeded"),
    **_map_errors(INVALID_REQUEST, "InvalidParameter"),
    **_map_errors(ACCEPTED, "UsernameExists"),  # As if another registration always came first.
}
# Errors of AdminInitiateAuth. Each request except the login has one outcome for all of them.
_LOGIN_ERRORS = ("InvalidParameter", "NotAuthorized", "UserNotFound", "UserNotConfirmed", "PasswordResetRequired")
_LOGIN = {
    **_ANY_CALL,
    **_map_errors(INVALID_CREDENTIALS, "InvalidParameter", "NotAuthorized", "UserNotConfirmed", "UserNotFound"),
    **_map_errors(PASSWORD_RESET_REQUIRED, "PasswordResetRequired"),
}
_CHANGE_PASSWORD = {
    **_ANY_CALL,
    **_NEW_PASSWORD_ERRORS,
    **_map_errors(WEAK_PASSWORD, "InvalidParameter"),
    **_map_errors(TOO_MANY_REQUESTS, "LimitExceeded"),
    **_map_errors(WRONG_PASSWORD, "NotAuthorized"),
    **_map_errors(PASSWORD_RESET_REQUIRED, "PasswordResetRequired"),
    **_map_errors(UNAUTHENTICATED, "UserNotConfirmed", "UserNotFound"),
}
_TOKEN = {**_ANY_CALL, **_map_errors(INVALID_TOKEN_REQUEST, *_LOGIN_ERRORS)}
_REFRESH = {**_ANY_CALL, **_map_errors(INVALID_REFRESH_TOKEN, *_LOGIN_ERRORS)}
_CHECK_RESET = {**_ANY_CALL, **_map_errors(INVALID_CODE, *_LOGIN_ERRORS)}
_CHECK_PASSWORD = {**_ANY_CALL, **_map_errors(WRONG_PASSWORD, *_LOGIN_ERRORS)}
_CHECK_SESSION = {
    **_ANY_CALL,
    # Without a response of Cognito the session counts as valid.
    **_map_errors(ACCEPTED, "InternalError"),
    **_map_errors(LOGIN_AGAIN, "InvalidParameter", "NotAuthorized", "PasswordResetRequired", "UserNotConfirmed"),
    **_map_errors(ACCEPTED, "UserNotFound"),
}
_GET_LEAVING_USER = {**_GET_USER, **_map_errors(ACCEPTED, "InternalError")}
_DISABLE_USER = {**_ADMIN_CALL, **_map_errors(ACCEPTED, "UserNotFound")}
# A disabled user has no sessions to revoke.
_SIGN_OUT_DISABLED = {**_DISABLE_USER, **_map_errors(ACCEPTED, "NotAuthorized")}
_REVOKE_TOKEN = {**_ANY_CALL, **_map_errors(DONE, "InvalidParameter", "Unauthorized", "UnsupportedTokenType")}


@dataclass(frozen=True, slots=True)
class Registrant:
    """An email and the id of its registration. The id is empty if there is no registration."""

    email: str
    registration: str


@dataclass(frozen=True, slots=True)
class Case:
    """A request, one of its calls to Cognito, and the outcome for each error of the call.

    Attributes:
        request: the name of the request.
        operation: the call to Cognito.
        outcomes: the outcomes for the errors of the call.
        create_account: returns the account that the request is about, and creates it if it must exist.
        send: sends the request for that account.
        needs_new_account: whether each error needs a new account, because the request has changed it.
    """

    request: str
    operation: str
    outcomes: Outcomes
    create_account: Callable[[Api], Awaitable[Any]]
    send: Callable[[Api, Any], Awaitable[httpx.Response]]
    needs_new_account: bool = False

    def __str__(self) -> str:
        return f"{self.request}: {self.operation}"


async def _use_unknown_email(_api: Api) -> Registrant:
    return Registrant("nobody@example.org", "")


async def _create_moderator(api: Api) -> MemberClient:
    """Create the member Kay, and a moderator."""
    await (await api.create_member("kay")).get("/v1/me")
    moderator = await api.create_moderator()
    await moderator.get("/v1/me")
    return moderator


async def _create_unconfirmed(api: Api) -> Registrant:
    email = f"unconfirmed{len(api.transcript)}@example.org"
    return Registrant(email, await api.register(email))


async def _create_new_member(api: Api) -> MemberClient:
    """Create a member without a profile, because the first request of a member creates the profile."""
    return await api.create_member()


async def _create_member(api: Api) -> MemberClient:
    member = await api.create_member()
    await member.get("/v1/me")
    return member


async def _create_member_with_changed_password(api: Api) -> MemberClient:
    """Create a member whose password differs from that of the registration.

    A failed login with the password of a registration gets the problem `account-not-confirmed` for a day.
    """
    member = await api.create_member()
    assert (await _make_password_change(PASSWORD, _NEW_PASSWORD)(api, member)).is_success
    return member


async def _create_member_with_reset_code(api: Api) -> MemberClient:
    member = await api.create_member()
    await api.http.post("/v1/auth/password/forgot", json={"email": member.email})
    return member


_EMAIL = attrgetter("email")
_REGISTRATION = attrgetter("registration")


def _get_refresh_token(member: MemberClient) -> Any:
    return member.tokens["refresh_token"]


def _make_post(path: str, **body: Any) -> Callable[[Api, Any], Awaitable[httpx.Response]]:
    """Return a function that posts a body to a path under `/v1/auth/`.

    Args:
        path: the rest of the path.
        body: the values of the body. A function in it makes a value from the account.
    """

    def send(api: Api, account: Any) -> Awaitable[httpx.Response]:
        values = {name: value(account) if callable(value) else value for name, value in body.items()}
        content: dict[str, Any] = {"data" if path == "token" else "json": values}
        return api.http.post(f"/v1/auth/{path}", **content)

    return send


def _make_member_request(
    method: str, path: str, **body: Any
) -> Callable[[Api, MemberClient], Awaitable[httpx.Response]]:
    """Return a function that sends a request of a member to a path under `/v1/`."""
    return lambda _, member: member.http.request(method, f"/v1/{path}", json=body or None)


def _make_password_change(current: str, new: str) -> Callable[[Api, MemberClient], Awaitable[httpx.Response]]:
    return _make_member_request("PUT", "me/password", current_password=current, new_password=new)


_NEW_PASSWORD = "another password"
_SEND_REGISTER = _make_post("register", email=_EMAIL, password=PASSWORD)
_SEND_CONFIRM = _make_post("confirm", registration=_REGISTRATION, code="123456")
_SEND_RESEND = _make_post("resend", registration=_REGISTRATION)
_SEND_LOGIN = _make_post("login", email=_EMAIL, password=_NEW_PASSWORD)
_SEND_TOKEN = _make_post("token", grant_type="password", username=_EMAIL, password=PASSWORD)
_SEND_REFRESH = _make_post("refresh", refresh_token=_get_refresh_token)
_SEND_LOGOUT = _make_post("logout", refresh_token=_get_refresh_token)
_SEND_FORGOT = _make_post("password/forgot", email=_EMAIL)
_SEND_RESET = _make_post("password/reset", email=_EMAIL, code="654321", new_password=_NEW_PASSWORD)
_SEND_DELETE = _make_member_request("DELETE", "me")

CASES = (
    Case("register", "SignUp", _SIGN_UP, _use_unknown_email, _SEND_REGISTER),
    Case("register", "AdminGetUser", _REPLACE_USER, _create_member, _SEND_REGISTER),
    Case("register", "AdminDeleteUser", _REPLACE_USER, _create_unconfirmed, _SEND_REGISTER),
    Case("confirm", "ConfirmSignUp", _CODE_CALL, _create_unconfirmed, _SEND_CONFIRM),
    Case("resend", "ResendConfirmationCode", _MAIL_CALL, _create_unconfirmed, _SEND_RESEND),
    Case("login", "AdminInitiateAuth", _LOGIN, _create_member_with_changed_password, _SEND_LOGIN),
    Case("token", "AdminInitiateAuth", _TOKEN, _create_member, _SEND_TOKEN),
    Case("refresh", "AdminInitiateAuth", _REFRESH, _create_member, _SEND_REFRESH),
    Case("logout", "RevokeToken", _REVOKE_TOKEN, _create_member, _SEND_LOGOUT),
    Case("request reset", "ForgotPassword", _MAIL_CALL, _create_member, _SEND_FORGOT),
    Case(
        "reset password", "ConfirmForgotPassword", {**_CODE_CALL, **_NEW_PASSWORD_ERRORS}, _create_member, _SEND_RESET
    ),
    Case("reset password, wrong code", "AdminInitiateAuth", _CHECK_RESET, _create_member, _SEND_RESET),
    Case("reset password", "AdminUserGlobalSignOut", _SIGN_OUT, _create_member_with_reset_code, _SEND_RESET, True),
    Case(
        "change password",
        "ChangePassword",
        _CHANGE_PASSWORD,
        _create_member,
        _make_password_change(PASSWORD, _NEW_PASSWORD),
    ),
    Case(
        "change password",
        "AdminUserGlobalSignOut",
        _SIGN_OUT,
        _create_member,
        _make_password_change(PASSWORD, PASSWORD),
    ),
    Case(
        "change password, wrong current password",
        "AdminInitiateAuth",
        _CHECK_PASSWORD,
        _create_member,
        _make_password_change(_NEW_PASSWORD, "yet another"),
    ),
    Case(
        "sign out", "AdminUserGlobalSignOut", _SIGN_OUT, _create_member, _make_member_request("DELETE", "me/sessions")
    ),
    Case("read profile", "AdminGetUser", _GET_USER, _create_member, _make_member_request("GET", "me")),
    Case("export", "AdminGetUser", _GET_USER, _create_member, _make_member_request("GET", "me/export")),
    Case(
        "first request",
        "AdminGetUser",
        _GET_USER,
        _create_new_member,
        _make_member_request("POST", "dwipps", text="Hello."),
    ),
    Case(
        "delete account before the first request",
        "AdminGetUser",
        _GET_LEAVING_USER,
        _create_new_member,
        _SEND_DELETE,
        True,
    ),
    Case(
        "suspend",
        "AdminListGroupsForUser",
        {**_ADMIN_CALL, **_map_errors(SUCCEEDED, "UserNotFound")},
        _create_moderator,
        _make_member_request("PUT", "moderation/members/kay/suspension", until=None, reason="spam"),
    ),
    Case("delete account", "GetUser", _CHECK_SESSION, _create_member, _SEND_DELETE, True),
    Case("delete account", "AdminUserGlobalSignOut", _SIGN_OUT_DISABLED, _create_member, _SEND_DELETE, True),
    Case("delete account", "AdminDisableUser", _DISABLE_USER, _create_member, _SEND_DELETE, True),
)
