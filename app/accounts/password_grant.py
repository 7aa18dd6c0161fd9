"""The form by which OAuth2 clients log in with a password (RFC 6749, 4.3.2), and how it is refused (5.2)."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import BaseModel, Field, ValidationError

from app.accounts.schemas import Email, Password
from app.errors import InvalidGrantError

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 20


class PasswordGrant(BaseModel):
    """Who logs in; a scope and a client, which some libraries add, are passed over."""

    username: Annotated[Email, Field(description="The email.")]
    password: Password


async def _grant(request: Request) -> PasswordGrant:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise InvalidGrantError("invalid_request", f"Send the parameters as {_FORM}.")
    fields = _fields(await request.body())
    if "grant_type" not in fields:
        raise InvalidGrantError("invalid_request", "grant_type is missing.")
    if fields["grant_type"] != "password":
        raise InvalidGrantError("unsupported_grant_type", "grant_type has to be password.")
    try:
        return PasswordGrant.model_validate(fields)
    except ValidationError as error:
        raise InvalidGrantError("invalid_request", "username has to be an email, with a password.") from error


def _fields(body: bytes) -> dict[str, str]:
    """The parameters, none of which may be repeated (RFC 6749, 3.2)."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise InvalidGrantError("invalid_request", "The form cannot be read.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidGrantError("invalid_request", "A parameter is repeated.")
    return fields


Grant = Annotated[PasswordGrant, Depends(_grant)]

# Read by hand and not by FastAPI's Form: that would answer in its own words, and take another parser into the image.
OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "username", "password"],
                    "properties": {
                        "grant_type": {"type": "string", "const": "password"},
                        **PasswordGrant.model_json_schema()["properties"],
                        "scope": {"type": "string", "description": "Passed over."},
                    },
                    "additionalProperties": {"type": "string"},
                    "maxProperties": _MOST_FIELDS,
                }
            }
        },
    }
}
