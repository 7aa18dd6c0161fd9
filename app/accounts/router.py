"""`/v1/auth`: registration, sessions and passwords, open to everybody."""

from typing import Any

from fastapi import APIRouter, Response

from app import errors
from app.accounts.dependencies import AccountPasswords, AccountSessions, AccountSignUp
from app.accounts.password_grant import OPENAPI, Grant
from app.accounts.schemas import (
    ConfirmRequest,
    ForgotRequest,
    LoginRequest,
    RefreshRequest,
    RegisterRequest,
    RegistrationView,
    ResendRequest,
    ResetRequest,
    SessionView,
)
from app.cognito.models import Tokens
from app.members.dependencies import MemberDirectory
from app.observability.metrics import counted_as
from app.openapi.links import links_with_body
from app.openapi.problem_responses import BODY_ERRORS, COGNITO_ERRORS, Responses, error_responses
from app.web import problems
from app.web.routing import Accepted, ApiRoute

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=ApiRoute)

_REGISTRATION_LINKS: Any = {
    202: {"links": links_with_body("registration", "$response.body#/registration", "confirm", "resend")}
}
_SESSION_LINKS: Any = {
    200: {"links": links_with_body("refresh_token", "$response.body#/refresh_token", "refresh", "logout")}
}
_RESET_LINKS: Any = {202: {"links": links_with_body("email", "$request.body#/email", "reset_password")}}


def _error_responses(*own: type[errors.DwipperError]) -> Responses:
    return error_responses(*COGNITO_ERRORS, *BODY_ERRORS, *own)


@router.post(
    "/register",
    summary="Register an account",
    status_code=202,
    responses=_error_responses(errors.WeakPasswordError, errors.HandleTakenError) | _REGISTRATION_LINKS,
)
@counted_as("Registrations")
def register(body: RegisterRequest, sign_up: AccountSignUp, directory: MemberDirectory) -> RegistrationView:
    """Mail a code to the address. `confirm` takes the code together with the `registration` in the response.

    The response is the same for an email that already has an account.
    """
    if body.handle is not None and directory.is_taken(body.handle):
        raise errors.HandleTakenError
    return RegistrationView(registration=sign_up.register(body.email, body.password, body.handle))


@router.post(
    "/confirm",
    summary="Confirm an account",
    status_code=204,
    responses=_error_responses(errors.InvalidCodeError),
)
@counted_as("Confirmations")
def confirm(body: ConfirmRequest, sign_up: AccountSignUp) -> None:
    """Confirm the account by the code from the mail.

    A code works once. A registration is valid for 24 hours. The error does not disclose which of them is invalid. Safe
    to retry: for 10 minutes, the response to a repeated successful request is 204 again.
    """
    sign_up.confirm(body.registration, body.code)


@router.post(
    "/resend",
    summary="Resend the confirmation code",
    status_code=202,
    response_class=Response,
    responses=_error_responses(),
)
def resend(body: ResendRequest, sign_up: AccountSignUp) -> Response:
    """Mail a new code. The response is the same for every registration."""
    sign_up.resend(body.registration)
    return Accepted()


@router.post(
    "/login",
    summary="Log in",
    responses=_error_responses(
        errors.InvalidCredentialsError, errors.AccountNotConfirmedError, errors.PasswordResetRequiredError
    )
    | _SESSION_LINKS,
)
@counted_as("Logins")
def login(body: LoginRequest, sessions: AccountSessions) -> SessionView:
    """Start a session.

    Send the access token with every other request. It lives 15 minutes. The refresh token requests new access tokens,
    for 30 days or until a sign-out. The error is the same for an unknown email and for a wrong password.
    """
    return _session_view(sessions.log_in(body.email, body.password))


@router.post(
    "/refresh",
    summary="Refresh the access token",
    responses=_error_responses(errors.InvalidRefreshTokenError) | _SESSION_LINKS,
)
def refresh(body: RefreshRequest, sessions: AccountSessions) -> SessionView:
    """Return a new access token. The refresh token stays the same."""
    return _session_view(sessions.refresh(body.refresh_token))


@router.post(
    "/token",
    summary="Log in as an OAuth2 client",
    openapi_extra=OPENAPI,
    responses=error_responses(*COGNITO_ERRORS, problems.BODY_TOO_LARGE, errors.InvalidGrantError) | _SESSION_LINKS,
)
@counted_as("Logins")
def token(grant: Grant, sessions: AccountSessions) -> SessionView:
    """Start a session by OAuth2's password grant (RFC 6749, section 4.3), with the email as `username`.

    The Authorize button of the docs page uses this. The problem `invalid-token-request` also has the member `error` of
    section 5.2.
    """
    try:
        return _session_view(sessions.log_in(grant.username, grant.password))
    except (
        errors.InvalidCredentialsError,
        errors.AccountNotConfirmedError,
        errors.PasswordResetRequiredError,
    ) as error:
        raise errors.InvalidGrantError("invalid_grant", str(error)) from error


@router.post("/logout", summary="Log out", status_code=204, responses=_error_responses())
def logout(body: RefreshRequest, sessions: AccountSessions) -> None:
    """End a session. The refresh token is revoked at once. Unknown tokens are ignored.

    The access token stays valid until it expires. Only a deletion of the account and a change of the password check
    whether its session was revoked.
    """
    sessions.log_out(body.refresh_token)


@router.post(
    "/password/forgot",
    summary="Request a reset code",
    status_code=202,
    response_class=Response,
    responses=_error_responses() | _RESET_LINKS,
)
def forgot_password(body: ForgotRequest, passwords: AccountPasswords) -> Response:
    """Mail a code for a new password. The response is the same for every email."""
    passwords.request_reset(body.email)
    return Accepted()


@router.post(
    "/password/reset",
    summary="Reset the password",
    status_code=204,
    responses=_error_responses(errors.InvalidCodeError, errors.WeakPasswordError),
)
def reset_password(body: ResetRequest, passwords: AccountPasswords) -> None:
    """Set a new password by the code from the mail, and end all sessions.

    Safe to retry: if the account already has the new password, the response is the same, whatever the code. Otherwise a
    code works once.
    """
    passwords.reset(body.email, body.code, body.new_password)


def _session_view(tokens: Tokens) -> SessionView:
    return SessionView(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in
    )
