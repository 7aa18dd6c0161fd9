"""The principal of a request, from API Gateway's claims or from a bearer token.

Only this module distinguishes the two sources, and no setting selects one. Through Lambda, only API Gateway's claims
authenticate a request. Otherwise only the bearer token does. `own_access_token` passes the token on to Cognito.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from app.auth.groups import MODERATORS, parse_groups
from app.auth.tokens import TokenVerifier, unverified_subject
from app.errors import UnauthenticatedError
from app.observability import request_context
from app.web.dependencies import provided

_REST_DATE = "%a %b %d %H:%M:%S UTC %Y"
_TIME_CLAIMS = ("exp", "iat", "nbf")
_MAX_DIGITS = 15

Verifier = Annotated[TokenVerifier, provided("token_verifier")]

# It only documents the scheme. Its result is not used, because it knows nothing of API Gateway's claims.
_documented_scheme = OAuth2PasswordBearer(
    tokenUrl="v1/auth/token",
    refreshUrl=None,
    scheme_name="Member",
    description="The access token of a member. Log in with the email as `username`.",
    auto_error=False,
)


class Principal(NamedTuple):
    """The authenticated user of a request.

    Attributes:
        id: the `sub`.
        authenticated_at: the time of the last login. None if unknown.
        is_moderator: True if the user was in the group of the moderators when the token was issued.
    """

    id: str
    authenticated_at: datetime | None
    is_moderator: bool


async def _principal(
    request: Request,
    verifier: Verifier,
    _documented: Annotated[str | None, Depends(_documented_scheme)],
) -> Principal:
    event = request.scope.get("aws.event")
    if event is None:
        claims = await verifier.verify(bearer_token(request))
    else:
        claims = _gateway_claims(event, verifier)
    request_context.current().member_id = claims["sub"]
    is_moderator = MODERATORS in parse_groups(claims.get("cognito:groups"))
    return Principal(claims["sub"], _authentication_time(claims), is_moderator)


CurrentPrincipal = Annotated[Principal, Depends(_principal)]


def bearer_token(request: Request) -> str:
    """Return the token of the only Authorization header (RFC 6750, section 2.1).

    Raises:
        UnauthenticatedError: if there is no such header, more than one, or one with another scheme.
    """
    headers = request.headers.getlist("authorization")
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError
    return token.strip(" ")


def own_access_token(request: Request, member_id: str) -> str:
    """Return the header's token, for calls that Cognito authorizes by the access token.

    Behind API Gateway no other code reads this header. So its token must claim the principal's `sub`. The gateway's
    Cognito authorizer also accepts a token without `Bearer`.

    Raises:
        UnauthenticatedError: if the token is missing, malformed, or another member's.
    """
    headers = request.headers.getlist("authorization")
    is_bare = "aws.event" in request.scope and len(headers) == 1 and " " not in headers[0]
    token = headers[0] if is_bare else bearer_token(request)
    if unverified_subject(token) != member_id:
        raise UnauthenticatedError
    return token


def _gateway_claims(event: Any, verifier: TokenVerifier) -> dict[str, Any]:
    """Return the checked claims of the event's authorizer, with all times as numbers.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    context = event.get("requestContext")
    authorizer = context.get("authorizer") if isinstance(context, Mapping) else None
    if not isinstance(authorizer, Mapping) or ("claims" in authorizer) == ("jwt" in authorizer):
        raise UnauthenticatedError
    if event.get("version") == "2.0":
        jwt = authorizer.get("jwt")
        claims = jwt.get("claims") if isinstance(jwt, Mapping) else None
    else:
        claims = authorizer.get("claims")
    if not isinstance(claims, Mapping):
        raise UnauthenticatedError
    claims = {**claims, **{name: _seconds(claims[name]) for name in _TIME_CLAIMS if name in claims}}
    verifier.check_claims(claims)
    return claims


def _authentication_time(claims: Mapping[str, Any]) -> datetime | None:
    """Return the time in `auth_time`. None if the claim is missing or invalid."""
    try:
        return datetime.fromtimestamp(_seconds(claims.get("auth_time")), UTC)
    except (UnauthenticatedError, ValueError, OverflowError, OSError):
        return None


def _seconds(value: Any) -> int:
    """Parse a time of a gateway: digits, or on REST `Wed Dec 06 17:22:52 UTC 2023`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise UnauthenticatedError
    if value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS:
        return int(value)
    try:
        return int(datetime.strptime(value, _REST_DATE).replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise UnauthenticatedError from error
