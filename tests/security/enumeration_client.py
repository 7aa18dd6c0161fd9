"""A client that probes for accounts without access to the mail, and everything in which two responses can differ."""

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
    """Probes one email, and remembers the registrations in the responses."""

    http: httpx.AsyncClient
    email: str
    registrations: list[str] = field(default_factory=list)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        response = await self.http.post(f"/v1/auth/{path}", json=body)
        if path == "register" and response.status_code == 202:
            self.registrations.append(response.json()["registration"])
        return response

    def resolve_registration(self, reference: str) -> str:
        """Return the client's own registration for "first" and "last". Return any other reference unchanged."""
        if reference in {"first", "last"} and self.registrations:
            return self.registrations[0 if reference == "first" else -1]
        return UNKNOWN_REGISTRATION if reference in {"first", "last"} else reference


@dataclass(frozen=True, slots=True)
class Probe:
    """A request about an email, and its number of repetitions."""

    text: str
    send: Callable[[EnumerationClient], Awaitable[httpx.Response]]
    times: int = 1

    def __repr__(self) -> str:
        return f"{self.text} ({self.times} times)" if self.times > 1 else self.text


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


def forgot(spell: Callable[[str], str] = str) -> Probe:
    return Probe(f"forgot {spell.__name__}", lambda client: client.post("password/forgot", email=spell(client.email)))


def reset(code: str, password: str, spell: Callable[[str], str] = str) -> Probe:
    return Probe(
        f"reset {code!r} {password!r} {spell.__name__}",
        lambda client: client.post("password/reset", email=spell(client.email), code=code, new_password=password),
    )


def login(password: str, spell: Callable[[str], str] = str) -> Probe:
    return Probe(
        f"login {password!r} {spell.__name__}",
        lambda client: client.post("login", email=spell(client.email), password=password),
    )


def token(password: str) -> Probe:
    def send(client: EnumerationClient) -> Awaitable[httpx.Response]:
        form = {"grant_type": "password", "username": client.email, "password": password}
        return client.http.post("/v1/auth/token", data=form)

    return Probe(f"token {password!r}", send)


def fingerprint(response: httpx.Response) -> tuple[Any, ...]:
    """Return everything that a client sees of a response.

    UUIDs are new in each response, so each is replaced by its variant and version.
    """
    headers = [(name.decode(), _mask_uuids(value.decode("latin-1"))) for name, value in response.headers.raw]
    return response.status_code, response.reason_phrase, headers, _mask_uuids(response.text)


def _mask_uuids(text: str) -> str:
    return _UUID.sub(lambda found: f"<{uuid.UUID(found[0]).variant}, version {uuid.UUID(found[0]).version}>", text)
