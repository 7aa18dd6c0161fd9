"""Sample values for the examples of the OpenAPI document.

Members and Dwipps exist in the demo data, so their examples succeed on the docs page of a local server. Codes, tokens
and the registration are placeholders.
"""

from app.pagination.cursors import encode_cursor

HANDLE = "demo"
BLOCKED_HANDLE = "steamy_stella"
EMAIL = "demo@example.org"
PASSWORD = "shower-thoughts"  # noqa: S105 -- the password of the demo account
NEW_MEMBER_EMAIL = "kay@example.org"
NEW_MEMBER_HANDLE = "rinsing_otter_48"
MEMBER_ID = "5f0c7a52-9d3e-4c1b-8a64-2e7b1f9d0c35"
JOINED_AT = "2025-10-30T07:12:05.000Z"

REGISTRATION = "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e"
CODE, RESET_CODE = "123456", "654321"
ACCESS_TOKEN = "eyJraWQiOiJ0cEtV…"  # noqa: S105 -- the beginning of one
REFRESH_TOKEN = "eyJjdHkiOiJKV1QiLCJl…"  # noqa: S105 -- the beginning of one

DWIPP_ID = "019a3f6c-21e4-7b09-8d57-4c1e9ab03f62"
OTHERS_DWIPP_ID = "019a3f6c-21e5-7c31-9b42-7d0f2ac85e10"
CREATED_AT = "2025-11-01T12:37:22.532Z"  # The time in DWIPP_ID.
EDITED_AT = "2025-11-01T12:41:08.203Z"
TEXT = "Socks are envelopes for feet."
NEW_TEXT = "Socks are sleeping bags for feet."

COMMENT = "The same advertisement, for the tenth time."
SUSPENDED_AT = "2025-11-01T13:00:00.000Z"
SUSPENDED_UNTIL = "2025-11-08T13:00:00.000Z"
SUSPENSION_REASON = "spam"

CURSOR = encode_cursor("feed", DWIPP_ID)
REQUEST_ID = "7d5b1f3e-9c2a-4e11-8b6f-2a4c6e8d0b1a"
