"""A client that probes whether an email has an account. It cannot read the mail of that address.

Each request function returns a probe. Its argument `spell` changes the spelling of the email.
"""

import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

UNKNOWN_REGISTRATION = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(slots=True)
class EnumerationClient:
    """A client that probes one email, and the registrations in its responses."""

    http: httpx.AsyncClient
    email: str
    registrations: list[str] = field(default_factory=list)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        response = await self.http.post(f"/v1/auth/{path}", json=body)
        if path == "register" and response.status_code == 202:
            self.registrations.append(response.json()["registration"])
        return response

    def resolve_registration(self, reference: str) -> str:
        """Return the client's registration for the references "first" and "last".

        Without a registration these are an unknown one. Any other reference is returned unchanged.
        """
        if reference in {"first", "last"} and self.registrations:
            return self.registrations[0 if reference == "first" else -1]
        return UNKNOWN_REGISTRATION if reference in {"first", "last"} else reference


@dataclass(frozen=True, slots=True)
class Probe:
    """A request about an email, and how many times to send it."""

    description: str
    send: Callable[[EnumerationClient], Awaitable[httpx.Response]]
    times: int = 1

    def __repr__(self) -> str:
        return f"{self.description} ({self.times} times)" if self.times > 1 else self.description


def register(password: str, handle: str | None = None, spell: Callable[[str], str] = str) -> Probe:
    def send(client: EnumerationClient) -> Awaitable[httpx.Response]:
        optional = {"handle": handle} if handle else {}
        return client.post("register", email=spell(client.email), password=password, **optional)

    return Probe(f"register {password!r} {handle} {spell.__name__}", send)


def confirm(reference: str, code: str) -> Probe:
    return Probe(
        f"confirm {reference} {code!r}",
        lambda client: client.post("confirm", registration=client.resolve_registration(reference), code=code),
    )


def resend(reference: str) -> Probe:
    return Probe(
        f"resend {reference}",
        lambda client: client.post("resend", registration=client.resolve_registration(reference)),
    )


def request_reset(spell: Callable[[str], str] = str) -> Probe:
    return Probe(
        f"request reset {spell.__name__}", lambda client: client.post("password/forgot", email=spell(client.email))
    )


def reset_password(code: str, password: str, spell: Callable[[str], str] = str) -> Probe:
    return Probe(
        f"reset password {code!r} {password!r} {spell.__name__}",
        lambda client: client.post("password/reset", email=spell(client.email), code=code, new_password=password),
    )


def log_in(password: str, spell: Callable[[str], str] = str) -> Probe:
    return Probe(
        f"log in {password!r} {spell.__name__}",
        lambda client: client.post("login", email=spell(client.email), password=password),
    )


def request_token(password: str) -> Probe:
    def send(client: EnumerationClient) -> Awaitable[httpx.Response]:
        form = {"grant_type": "password", "username": client.email, "password": password}
        return client.http.post("/v1/auth/token", data=form)

    return Probe(f"request token {password!r}", send)


def fingerprint(response: httpx.Response) -> tuple[Any, ...]:
    """Return all parts of a response in which account states could differ.

    UUIDs are new in each response. So a placeholder with the variant and the version replaces each of them.
    """
    headers = [(name.decode(), _mask_uuids(value.decode("latin-1"))) for name, value in response.headers.raw]
    return response.status_code, response.reason_phrase, headers, _mask_uuids(response.text)


def _mask_uuids(text: str) -> str:
    return _UUID.sub(lambda match: f"<{uuid.UUID(match[0]).variant}, version {uuid.UUID(match[0]).version}>", text)
