"""A confirmed account has the password of its own registrant, in any order of concurrent requests."""

import itertools
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.accounts.sign_up import SignUp
from app.cognito.user_pool import EmailInUseError, MailNotSentError, UserPool
from app.errors import InvalidCodeError, UnavailableError
from testkit.hypothesis_settings import without_deadline
from tests.unit.accounts.sign_up_fakes import (
    FakeClock,
    FakePendingConfirmations,
    FakeRegistrations,
    FakeUserPool,
    Turns,
    run_in_turns,
)

EMAIL = "kay@example.org"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr("app.accounts.sign_up.time", clock)
    return clock


# A registration that removes a user has seven steps. A confirmation has four or more.
REMOVAL_STEPS = 11
REMOVAL_ORDERS = [
    ["confirm" if step in confirm_steps else "register" for step in range(REMOVAL_STEPS)]
    for confirm_steps in itertools.combinations(range(REMOVAL_STEPS), 4)
]


def test_confirmation_or_removal_wins_in_any_order(clock: FakeClock) -> None:
    outcomes = set()
    for order in REMOVAL_ORDERS:
        pool, registrations = FakeUserPool(), FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        first = sign_up.register(EMAIL, "first", None)
        member_id = registrations.member_ids[first]
        assert member_id is not None
        turns = pool.turns = registrations.turns = Turns(order, ["register", "confirm"])
        results = run_in_turns(
            turns,
            register=lambda sign_up=sign_up: sign_up.register(EMAIL, "second", None),
            confirm=lambda sign_up=sign_up, first=first, code=member_id: sign_up.confirm(first, code),
        )

        second = registrations.member_ids[results["register"]]
        if results["confirm"] is None:
            assert pool.users[member_id].confirmed, order
            assert pool.passwords[member_id] == "first"
            assert second is None, order
        else:
            assert isinstance(results["confirm"], InvalidCodeError), order
            assert member_id not in pool.users, order
            assert second is not None
            assert not pool.users[second].confirmed
        outcomes.add(results["confirm"] is None)
    assert outcomes == {True, False}


# Here the fifth and last step of a registration is a delete whose response is lost. Cognito runs the delete at once,
# later, or after all other steps.
LATE_DELETE_ORDERS = [
    [*order[:end], "cognito", *order[end:]]
    for confirm_steps in itertools.combinations(range(9), 4)
    for order in [["confirm" if step in confirm_steps else "register" for step in range(9)]]
    for end in range(order.index("register") + 5, 10)
]


def test_late_delete_removes_no_confirmed_user_in_any_order(clock: FakeClock) -> None:
    clock.is_running = True
    outcomes = set()
    for order in LATE_DELETE_ORDERS:
        pool, registrations = FakeUserPool(lost_deletes=itertools.repeat(True)), FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        first = sign_up.register(EMAIL, "first", None)
        member_id = registrations.member_ids[first]
        assert member_id is not None
        turns = pool.turns = registrations.turns = Turns(order, ["register", "confirm", "cognito"])
        results = run_in_turns(
            turns,
            register=lambda sign_up=sign_up: sign_up.register(EMAIL, "second", None),
            confirm=lambda sign_up=sign_up, first=first, code=member_id: sign_up.confirm(first, code),
            cognito=pool.run_pending_deletes,
        )
        pool.run_pending_deletes()

        if results["confirm"] is None:
            assert pool.users[member_id].confirmed, order
            assert pool.passwords[member_id] == "first"
        outcomes.add(type(results["confirm"]))
    assert outcomes == {type(None), InvalidCodeError, UnavailableError}


TWO_REGISTRATION_ORDERS = [
    ["one" if step in first_steps else "two" for step in range(14)]
    for first_steps in itertools.combinations(range(14), 3)
]


def test_two_registrations_leave_one_user_in_any_order(clock: FakeClock) -> None:
    for order in TWO_REGISTRATION_ORDERS:
        pool, registrations = FakeUserPool(), FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        sign_up.register(EMAIL, "before", None)
        turns = pool.turns = registrations.turns = Turns(order, ["one", "two"])
        results = run_in_turns(
            turns,
            one=lambda sign_up=sign_up: sign_up.register(EMAIL, "one", None),
            two=lambda sign_up=sign_up: sign_up.register(EMAIL, "two", None),
        )
        member_ids = {name: registrations.member_ids[registration] for name, registration in results.items()}
        ((user_id, user),) = pool.users.items()
        assert not user.confirmed
        winner = pool.passwords[user_id]
        assert member_ids[winner] == user_id, order
        assert [name for name, member_id in member_ids.items() if member_id == user_id] == [winner], order


ACTORS = ("one", "two", "confirm", "cognito")


def test_remaining_users_belong_to_their_registrations(clock: FakeClock) -> None:
    clock.is_running = True
    outcomes = set()

    @hypothesis_settings(without_deadline, max_examples=300, database=None)
    @given(st.lists(st.sampled_from(ACTORS), min_size=8, max_size=25), st.lists(st.booleans(), min_size=6, max_size=6))
    def run_scenario(order: list[str], lost_deletes: list[bool]) -> None:
        pool, registrations = FakeUserPool(lost_deletes=itertools.cycle(lost_deletes)), FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        registration_ids = {"before": sign_up.register(EMAIL, "before", None)}
        (before,) = pool.users
        turns = pool.turns = registrations.turns = Turns(order, ACTORS)
        results = run_in_turns(
            turns,
            one=lambda: sign_up.register(EMAIL, "one", None),
            two=lambda: sign_up.register(EMAIL, "two", None),
            confirm=lambda: sign_up.confirm(registration_ids["before"], before),
            cognito=pool.run_pending_deletes,
        )
        pool.run_pending_deletes()
        registrations.marks.clear()  # The marks have expired by now.

        registration_ids |= {name: results[name] for name in ("one", "two") if isinstance(results[name], str)}
        if results["confirm"] is None:
            assert pool.users[before].confirmed
        for user_id, user in pool.users.items():
            registration = registration_ids[pool.passwords[user_id]]
            assert registrations.member_ids[registration] == user_id
            if not user.confirmed:
                sign_up.confirm(registration, user_id)
        outcomes.add((type(results["confirm"]), *(pool.passwords[user_id] for user_id in pool.users)))

    run_scenario()
    assert {(type(None), "before"), (InvalidCodeError, "one"), (InvalidCodeError, "two")} <= outcomes


