"""The token request of OAuth2's password grant (RFC 6749, section 4.3.2), and its errors (section 5.2).

FastAPI's `Form` is not used: its errors are not those of OAuth2, and it needs another package.
"""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import BaseModel, Field, ValidationError

from app.accounts.fields import Email, Password
from app.errors import InvalidGrantError
from app.openapi import examples
from app.web.routing import is_encoded

_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 20


class PasswordGrant(BaseModel):
    """The parameters of a token request. `scope` and client parameters, which some libraries add, are ignored."""

    username: Annotated[Email, Field(description="The email.")]
    password: Password


async def _password_grant(request: Request) -> PasswordGrant:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise InvalidGrantError("invalid_request", f"Send the parameters as {_FORM}.")
    if is_encoded(request):
        raise InvalidGrantError("invalid_request", "Send the parameters uncompressed.")
    fields = _parse_form(await request.body())
    if "grant_type" not in fields:
        raise InvalidGrantError("invalid_request", "grant_type is missing.")
    if fields["grant_type"] != "password":
        raise InvalidGrantError("unsupported_grant_type", "grant_type must be password.")
    try:
        return PasswordGrant.model_validate(fields)
    except ValidationError as error:
        raise InvalidGrantError("invalid_request", "username must be an email, and password is required.") from error


def _parse_form(body: bytes) -> dict[str, str]:
    """Return the parameters. None of them may be repeated (RFC 6749, section 3.2)."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidGrantError("invalid_request", "The form cannot be read.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidGrantError("invalid_request", "A parameter is repeated.")
    return fields


Grant = Annotated[PasswordGrant, Depends(_password_grant)]

# FastAPI does not know the form, so this describes it.
OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "title": "PasswordGrant",
                    "type": "object",
                    "required": ["grant_type", "username", "password"],
                    "properties": {
                        "grant_type": {"type": "string", "const": "password"},
                        **PasswordGrant.model_json_schema()["properties"],
                        "scope": {"type": "string", "description": "Ignored."},
                    },
                    "maxProperties": _MAX_FIELDS,
                },
                "example": {"grant_type": "password", "username": examples.EMAIL, "password": examples.PASSWORD},
            }
        },
    }
}
