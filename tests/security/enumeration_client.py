"""Somebody who asks about an email, and cannot read its mail; and all that may differ between two answers to them."""

import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

UNKNOWN_REGISTRATION = "5e1f0b43-5b2a-4b0c-9d6e-0f6f3e6d5c4b"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(slots=True)
class Asker:
    """Asks about one email, and remembers the registrations that they were answered with."""

    http: httpx.AsyncClient
    email: str
    registrations: list[str] = field(default_factory=list)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        answer = await self.http.post(f"/v1/auth/{path}", json=body)
        if path == "register" and answer.status_code == 202:
            self.registrations.append(answer.json()["registration"])
        return answer

    def registration(self, which: str) -> str:
        """The first or the last of their own; any other is as it is."""
        if which in {"first", "last"} and self.registrations:
            return self.registrations[0 if which == "first" else -1]
        return UNKNOWN_REGISTRATION if which in {"first", "last"} else which


@dataclass(frozen=True, slots=True)
class Question:
    """A request about an email, so many times."""

    text: str
    ask: Callable[[Asker], Awaitable[httpx.Response]]
    times: int = 1

    def __repr__(self) -> str:
        return f"{self.text} ({self.times} times)" if self.times > 1 else self.text


def register(password: str, handle: str | None = None, spelled: Callable[[str], str] = str) -> Question:
    def ask(asker: Asker) -> Awaitable[httpx.Response]:
        wish = {"handle": handle} if handle else {}
        return asker.post("register", email=spelled(asker.email), password=password, **wish)

    return Question(f"register {password!r} {handle} {spelled.__name__}", ask)


def confirm(which: str, code: str) -> Question:
    return Question(
        f"confirm {which} {code!r}",
        lambda asker: asker.post("confirm", registration=asker.registration(which), code=code),
    )


def resend(which: str) -> Question:
    return Question(f"resend {which}", lambda asker: asker.post("resend", registration=asker.registration(which)))


def forgot(spelled: Callable[[str], str] = str) -> Question:
    return Question(
        f"forgot {spelled.__name__}", lambda asker: asker.post("password/forgot", email=spelled(asker.email))
    )


def reset(code: str, password: str, spelled: Callable[[str], str] = str) -> Question:
    return Question(
        f"reset {code!r} {password!r} {spelled.__name__}",
        lambda asker: asker.post("password/reset", email=spelled(asker.email), code=code, new_password=password),
    )


def login(password: str, spelled: Callable[[str], str] = str) -> Question:
    return Question(
        f"login {password!r} {spelled.__name__}",
        lambda asker: asker.post("login", email=spelled(asker.email), password=password),
    )


def token(password: str) -> Question:
    def ask(asker: Asker) -> Awaitable[httpx.Response]:
        form = {"grant_type": "password", "username": asker.email, "password": password}
        return asker.http.post("/v1/auth/token", data=form)

    return Question(f"token {password!r}", ask)


def seen(answer: httpx.Response) -> tuple[Any, ...]:
    """Everything about an answer, with each UUID as its form: ids are new every time, and shall not differ else."""
    headers = [(name.decode(), _forms(value.decode("latin-1"))) for name, value in answer.headers.raw]
    return answer.status_code, answer.reason_phrase, headers, _forms(answer.text)


def _forms(text: str) -> str:
    return _UUID.sub(lambda found: f"<{uuid.UUID(found[0]).variant}, version {uuid.UUID(found[0]).version}>", text)
