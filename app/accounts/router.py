"""`/v1/auth`: the way to a session, open to everybody."""

from fastapi import APIRouter, Response

from app import errors
from app.accounts.password_grant import OPENAPI, Grant
from app.accounts.schemas import (
    ConfirmRequest,
    ForgotRequest,
    LoginRequest,
    RefreshRequest,
    RegisterRequest,
    RegisterResponse,
    ResendRequest,
    ResetRequest,
    TokenResponse,
)
from app.aws.clients import meaning
from app.bootstrap import AppServices, Services
from app.cognito.user_pool import Tokens
from app.openapi import document
from app.web import problems
from app.web.threadpool import Route

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=Route)


def _documented(*kinds: type[errors.DwipperError]) -> document.Documented:
    return document.documented(*document.OF_COGNITO, *document.OF_BODIES, *kinds)


@router.post("/register", status_code=202, responses=_documented(errors.WeakPasswordError, errors.HandleTakenError))
def register(body: RegisterRequest, services: AppServices) -> RegisterResponse:
    """Ask for an account.

    A code is mailed, which `confirm` takes together with the id in the answer. The answer is the same where the email
    has an account already.
    """
    if body.handle is not None and services.directory.is_taken(body.handle):
        raise errors.HandleTakenError
    return RegisterResponse(registration=services.sign_up.register(body.email, body.password, body.handle))


@router.post("/confirm", status_code=204, responses=_documented(errors.InvalidCodeError))
def confirm(body: ConfirmRequest, services: AppServices) -> None:
    """Confirm the account by the code that was mailed.

    A code is good once, and a registration for 24 hours. Whatever is wrong with either of them, the answer is the same.
    """
    services.sign_up.confirm(body.registration, body.code)


@router.post("/resend", status_code=202, response_class=Response, responses=_documented())
def resend(body: ResendRequest, services: AppServices) -> Response:
    """Have another code mailed.

    The answer is the same for everybody.
    """
    services.sign_up.resend(body.registration)
    return Response(status_code=202)


@router.post(
    "/login",
    responses=_documented(
        errors.InvalidCredentialsError, errors.AccountNotConfirmedError, errors.PasswordResetRequiredError
    ),
)
def login(body: LoginRequest, services: AppServices) -> TokenResponse:
    """Begin a session.

    Send the access token with every other request: it lives 15 minutes. The refresh token gets the next one, for 30
    days or until a sign-out. An email without account and a wrong password are answered alike.
    """
    return _log_in(services, body.email, body.password)


@router.post("/refresh", responses=_documented(errors.InvalidRefreshTokenError))
def refresh(body: RefreshRequest, services: AppServices) -> TokenResponse:
    """Go on with a session.

    The refresh token stays the same and comes back with the new access token.
    """
    return _session(services.pool.refresh(body.refresh_token))


@router.post(
    "/token",
    openapi_extra=OPENAPI,
    responses=document.documented(*document.OF_COGNITO, problems.TOO_LARGE, errors.InvalidGrantError),
)
def token(grant: Grant, services: AppServices) -> TokenResponse:
    """Begin a session as OAuth2 clients do.

    That is by RFC 6749, 4.3, with the email as `username`: the Authorize button of the docs page does it. Problems
    carry the `error` of RFC 6749, 5.2, too.
    """
    try:
        return _log_in(services, grant.username, grant.password)
    except (
        errors.InvalidCredentialsError,
        errors.AccountNotConfirmedError,
        errors.PasswordResetRequiredError,
    ) as error:
        raise errors.InvalidGrantError("invalid_grant", str(error)) from error


@router.post("/logout", status_code=204, responses=_documented())
def logout(body: RefreshRequest, services: AppServices) -> None:
    """End a session.

    One that is none has ended already. Its refresh token is dead at once. An access token is not asked after anywhere
    and lives until it expires.
    """
    services.pool.log_out(body.refresh_token)


@router.post("/password/forgot", status_code=202, response_class=Response, responses=_documented())
def forgot_password(body: ForgotRequest, services: AppServices) -> Response:
    """Have a code mailed to set another password by.

    The answer is the same for everybody.
    """
    services.pool.forgot_password(body.email)
    return Response(status_code=202)


@router.post(
    "/password/reset",
    status_code=204,
    responses=_documented(errors.InvalidCodeError, errors.WeakPasswordError),
)
def reset_password(body: ResetRequest, services: AppServices) -> None:
    """Set another password by the code that was mailed; ends all sessions.

    Safe to retry: where the new password is the account's already, the sessions are ended and the answer is the same,
    whatever the code. Else a code opens nothing twice.
    """
    try:
        services.pool.reset_password(body.email, body.code, body.new_password)
    except Exception as error:
        # Perhaps this very request set it, and got no answer, or failed to end the sessions: the code is used up then.
        if not _may_be_done(error) or not services.pool.is_password(body.email, body.new_password):
            raise
    services.pool.log_out_everywhere(body.email)


def _may_be_done(error: Exception) -> bool:
    return isinstance(error, errors.InvalidCodeError) or isinstance(meaning(error), errors.UnavailableError)


def _log_in(services: Services, email: str, password: str) -> TokenResponse:
    try:
        return _session(services.pool.log_in(email, password))
    except errors.InvalidCredentialsError:
        if services.sign_up.is_waiting(email, password):
            raise errors.AccountNotConfirmedError from None
        raise


def _session(tokens: Tokens) -> TokenResponse:
    return TokenResponse(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in
    )