class TestRegister:
    def test_new_email_gets_a_registration(self) -> None:
        pool, registrations = FakeUserPool(), FakeRegistrations()
        registration = SignUp(pool, registrations, FakePendingConfirmations()).register(EMAIL, "first", "kay")
        (user,) = pool.users.values()
        assert registrations.member_ids == {registration: user.id}
        assert user.wished_handle == "kay"

    def test_registration_for_a_confirmed_email_confirms_no_user(self) -> None:
        pool, registrations = FakeUserPool(), FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        first = sign_up.register(EMAIL, "first", None)
        (member_id,) = pool.users
        sign_up.confirm(first, member_id)
        second = sign_up.register(EMAIL, "second", None)
        assert registrations.member_ids[second] is None
        assert pool.passwords == {member_id: "first"}
        with pytest.raises(InvalidCodeError):
            sign_up.confirm(second, member_id)

    def test_new_registration_replaces_an_unconfirmed_user(self) -> None:
        pool, registrations = FakeUserPool(), FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        first = sign_up.register(EMAIL, "first", None)
        second = sign_up.register(EMAIL, "second", None)
        ((member_id, _),) = pool.users.items()
        assert pool.passwords[member_id] == "second"
        with pytest.raises(InvalidCodeError):
            sign_up.confirm(first, member_id)
        sign_up.confirm(second, member_id)
        assert pool.users[member_id].confirmed

    def test_registration_without_a_mail_confirms_no_user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Another request may have registered the email since. This registration must not confirm that user.
        monkeypatch.setattr(FakeUserPool, "sign_up", Mock(side_effect=MailNotSentError))
        registrations = FakeRegistrations()
        registration = SignUp(FakeUserPool(), registrations, FakePendingConfirmations()).register(EMAIL, "first", None)
        assert registrations.member_ids == {registration: None}

    def test_repeated_collisions_confirm_no_user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(FakeUserPool, "sign_up", Mock(side_effect=EmailInUseError))
        registrations = FakeRegistrations()
        registration = SignUp(FakeUserPool(), registrations, FakePendingConfirmations()).register(EMAIL, "first", None)
        assert registrations.member_ids == {registration: None}

    def test_retry_after_a_lost_delete_succeeds(self) -> None:
        pool, registrations = FakeUserPool(lost_deletes=iter([True, False])), FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        sign_up.register(EMAIL, "other", None)
        registrations.mark_for_removal(next(iter(pool.users)))  # The mark of a request that crashed.
        with pytest.raises(ReadTimeoutError):
            sign_up.register(EMAIL, "first", None)
        registration = sign_up.register(EMAIL, "first", None)
        ((member_id, _),) = pool.users.items()
        pool.run_pending_deletes()
        sign_up.confirm(registration, member_id)
        assert pool.users[member_id].confirmed
        assert pool.passwords[member_id] == "first"


class TestConfirm:
    def test_registration_without_a_user_makes_no_call(self) -> None:
        pool: Any = Mock(spec=UserPool)
        registrations = FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        for registration in (registrations.create(None, "pending key"), "x"):
            with pytest.raises(InvalidCodeError):
                sign_up.confirm(registration, "123456")
            sign_up.resend(registration)
        assert pool.mock_calls == []

    def test_confirmation_times_out_on_a_stale_mark_and_keeps_the_code(self, clock: FakeClock) -> None:
        pool, registrations = FakeUserPool(), FakeRegistrations()
        sign_up = SignUp(pool, registrations, FakePendingConfirmations())
        registration = sign_up.register(EMAIL, "first", None)
        (member_id,) = pool.users
        mark = registrations.mark_for_removal(member_id)

        clock.is_running = True
        with pytest.raises(UnavailableError):
            sign_up.confirm(registration, member_id)
        assert 3 < clock.now < 10
        registrations.unmark(member_id, mark)
        sign_up.confirm(registration, member_id)
        assert pool.users[member_id].confirmed


@pytest.mark.parametrize(
    "failure",
    [None, UnavailableError(), EndpointConnectionError(endpoint_url="dynamodb"), ClientError({}, "DeleteItem")],
    ids=["no failure", "request deadline", "connection error", "client error"],
)
def test_confirmation_forgets_its_own_row_or_ignores_the_error(failure: Exception | None) -> None:
    pool, registrations = FakeUserPool(), FakeRegistrations(failure=failure)
    pending_confirmations = FakePendingConfirmations()
    sign_up = SignUp(pool, registrations, pending_confirmations)
    sign_up.register(EMAIL, "first", None)
    registration = sign_up.register(EMAIL, "second", None)
    assert pending_confirmations.exists(EMAIL, "second")
    (user,) = pool.users
    sign_up.confirm(registration, user)
    assert pool.users[user].confirmed
    assert pending_confirmations.exists(EMAIL, "first")
    assert pending_confirmations.exists(EMAIL, "second") is (failure is not None)
    assert not pending_confirmations.exists(EMAIL, "third")
