"""A scan of responses for internal and personal data.

Responses must not contain emails, ids of members, names of tables or of the user pool, or words of the software behind
the API. Certain responses may contain certain data, such as a member's own profile.
"""

import base64
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import parse_qs

import httpx

from app.openapi import examples
from app.settings import Settings

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_EXCEPTION_ENDS = ("Exception", "Error", "Failure")
_EXCEPTION = re.compile(rf"\b[A-Z][a-z]\w*(?:{'|'.join(_EXCEPTION_ENDS)})\b")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_CURSOR = re.compile(r"(?:cursor=|\"next_cursor\":\")([\w-]+)")
# Words of AWS, its SDK, Python and its packages, and the prefixes of our keys, in lower case.
_INTERNAL_WORDS = (
    *("amazonaws", "arn:aws", "boto", "cognito", "dynamodb", "user pool", "userpool", "conditionalcheck"),
    *("traceback", 'file "', 'file \\"', "site-packages", ".py", "pydantic", "starlette", "fastapi", "mangum"),
    *("member#", "handle#", "registrant#", "registration#", "replacement#", "waiting#", "idempotency#", "pending#"),
    *("blocks#", "case#", "limit#", "reports#", "snapshot#", "suspension#"),
    # The prefixes that CloudFormation gives to our tables.
    *("dwippstable", "reactionstable", "memberstable", "safetytable"),
)

# The data that certain responses may contain.
_REGISTRATION = re.compile(r'"registration":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"')
_SESSION_TOKEN = re.compile(r'"(access|refresh)_token":"([^"]*)"')
_TOKEN_PATHS = frozenset({"/v1/auth/login", "/v1/auth/refresh", "/v1/auth/token"})
_OWN_PATHS = frozenset({"/v1/me", "/v1/me/export"})
# Text from clients: the text of a Dwipp, and in a problem the pointer into the body of the request.
_CLIENT_TEXT = re.compile(r'"(?:text|pointer)":"(?:[^"\\]|\\.)*"')
_EXAMPLES = (examples.EMAIL, examples.NEW_MEMBER_EMAIL, examples.MEMBER_ID, examples.REGISTRATION, examples.REQUEST_ID)
_EXAMPLE = re.compile(rf'"examples":\["[^"]*"\]|{"|".join(_EXAMPLES)}')
_ALLOWED_ON_PAGES = {"/openapi.json": _EXAMPLE}


