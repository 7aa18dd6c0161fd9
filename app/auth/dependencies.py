"""Who is calling: the claims that API Gateway's authorizer checked, or those of a verified bearer token.

Nothing else in the code knows which of the two it was. There is no switch: a request that came through Lambda is never
asked for its header's token, and a request that did not has nothing but that token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from app.auth.tokens import check_claims
from app.bootstrap import AppServices, Services
from app.errors import UnauthenticatedError
from app.observability import request_context

_AMAZON_DATE = "%a %b %d %H:%M:%S UTC %Y"
_TIMES = ("exp", "iat", "nbf")
_LONGEST_DIGITS = 15

_password_flow = OAuth2PasswordBearer(
    tokenUrl="v1/auth/token",
    refreshUrl=None,
    scheme_name="Member",
    description="The access token of a member. Log in with the email as `username`.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes the request: the `sub` of their token, and when they last gave their password."""

    id: str
    authenticated_at: datetime | None


async def _caller(
    request: Request, services: AppServices, _documented: Annotated[str | None, Depends(_password_flow)]
) -> Caller:
    event = request.scope.get("aws.event")
    claims = await _token_claims(request, services) if event is None else _gateway_claims(event, services)
    request_context.current().member_id = claims["sub"]
    return Caller(claims["sub"], _authentication(claims))


CurrentCaller = Annotated[Caller, Depends(_caller)]


def bearer_token(request: Request) -> str:
    """The token in the one Authorization header (RFC 6750, 2.1).

    Raises:
        UnauthenticatedError: if there is no such header, more than one, or one of another scheme.
    """
    headers = request.headers.getlist("authorization")
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError
    return token.strip(" ")


async def _token_claims(request: Request, services: Services) -> dict[str, Any]:
    return await services.tokens.claims(bearer_token(request))


def _gateway_claims(event: Any, services: Services) -> dict[str, Any]:
    """The claims that the authorizer put into the event, each time in them as a number.

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
    claims = {**claims, **{name: _seconds(claims[name]) for name in _TIMES if name in claims}}
    check_claims(claims, services.settings)
    return claims


def _authentication(claims: Mapping[str, Any]) -> datetime | None:
    """The time in `auth_time`; none where there is none, or none that can be read."""
    try:
        return datetime.fromtimestamp(_seconds(claims.get("auth_time")), UTC)
    except (UnauthenticatedError, ValueError, OverflowError, OSError):
        return None


def _seconds(value: Any) -> int:
    """A time as the gateways write it: digits, or on REST `Wed Dec 06 17:22:52 UTC 2023`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise UnauthenticatedError
    if value.isascii() and value.isdecimal() and len(value) <= _LONGEST_DIGITS:
        return int(value)
    try:
        return int(datetime.strptime(value, _AMAZON_DATE).replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise UnauthenticatedError from error
