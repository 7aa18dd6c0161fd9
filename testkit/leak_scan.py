"""What no answer may say: emails, ids of members, names of tables and pool, and the words of what is behind the API."""

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
# What AWS, its SDK and Python say, and how the keys of our rows begin; in small letters.
_WORDS = (
    *("amazonaws", "arn:aws", "boto", "cognito", "dynamodb", "user pool", "userpool", "conditionalcheck"),
    *("traceback", 'file "', 'file \\"', "site-packages", ".py", "pydantic", "starlette", "fastapi", "mangum"),
    *("member#", "handle#", "registration#", "replacement#", "waiting#", "idempotency#"),
    *("dwippstable", "reactionstable", "memberstable"),  # By which CloudFormation begins the names of tables.
)

# Where something of that may be said after all.
_REGISTRATION = re.compile(r'"registration":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"')
_SESSION = re.compile(r'"(access|refresh)_token":"([^"]*)"')
_SESSION_PATHS = frozenset({"/v1/auth/login", "/v1/auth/refresh", "/v1/auth/token"})
_OWN_PATHS = frozenset({"/v1/me", "/v1/me/export"})
# Dwipps; and in a refusal where in their own body the mistake is.
_WRITTEN_BY_CLIENTS = re.compile(r'"(?:text|pointer)":"(?:[^"\\]|\\.)*"')
_EXAMPLES = (examples.EMAIL, examples.NEW_MEMBER_EMAIL, examples.MEMBER_ID, examples.REGISTRATION, examples.REQUEST_ID)
_EXAMPLE = re.compile(rf'"examples":\["[^"]*"\]|{"|".join(_EXAMPLES)}')
_ON_PAGES = {"/openapi.json": _EXAMPLE}


class LeakScan:
    """Looks at every answer that it is shown, and learns from their tokens who is who."""

    answers = 0

    def __init__(self, settings: Settings) -> None:
        self._names = (
            settings.user_pool_id,
            settings.user_pool_client_id,
            settings.dwipps_table,
            settings.reactions_table,
            settings.members_table,
        )
        self._ids: set[str] = set()
        self._emails: dict[str, str] = {}

    def check(self, response: httpx.Response) -> None:
        """Refuse an answer that says too much."""
        LeakScan.answers += 1
        self._learn(response)
        leaks = self._leaks(response)
        assert not leaks, f"{response.request.method} {response.request.url.path} tells {leaks}: {response.text:.500}"

    async def look(self, response: httpx.Response) -> None:
        """The same for an answer that is not read yet (an event hook of httpx)."""
        await response.aread()
        self.check(response)

    def _learn(self, response: httpx.Response) -> None:
        """Whose the tokens of an exchange are, and by which email they logged in."""
        self._ids |= {bare(_caller(response.request))}
        if _path(response) in _SESSION_PATHS:
            for _, token in _SESSION.findall(response.text):
                member_id = _subject(token)
                self._ids |= {bare(member_id)}
                self._emails[member_id] = _login_email(response.request) or self._emails.get(member_id, "")
        self._ids -= {""}

    def _leaks(self, response: httpx.Response) -> list[str]:
        headers = [f"{name}: {value}" for name, value in response.headers.items() if name != "x-request-id"]
        text = "\n".join([str(response.status_code), response.reason_phrase, *headers, self._bared(response)])
        leaks = list(self._found_in(text))
        return leaks and list(self._found_in(_WRITTEN_BY_CLIENTS.sub("", text)))

    def _bared(self, response: httpx.Response) -> str:
        """The body without what this answer, and no other, may say."""
        path, text = _path(response), response.text
        text = text.replace(f'"request_id":"{response.headers.get("x-request-id")}"', "", 1)
        if path == "/v1/auth/register":
            return _REGISTRATION.sub(lambda found: found[0] if self._known_ids_in(found[0]) else "", text, count=1)
        if path in _SESSION_PATHS:
            return _SESSION.sub("", text, count=2)
        if path in _OWN_PATHS and response.request.method == "GET":
            member_id = _caller(response.request)
            email = re.escape(self._emails.get(member_id, "")) or _EMAIL.pattern
            text = re.sub(f'"id":"{re.escape(member_id)}"', "", text, count=1)
            return re.sub(f'"email":"(?:{email})"', "", text, count=1)
        return _ON_PAGES[path].sub("", text) if path in _ON_PAGES else text

    def _found_in(self, text: str) -> Iterator[str]:
        small = text.lower()
        yield from (name for name in self._names if name.lower() in small)
        yield from (word for word in _WORDS if word in small)
        yield from _EXCEPTION.findall(text) if any(end in text for end in _EXCEPTION_ENDS) else ()
        yield from _EMAIL.findall(text) if "@" in text else ()
        yield from _TOKEN.findall(text) if "eyJ" in text else ()
        yield from self._ids_in(text)
        for cursor in _CURSOR.findall(text) if "cursor" in text else ():
            yield from self._found_in_cursor(cursor)

    def _found_in_cursor(self, cursor: str) -> Iterator[str]:
        inside = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        yield from self._ids_in(inside.decode("latin-1"))
        yield from (email for email in self._emails.values() if email and email.encode() in inside.lower())
        yield from (known for known in self._ids if bytes.fromhex(known) in inside)

    def _ids_in(self, text: str) -> Iterator[str]:
        """Ids of members, and every UUID of a version that Dwipps' ids, which everybody may see, do not have."""
        ids = _UUID.findall(text)
        yield from (found for found in ids if bare(found)[12] != "7" or bare(found) in self._ids)

    def _known_ids_in(self, text: str) -> bool:
        return any(bare(found) in self._ids for found in _UUID.findall(text))


def bare(member_id: str) -> str:
    """An id as its 32 digits."""
    return member_id.replace("-", "").lower()


def _path(response: httpx.Response) -> str:
    """The path as the app knows it, without the prefix of a stage."""
    path = response.request.url.path
    return path[path.find("/v1/") :] if "/v1/" in path else path


def _caller(request: httpx.Request) -> str:
    return _subject(request.headers.get("authorization", "").removeprefix("Bearer "))


@lru_cache(maxsize=4096)
def _subject(token: str) -> str:
    """The member whose token this is; empty where it is none's."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sub"]) if _UUID.fullmatch(claims["sub"]) else ""
    except (IndexError, KeyError, RecursionError, TypeError, ValueError):
        return ""


def _login_email(request: httpx.Request) -> str:
    """The email that a login names; empty where it is none."""
    try:
        return str(json.loads(request.content).get("email", "")).lower()
    except ValueError:
        return parse_qs(request.content.decode()).get("username", [""])[0].lower()
