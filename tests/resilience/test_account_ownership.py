"""Two people and one address, of which one reads its mail: whatever they do in whatever order, the other never gets in.

MiniStack's codes are the same for everybody, so the other is given none but wrong ones. What a right one would be worth
to them is told in tests/api/test_account_prehijacking.py.
"""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as Profile  # noqa: N812 -- `settings` are the app's here
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from app.settings import Settings
from devstack.mail import parse
from devstack.process import Service
from testkit.api_client import Api, Transport, open_api
from tests.conftest import Figures

pytestmark = pytest.mark.security

EXAMPLES = int(os.environ.get("EXAMPLES", "1"))

PASSWORDS = {
    "owner": ("the owner's first password", "the owner's second password"),
    "other": ("the other's first password", "the other's second password"),
}
_WHO = st.sampled_from(("owner", "other"))
_EITHER = st.integers(min_value=0, max_value=1)
_PICK = st.integers(min_value=0, max_value=10_000)
_GUESS = st.sampled_from(("000000", "123465", "654312", ""))

_numbers = itertools.count(1)


@dataclass(slots=True)
class Account:
    """What the pool has of the address: by which registration, and what logs in."""

    registration: str
    password: str
    confirmed: bool = False
    reset_asked_for: bool = False


@dataclass(slots=True)
class Place:
    """The api that all examples share, and what happened in it."""

    api: Api
    runner: asyncio.Runner
    mailbox: httpx.Client
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, doing: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
        return self.runner.run(doing)

    def latest_code(self, address: str) -> str | None:
        """The code in the latest mail to an address, which its owner reads."""
        mails = self.mailbox.get("/_ministack/ses/messages").raise_for_status().json()
        return next((mail.code for mail in reversed(list(parse(mails))) if mail.recipient == address), None)


