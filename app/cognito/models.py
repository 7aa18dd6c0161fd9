"""The models of the user pool: users, and the tokens of sessions."""

from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

# The user has a temporary password of an operator, who created the user or called AdminSetUserPassword:
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html
_TEMPORARY = "FORCE_CHANGE_PASSWORD"


class Tokens(NamedTuple):
    """The tokens of a session. `expires_in` is the lifetime of the access token in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


class User(NamedTuple):
    """A user of the pool.

    Attributes:
        id: the `sub`.
        email: the email.
        requested_handle: the handle of the registration. None if there was none.
        created_at: the time of the registration.
        is_confirmed: False for a user who is not confirmed, and for one with a temporary password.
        has_temporary_password: True for a user who must replace an operator's password before any login.
    """

    id: str
    email: str
    requested_handle: str | None
    created_at: datetime
    is_confirmed: bool
    has_temporary_password: bool = False

    @classmethod
    def from_response(cls, response: Any) -> Self:
        """Return the user in a response of AdminGetUser."""
        attributes = {attribute["Name"]: attribute["Value"] for attribute in response["UserAttributes"]}
        return cls(
            id=attributes["sub"],
            email=attributes["email"],
            requested_handle=attributes.get("preferred_username"),
            created_at=response["UserCreateDate"].astimezone(UTC),
            is_confirmed=response["UserStatus"] not in {"UNCONFIRMED", _TEMPORARY},
            has_temporary_password=response["UserStatus"] == _TEMPORARY,
        )