class LeakScan:
    """A scan of responses. It learns the ids of members from tokens, and their emails from logins.

    `checked_responses` is the number of responses that all scans have checked.
    """

    checked_responses = 0

    def __init__(self, settings: Settings) -> None:
        self._resource_names = (
            settings.user_pool_id,
            settings.user_pool_client_id,
            settings.job_queue_url,
            *settings.tables,
        )
        self._ids: set[str] = set()
        self._emails: dict[str, str] = {}

    def check(self, response: httpx.Response) -> None:
        """Assert that a response contains no internal or personal data. Its body must have been read."""
        LeakScan.checked_responses += 1
        self._learn(response)
        leaks = self._find_leaks(response)
        call = f"{response.request.method} {response.request.url.path}"
        assert not leaks, f"{call} leaks {leaks}: {response.text:.500}"

    async def check_unread(self, response: httpx.Response) -> None:
        """Read and check a response. This is an event hook of httpx."""
        await response.aread()
        self.check(response)

    def _learn(self, response: httpx.Response) -> None:
        """Remember the ids in the tokens of a request and its response, and the email of a login."""
        self._ids |= {_to_hex_digits(_get_caller(response.request))}
        if _get_path(response) in _TOKEN_PATHS:
            for _, token in _SESSION_TOKEN.findall(response.text):
                member_id = _read_subject(token)
                self._ids |= {_to_hex_digits(member_id)}
                self._emails[member_id] = _read_login_email(response.request) or self._emails.get(member_id, "")
        self._ids -= {""}

    def _find_leaks(self, response: httpx.Response) -> list[str]:
        headers = [f"{name}: {value}" for name, value in response.headers.items() if name != "x-request-id"]
        text = "\n".join([str(response.status_code), response.reason_phrase, *headers, self._remove_allowed(response)])
        leaks = list(self._search(text))
        return leaks and list(self._search(_CLIENT_TEXT.sub("", text)))

    def _remove_allowed(self, response: httpx.Response) -> str:
        """Return the body without the data that only this response may contain."""
        path, text = _get_path(response), response.text
        text = text.replace(f'"request_id":"{response.headers.get("x-request-id")}"', "", 1)
        if path == "/v1/auth/register":
            return _REGISTRATION.sub(lambda match: match[0] if self._has_known_id(match[0]) else "", text, count=1)
        if path in _TOKEN_PATHS:
            return _SESSION_TOKEN.sub("", text, count=2)
        if path in _OWN_PATHS and response.request.method == "GET":
            member_id = _get_caller(response.request)
            email = re.escape(self._emails.get(member_id, "")) or _EMAIL.pattern
            text = re.sub(f'"id":"{re.escape(member_id)}"', "", text, count=1)
            return re.sub(f'"email":"(?:{email})"', "", text, count=1)
        return _ALLOWED_ON_PAGES[path].sub("", text) if path in _ALLOWED_ON_PAGES else text

    def _search(self, text: str) -> Iterator[str]:
        lower_case = text.lower()
        yield from (name for name in self._resource_names if name.lower() in lower_case)
        yield from (word for word in _INTERNAL_WORDS if word in lower_case)
        yield from _EXCEPTION.findall(text) if any(end in text for end in _EXCEPTION_ENDS) else ()
        yield from _EMAIL.findall(text) if "@" in text else ()
        yield from _TOKEN.findall(text) if "eyJ" in text else ()
        yield from self._search_ids(text)
        for cursor in _CURSOR.findall(text) if "cursor" in text else ():
            yield from self._search_cursor(cursor)

    def _search_cursor(self, cursor: str) -> Iterator[str]:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        yield from self._search_ids(content.decode("latin-1"))
        yield from (email for email in self._emails.values() if email and email.encode() in content.lower())
        yield from (member_id for member_id in self._ids if bytes.fromhex(member_id) in content)

    def _search_ids(self, text: str) -> Iterator[str]:
        """Yield ids of members, and UUIDs of any version but 7. Ids of Dwipps have version 7 and are public."""
        for uuid in _UUID.findall(text):
            if _to_hex_digits(uuid)[12] != "7" or _to_hex_digits(uuid) in self._ids:
                yield uuid

    def _has_known_id(self, text: str) -> bool:
        return any(_to_hex_digits(uuid) in self._ids for uuid in _UUID.findall(text))


def _to_hex_digits(member_id: str) -> str:
    """Return the 32 hexadecimal digits of an id, in lower case."""
    return member_id.replace("-", "").lower()


def _get_path(response: httpx.Response) -> str:
    """Return the path of a response without the prefix of a stage."""
    path = response.request.url.path
    return path[path.find("/v1/") :] if "/v1/" in path else path


def _get_caller(request: httpx.Request) -> str:
    return _read_subject(request.headers.get("authorization", "").removeprefix("Bearer "))


@lru_cache(maxsize=4096)
def _read_subject(token: str) -> str:
    """Return the `sub` of a token. Empty if the token has no `sub` that is a UUID."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sub"]) if _UUID.fullmatch(claims["sub"]) else ""
    except (IndexError, KeyError, RecursionError, TypeError, ValueError):
        return ""


def _read_login_email(request: httpx.Request) -> str:
    """Return the email in the body of a login. Empty if there is none."""
    try:
        return str(json.loads(request.content).get("email", "")).lower()
    except ValueError:
        return parse_qs(request.content.decode()).get("username", [""])[0].lower()
