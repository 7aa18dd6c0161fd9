"""What requests and answers look like: the examples of the OpenAPI document, by the name of the body's schema."""

from collections.abc import Mapping
from typing import Any

from app import __version__
from app.errors import InvalidGrantError, WeakPasswordError
from app.pagination.cursors import encode_cursor
from app.web import problems

# Those of the demo data, so that whoever tries an operation on the docs page of a laptop sees it succeed.
HANDLE = "demo"
EMAIL = "demo@example.org"
NEWCOMER = "kay@example.org"
MEMBER_ID = "5f0c7a52-9d3e-4c1b-8a64-2e7b1f9d0c35"
REGISTRATION = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
REQUEST_ID = "7d5b1f3e-9c2a-4e11-8b6f-2a4c6e8d0b1a"
DWIPP_ID = "019a3f6c-21e4-7b09-8d57-4c1e9ab03f62"
CURSOR = encode_cursor("feed", DWIPP_ID)

_CREATED_AT = "2025-11-01T12:37:22.532000Z"  # As the id says.
_JOINED_AT = "2025-10-30T07:12:05.000418Z"
_EDITED_AT = "2025-11-01T12:41:08.203911Z"
_PASSWORD = "shower-thoughts"  # noqa: S105 -- of the demo account
_CODE, _RESET_CODE = "123456", "654321"
_TEXT = "Socks are envelopes for feet."
_NEW_TEXT = "Socks are sleeping bags for feet."
_REFRESH_TOKEN = "eyJjdHkiOiJKV1QiLCJl…"  # noqa: S105 -- the beginning of one

# What is otherwise in the Dwipp that an operation answers with than in a new one.
OF_OPERATIONS: Mapping[str, dict[str, Any]] = {
    "create_dwipp": {},
    "edit_dwipp": {"text": _NEW_TEXT, "edited_at": _EDITED_AT, "version": 2, "upvotes": 3},
    "toggle_upvote": {"upvotes": 4, "upvoted": True},
    "set_upvote": {"upvotes": 4, "upvoted": True},
    "clear_upvote": {"upvotes": 3},
    "toggle_favorite": {"upvotes": 3, "favorited": True},
    "set_favorite": {"upvotes": 3, "favorited": True},
    "clear_favorite": {"upvotes": 3},
}


def bodies() -> dict[str, Any]:
    """The example of each schema that is the body of a request or of an answer."""
    email, handle, registration = {"email": EMAIL}, {"handle": HANDLE}, {"registration": REGISTRATION}
    code, password, refresh_token = {"code": _CODE}, {"password": _PASSWORD}, {"refresh_token": _REFRESH_TOKEN}
    profile = handle | {"joined_at": _JOINED_AT}
    own_profile = profile | {"id": MEMBER_ID} | email
    read = dwipp() | {"upvotes": 3, "upvoted": True, "favorited": True}
    mark = {"dwipp_id": DWIPP_ID, "at": _EDITED_AT}
    part = {"dwipps": [read], "upvotes": [mark], "favorites": [mark], "next_cursor": None}
    access = {"access_token": "eyJraWQiOiJ0cEtV…", "expires_in": 900, "token_type": "Bearer"}
    return {
        "RegisterRequest": {"email": NEWCOMER, "handle": "rinsing_otter_48"} | password,
        "RegisterResponse": registration,
        "ConfirmRequest": registration | code,
        "ResendRequest": registration,
        "LoginRequest": email | password,
        "PasswordGrant": {"grant_type": "password", "username": EMAIL} | password,
        "TokenResponse": access | refresh_token,
        "RefreshRequest": refresh_token,
        "ForgotRequest": email,
        "ResetRequest": email | {"code": _RESET_CODE, "new_password": _PASSWORD},
        "ChangePasswordRequest": {"current_password": _PASSWORD, "new_password": _PASSWORD},
        "ProfileView": profile,
        "OwnProfileView": own_profile,
        "ExportView": {"profile": own_profile} | part,
        "DwippDraft": {"text": _TEXT},
        "DwippEdit": {"text": _NEW_TEXT, "version": 1},
        "DwippView": read,
        "DwippPage": {"items": [read], "next_cursor": CURSOR},
        "Health": {"status": "ok", "version": __version__},
    }


def dwipp(operation_id: str = "create_dwipp") -> dict[str, Any]:
    """The Dwipp that an operation answers with; a new one, if it is not said which."""
    new = {"id": DWIPP_ID, "text": _TEXT, "author": {"handle": HANDLE}, "created_at": _CREATED_AT, "edited_at": None}
    reactions = {"version": 1, "upvotes": 0, "upvoted": False, "favorited": False}
    return {**new, **reactions, **OF_OPERATIONS[operation_id]}


def problem(kind: problems.Kind) -> dict[str, Any]:
    """A problem as a client sees it."""
    summaries = {kind: error.summary() for error, kind in problems.KINDS.items()}
    detail = None if kind in problems.DETAILS else summaries[kind]
    return problems.body(kind, REQUEST_ID, detail) | _more(kind)


def _more(kind: problems.Kind) -> dict[str, Any]:
    if kind == problems.INVALID:
        return {"errors": [{"pointer": "/text", "detail": "This is missing."}]}
    if kind == problems.KINDS[WeakPasswordError]:
        return {"errors": [{"pointer": "/new_password", "detail": WeakPasswordError.summary()}]}
    if kind == problems.KINDS[InvalidGrantError]:
        return {"detail": "grant_type is missing.", "error": "invalid_request"}
    return {}