class Ownership(RuleBasedStateMachine):
    """The owner and the other, on an address that nobody has used before."""

    place: Place

    def __init__(self) -> None:
        super().__init__()
        self.address = f"address{next(_numbers)}@example.org"
        self.account: Account | None = None
        self.registrations: dict[str, list[str]] = {"owner": [], "other": []}
        self.live: list[dict[str, Any]] = []
        self.dead: list[dict[str, Any]] = []

    @initialize(begun=st.sampled_from(("by nobody", "by the other", "by the owner", "by the owner, who is in")))
    def it_begins(self, begun: str) -> None:
        if begun != "by nobody":
            self.registers("other" if begun == "by the other" else "owner", 0)
        if begun.endswith("who is in"):
            self.owner_confirms(0)
            self.owner_logs_in(0)

    @rule(who=_WHO, password=_EITHER)
    def registers(self, who: str, password: int) -> None:
        # Hypothesis seeds what handles are made up by, so nobody goes without a wish.
        wish = f"wish_{next(_numbers)}"
        answer = self.post("register", email=self.address, password=PASSWORDS[who][password], handle=wish)
        assert answer.status_code == 202
        self.registrations[who].append(answer.json()["registration"])
        if self.account is None or not self.account.confirmed:
            self.account = Account(self.registrations[who][-1], PASSWORDS[who][password])

    @precondition(lambda self: any(self.registrations.values()))
    @rule(who=_WHO, which=_PICK)
    def resends(self, who: str, which: int) -> None:
        own = self.registrations[who]
        if own:
            assert self.post("resend", registration=own[which % len(own)]).status_code == 202

    @precondition(lambda self: self.registrations["owner"])
    @rule(steps_back=_EITHER)
    def owner_confirms(self, steps_back: int) -> None:
        registration = self.registrations["owner"][-1 - steps_back :][0]
        code = self.place.latest_code(self.address) or "none"
        account = self.account
        opens = account and not account.confirmed and (registration, code) == (account.registration, "123456")
        answer = self.post("confirm", registration=registration, code=code)
        assert answer.status_code == (204 if opens else 400)
        if opens and account:
            account.confirmed = True
            assert account.password in PASSWORDS["owner"]

    @precondition(lambda self: self.registrations["other"])
    @rule(which=_PICK, guess=_GUESS)
    def other_confirms(self, which: int, guess: str) -> None:
        registration = self.registrations["other"][which % len(self.registrations["other"])]
        assert self.post("confirm", registration=registration, code=guess).status_code == 400

    @rule(password=_EITHER)
    def owner_logs_in(self, password: int) -> None:
        answer = self.log_in(PASSWORDS["owner"][password])
        opens = self.account and self.account.confirmed and self.account.password == PASSWORDS["owner"][password]
        assert (answer.status_code == 200) is bool(opens)
        if opens:
            self.live.append(answer.json())

    @rule(password=_EITHER)
    def other_logs_in(self, password: int) -> None:
        assert self.log_in(PASSWORDS["other"][password]).status_code in (401, 403)

    @rule()
    def either_asks_for_a_reset(self) -> None:
        assert self.post("password/forgot", email=self.address).status_code == 202
        if self.account:
            self.account.reset_asked_for = True

    @rule(password=_EITHER)
    def owner_resets(self, password: int) -> None:
        code, new = self.place.latest_code(self.address) or "none", PASSWORDS["owner"][password]
        opens = self.account and self.account.reset_asked_for and code == "654321"
        repeated = self.account and self.account.confirmed and self.account.password == new
        answer = self.reset(code, new)
        assert answer.status_code == (204 if opens or repeated else 400)
        if opens and self.account:
            # MiniStack lets an unconfirmed user reset, too: then whoever reads the mail is the one who sets it.
            self.account = Account(self.account.registration, new, confirmed=True)
        if opens or repeated:
            self.sessions_end()

    @rule(password=_EITHER, guess=_GUESS)
    def other_resets(self, password: int, guess: str) -> None:
        assert self.reset(guess, PASSWORDS["other"][password]).status_code == 400

    @precondition(lambda self: self.live)
    @rule(current=_EITHER, new=_EITHER)
    def owner_changes_the_password(self, current: int, new: int) -> None:
        assert self.account
        before, after = PASSWORDS["owner"][current], PASSWORDS["owner"][new]
        known = self.account.password in (before, after)  # The new one, where the request is a repeated one.
        assert self.change(self.live[-1], before, after).status_code == (204 if known else 403)
        if known:
            self.account.password = after
            self.sessions_end()

    @precondition(lambda self: self.dead)
    @rule(which=_PICK)
    def an_ended_session_changes_nothing(self, which: int) -> None:
        session = self.dead[which % len(self.dead)]
        assert self.change(session, *PASSWORDS["owner"]).status_code == 401

    @precondition(lambda self: self.live or self.dead)
    @rule(which=_PICK)
    def a_session_goes_on(self, which: int) -> None:
        sessions = self.live + self.dead
        self.assert_goes_on_if_live(sessions[which % len(sessions)])

    def teardown(self) -> None:
        """The owner gets in, and nobody else has."""
        self.place.counts["examples"] += 1
        password = PASSWORDS["owner"][0]
        self.registers("owner", 0)
        code = self.place.latest_code(self.address)
        confirmed = self.post("confirm", registration=self.registrations["owner"][-1], code=code or "none")
        if confirmed.status_code != 204:
            self.either_asks_for_a_reset()
            assert self.reset(self.place.latest_code(self.address) or "none", password).status_code == 204
            self.sessions_end()
        session = self.log_in(password)
        assert session.status_code == 200
        self.live.append(session.json())
        for theirs in PASSWORDS["other"]:
            assert self.log_in(theirs).status_code in (401, 403)
        for each in self.live + self.dead:
            self.assert_goes_on_if_live(each)

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.counted(path, self.place.run(self.place.api.http.post(f"/v1/auth/{path}", json=body)))

    def log_in(self, password: str) -> httpx.Response:
        return self.post("login", email=self.address, password=password)

    def reset(self, code: str, password: str) -> httpx.Response:
        return self.post("password/reset", email=self.address, code=code, new_password=password)

    def change(self, session: dict[str, Any], current: str, new: str) -> httpx.Response:
        http = self.place.api.session(self.address, session).http
        body = {"current_password": current, "new_password": new}
        return self.counted("change", self.place.run(http.put("/v1/me/password", json=body)))

    def counted(self, path: str, answer: httpx.Response) -> httpx.Response:
        self.place.counts[f"{path}: {answer.status_code}"] += 1
        return answer

    def assert_goes_on_if_live(self, session: dict[str, Any]) -> None:
        answer = self.post("refresh", refresh_token=session["refresh_token"])
        assert answer.status_code == (200 if session in self.live else 401)
        if session in self.live:
            me = self.place.run(self.place.api.session(self.address, answer.json()).http.get("/v1/me"))
            assert me.status_code == 200, me.text
            assert me.json()["email"] == self.address

    def sessions_end(self) -> None:
        self.dead += self.live
        self.live = []


def _check(place: Place, examples: int) -> None:
    profile = Profile(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(type("Ownership", (Ownership,), {"place": place}), settings=profile)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("transport", ["uvicorn", "rest"])
def test_the_other_never_gets_in_and_the_owner_always_does(
    transport: Transport, settings: Settings, embedded: Service, figures: Figures
) -> None:
    opening = open_api(settings, embedded.endpoint, transport)
    mailbox = httpx.Client(base_url=embedded.endpoint, trust_env=False)
    with asyncio.Runner() as runner, mailbox:
        place = Place(runner.run(opening.__aenter__()), runner, mailbox)
        try:
            _check(place, 75 * EXAMPLES)
        finally:
            runner.run(opening.__aexit__(None, None, None))
            for name, count in sorted(place.counts.items()):
                figures(name, count)
