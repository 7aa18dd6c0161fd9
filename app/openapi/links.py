"""Which answer leads to which operation, and with what: the links of the OpenAPI document.

https://spec.openapis.org/oas/v3.1.0#link-object
"""

from collections.abc import Mapping
from typing import Any

_OF_ONE = (
    "read_dwipp",
    "edit_dwipp",
    "delete_dwipp",
    *(f"{wish}_{reaction}" for reaction in ("upvote", "favorite") for wish in ("toggle", "set", "clear")),
)
_LISTS = ("list_dwipps", "list_my_dwipps", "list_my_favorites", "list_dwipps_of_member", "export_me")
_LOGINS = ("login", "token", "refresh")
_SESSION = {"refresh_token": "$response.body#/refresh_token"}

Links = dict[str, dict[str, Any]]


def _taking(*operations: str, **parameters: str) -> Links:
    return {operation: {"operationId": operation, "parameters": parameters} for operation in operations}


def _sending(body: dict[str, str], *operations: str) -> Links:
    return {operation: {"operationId": operation, "requestBody": body} for operation in operations}


# By the id of the operation that answers, and the status of its answer.
LINKS: Mapping[tuple[str, int], Links] = {
    ("create_dwipp", 201): _taking(*_OF_ONE, dwipp_id="$response.body#/id"),
    ("read_me", 200): _taking("read_member", "list_dwipps_of_member", handle="$response.body#/handle"),
    ("register", 202): _sending({"registration": "$response.body#/registration"}, "confirm", "resend"),
    ("forgot_password", 202): _sending({"email": "$request.body#/email"}, "reset_password"),
    **{(name, 200): _taking(name, cursor="$response.body#/next_cursor") for name in _LISTS},
    **{(name, 200): _sending(_SESSION, "refresh", "logout") for name in _LOGINS},
}
