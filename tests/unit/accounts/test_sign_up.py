"""Whoever confirms an account gets in with their own password, whatever others do at the same moment."""

import itertools
import threading
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.registrations import RegistrationRepository
from app.accounts.sign_up import SignUp
from app.cognito.user_pool import EmailInUseError, MailNotSentError, User, UserPool
from app.errors import InvalidCodeError, UnavailableError
from testkit.doubles import SETTINGS
from testkit.hypothesis_settings import unhurried

EMAIL = "kay@example.org"


class Turns:
    """Lets two take turns, one step each time, in a given order, and after that in alternation."""

    def __init__(self, order: Sequence[str] = (), actors: Sequence[str] = ()) -> None:
        self._order = deque(order)
        self._actors = deque(actors)
        self._changed = threading.Condition()
        self._had: set[str] = set()
        self._turn = self._next() if actors else ""

    def take(self) -> None:
        """Wait for this thread's turn; the one that it had is over."""
        me = threading.current_thread().name
        with self._changed:
            if me not in self._actors:
                return  # Nobody takes turns with the test itself.
            if me in self._had:
                self._pass_on()
            self._had.add(me)
            assert self._changed.wait_for(lambda: self._turn == me, 10)

    def finish(self) -> None:
        with self._changed:
            self._actors.remove(threading.current_thread().name)
            if self._actors:
                self._pass_on()

    def _pass_on(self) -> None:
        self._turn = self._next()
        self._changed.notify_all()

    def _next(self) -> str:
        while self._order:
            actor = self._order.popleft()
            if actor in self._actors:
                return actor
        self._actors.rotate()
        return self._actors[0]


@dataclass
class Pool(UserPool):
    """A user pool in a dictionary, whose every call is a step; the code of a user is the user's id."""

    turns: Turns = field(default_factory=Turns)
    users: dict[str, User] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    deaf: Iterator[bool] = field(default_factory=lambda: itertools.repeat(False))  # To the answers to its removals.
    asked_for: list[str] = field(default_factory=list)  # Removals that are still under way.

    def __post_init__(self) -> None:
        super().__init__(SETTINGS)

    def sign_up(self, email: str, password: str, wished_handle: str | None) -> str:
        self.turns.take()
        if any(user.email == email for user in self.users.values()):
            raise EmailInUseError
        user_id = str(uuid.uuid4())
        self.users[user_id] = User(user_id, email, wished_handle, datetime.now(UTC), confirmed=False)
        self.passwords[user_id] = password
        return user_id

    def confirm(self, user_id: str, code: str) -> None:
        self.turns.take()
        if code != user_id or user_id not in self.users or self.users[user_id].confirmed:
            raise InvalidCodeError
        self.users[user_id] = replace(self.users[user_id], confirmed=True)

    def get_user(self, name: str) -> User | None:
        self.turns.take()
        return next((user for user in self.users.values() if name in (user.id, user.email)), None)

    def delete(self, user_id: str) -> None:
        self.turns.take()
        if next(self.deaf):
            self.asked_for.append(user_id)
            raise ReadTimeoutError(endpoint_url="cognito")
        self.users.pop(user_id, None)

    def go_on(self) -> None:
        """Come to the end of the removals whose answers nobody heard."""
        self.turns.take()
        while self.asked_for:
            self.users.pop(self.asked_for.pop(), None)


@dataclass
class Registrations(RegistrationRepository):
    """Registrations in a dictionary, whose every call is a step."""

    turns: Turns = field(default_factory=Turns)
    opened: dict[str, str | None] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    marks: set[tuple[str, str]] = field(default_factory=set)

    def create(self, member_id: str | None, waiting: str) -> str:
        self.turns.take()
        registration = str(uuid.uuid4())
        self.opened[registration] = member_id
        self.waiting[registration] = waiting
        return registration

    def delete(self, registration: str) -> str | None:
        # No step: whoever is told of it has been confirmed before.
        if self.failure:
            raise self.failure
        return self.waiting.pop(registration, None)

    def get_member_id(self, registration: str) -> str | None:
        self.turns.take()
        return self.opened.get(registration)

    def mark_for_removal(self, member_id: str) -> str:
        self.turns.take()
        mark = str(uuid.uuid4())
        self.marks.add((member_id, mark))
        return mark

    def unmark(self, member_id: str, mark: str) -> None:
        self.turns.take()
        self.marks.remove((member_id, mark))

    def is_marked(self, member_id: str) -> bool:
        self.turns.take()
        return any(member_id == marked for marked, _ in self.marks)


@dataclass
class Waiting(PendingConfirmationRepository):
    """Who waits, in a dictionary."""

    rows: set[str] = field(default_factory=set)

    def record(self, email: str, password: str) -> str:
        self.rows.add(f"{email} {password}")
        return f"{email} {password}"

    def forget(self, pk: str) -> None:
        self.rows.discard(pk)

    def exists(self, email: str, password: str) -> bool:
        return f"{email} {password}" in self.rows


class StandingClock:
    """No time passes, or only by sleeping: how long a wait may take is a test of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.passes = False

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds * self.passes


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    clock = StandingClock()
    monkeypatch.setattr("app.accounts.sign_up.time", clock)
    return clock


def _side_by_side(turns: Turns, **calls: Any) -> dict[str, Any]:
    """What each of the calls returned or raised."""
    results: dict[str, Any] = {}

    def run(name: str) -> None:
        try:
            results[name] = calls[name]()
        except Exception as error:  # noqa: BLE001 -- it is a result like any other
            results[name] = error
        finally:
            turns.finish()

    threads = [threading.Thread(target=run, args=(name,), name=name) for name in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results.keys() == calls.keys()
    return results


# The one who registers makes seven steps, the one who confirms four or more.
STEPS = 11
ORDERS = [
    ["confirm" if step in confirming else "register" for step in range(STEPS)]
    for confirming in itertools.combinations(range(STEPS), 4)
]


def test_in_whatever_order_a_confirmation_and_a_replacement_meet_one_of_them_holds(clock: StandingClock) -> None:
    outcomes = set()
    for order in ORDERS:
        pool, registrations = Pool(), Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        first = sign_up.register(EMAIL, "first", None)
        member_id = registrations.opened[first]
        assert member_id is not None
        turns = pool.turns = registrations.turns = Turns(order, ["register", "confirm"])
        results = _side_by_side(
            turns,
            register=lambda sign_up=sign_up: sign_up.register(EMAIL, "second", None),
            confirm=lambda sign_up=sign_up, first=first, code=member_id: sign_up.confirm(first, code),
        )

        second = registrations.opened[results["register"]]
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


# The one who registers makes five steps, of which the last is a removal that it hears no answer to. Cognito comes to
# the end of it at once, or later, or after everything else.
ORDERS_OF_A_LATE_REMOVAL = [
    [*order[:end], "cognito", *order[end:]]
    for confirming in itertools.combinations(range(9), 4)
    for order in [["confirm" if step in confirming else "register" for step in range(9)]]
    for end in range(order.index("register") + 5, 10)
]


def test_in_whatever_order_an_unheard_removal_comes_in_what_is_acknowledged_stays(clock: StandingClock) -> None:
    clock.passes = True
    outcomes = set()
    for order in ORDERS_OF_A_LATE_REMOVAL:
        pool, registrations = Pool(deaf=itertools.repeat(True)), Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        first = sign_up.register(EMAIL, "first", None)
        member_id = registrations.opened[first]
        assert member_id is not None
        turns = pool.turns = registrations.turns = Turns(order, ["register", "confirm", "cognito"])
        results = _side_by_side(
            turns,
            register=lambda sign_up=sign_up: sign_up.register(EMAIL, "second", None),
            confirm=lambda sign_up=sign_up, first=first, code=member_id: sign_up.confirm(first, code),
            cognito=pool.go_on,
        )
        pool.go_on()

        if results["confirm"] is None:
            assert pool.users[member_id].confirmed, order
            assert pool.passwords[member_id] == "first"
        outcomes.add(type(results["confirm"]))
    assert outcomes == {type(None), InvalidCodeError, UnavailableError}


ORDERS_OF_TWO = [
    ["one" if step in ones else "two" for step in range(14)] for ones in itertools.combinations(range(14), 3)
]


def test_in_whatever_order_two_register_the_last_user_has_one_password_and_one_registration(
    clock: StandingClock,
) -> None:
    for order in ORDERS_OF_TWO:
        pool, registrations = Pool(), Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        sign_up.register(EMAIL, "before", None)
        turns = pool.turns = registrations.turns = Turns(order, ["one", "two"])
        results = _side_by_side(
            turns,
            one=lambda sign_up=sign_up: sign_up.register(EMAIL, "one", None),
            two=lambda sign_up=sign_up: sign_up.register(EMAIL, "two", None),
        )
        leading = {name: registrations.opened[registration] for name, registration in results.items()}
        ((user_id, user),) = pool.users.items()
        assert not user.confirmed
        winner = pool.passwords[user_id]
        assert leading[winner] == user_id, order
        assert [name for name, leads_to in leading.items() if leads_to == user_id] == [winner], order


_ACTORS = ("one", "two", "confirm", "cognito")


def test_in_any_order_of_all_of_them_whoever_is_left_gets_in_with_their_own_password(clock: StandingClock) -> None:
    clock.passes = True
    outcomes = set()

    @profile(unhurried, max_examples=300, database=None)
    @given(st.lists(st.sampled_from(_ACTORS), min_size=8, max_size=25), st.lists(st.booleans(), min_size=6, max_size=6))
    def meet(order: list[str], deaf: list[bool]) -> None:
        pool, registrations = Pool(deaf=itertools.cycle(deaf)), Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        opened = {"before": sign_up.register(EMAIL, "before", None)}
        (before,) = pool.users
        turns = pool.turns = registrations.turns = Turns(order, _ACTORS)
        results = _side_by_side(
            turns,
            one=lambda: sign_up.register(EMAIL, "one", None),
            two=lambda: sign_up.register(EMAIL, "two", None),
            confirm=lambda: sign_up.confirm(opened["before"], before),
            cognito=pool.go_on,
        )
        pool.go_on()
        registrations.marks.clear()  # Their time is over by now.

        opened |= {name: results[name] for name in ("one", "two") if isinstance(results[name], str)}
        if results["confirm"] is None:
            assert pool.users[before].confirmed
        for user_id, user in pool.users.items():
            registration = opened[pool.passwords[user_id]]
            assert registrations.opened[registration] == user_id
            if not user.confirmed:
                sign_up.confirm(registration, user_id)
        outcomes.add((type(results["confirm"]), *(pool.passwords[user_id] for user_id in pool.users)))

    meet()
    assert {(type(None), "before"), (InvalidCodeError, "one"), (InvalidCodeError, "two")} <= outcomes


class TestRegister:
    def test_a_new_email_gets_a_registration(self) -> None:
        pool, registrations = Pool(), Registrations()
        registration = SignUp(pool, registrations, Waiting()).register(EMAIL, "first", "kay")
        (user,) = pool.users.values()
        assert registrations.opened == {registration: user.id}
        assert user.wished_handle == "kay"

    def test_a_confirmed_email_gets_one_that_leads_nowhere(self) -> None:
        pool, registrations = Pool(), Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        first = sign_up.register(EMAIL, "first", None)
        (member_id,) = pool.users
        sign_up.confirm(first, member_id)
        second = sign_up.register(EMAIL, "second", None)
        assert registrations.opened[second] is None
        assert pool.passwords == {member_id: "first"}
        with pytest.raises(InvalidCodeError):
            sign_up.confirm(second, member_id)

    def test_an_unconfirmed_user_is_replaced_and_the_first_registration_leads_nowhere(self) -> None:
        pool, registrations = Pool(), Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        first = sign_up.register(EMAIL, "first", None)
        second = sign_up.register(EMAIL, "second", None)
        ((member_id, _),) = pool.users.items()
        assert pool.passwords[member_id] == "second"
        with pytest.raises(InvalidCodeError):
            sign_up.confirm(first, member_id)
        sign_up.confirm(second, member_id)
        assert pool.users[member_id].confirmed

    def test_a_mail_that_could_not_be_sent_leads_nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody else may have the address by now, whose user this registration must not confirm."""
        monkeypatch.setattr(Pool, "sign_up", Mock(side_effect=MailNotSentError))
        registrations = Registrations()
        registration = SignUp(Pool(), registrations, Waiting()).register(EMAIL, "first", None)
        assert registrations.opened == {registration: None}

    def test_where_others_register_the_same_email_again_and_again_theirs_count(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Pool, "sign_up", Mock(side_effect=EmailInUseError))
        registrations = Registrations()
        registration = SignUp(Pool(), registrations, Waiting()).register(EMAIL, "first", None)
        assert registrations.opened == {registration: None}

    def test_what_an_earlier_try_of_ones_own_has_left_behind_is_in_nobodys_way(self) -> None:
        pool, registrations = Pool(deaf=iter([True, False])), Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        sign_up.register(EMAIL, "somebody else's", None)
        registrations.mark_for_removal(next(iter(pool.users)))  # And then it crashed.
        with pytest.raises(ReadTimeoutError):
            sign_up.register(EMAIL, "first", None)
        registration = sign_up.register(EMAIL, "first", None)
        ((member_id, _),) = pool.users.items()
        pool.go_on()
        sign_up.confirm(registration, member_id)
        assert pool.users[member_id].confirmed
        assert pool.passwords[member_id] == "first"


class TestConfirm:
    def test_a_registration_that_leads_nowhere_asks_cognito_nothing(self) -> None:
        pool: Any = Mock(spec=UserPool)
        registrations = Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        for registration in (registrations.create(None, "nobody"), "x"):
            with pytest.raises(InvalidCodeError):
                sign_up.confirm(registration, "123456")
            sign_up.resend(registration)
        assert pool.mock_calls == []

    def test_a_replacement_that_never_ends_is_waited_for_some_seconds_and_uses_up_no_code(
        self, clock: StandingClock
    ) -> None:
        pool, registrations = Pool(), Registrations()
        sign_up = SignUp(pool, registrations, Waiting())
        registration = sign_up.register(EMAIL, "first", None)
        (member_id,) = pool.users
        mark = registrations.mark_for_removal(member_id)

        clock.passes = True
        with pytest.raises(UnavailableError):
            sign_up.confirm(registration, member_id)
        assert 3 < clock.now < 10
        registrations.unmark(member_id, mark)
        sign_up.confirm(registration, member_id)
        assert pool.users[member_id].confirmed


@pytest.mark.parametrize(
    "failure",
    [None, UnavailableError(), EndpointConnectionError(endpoint_url="dynamodb"), ClientError({}, "DeleteItem")],
    ids=["nothing fails", "no time", "no answer", "refused"],
)
def test_whoever_registered_waits_until_they_confirm_and_whatever_others_do(failure: Exception | None) -> None:
    pool, registrations = Pool(), Registrations(failure=failure)
    waiting = Waiting()
    sign_up = SignUp(pool, registrations, waiting)
    sign_up.register(EMAIL, "first", None)
    registration = sign_up.register(EMAIL, "second", None)
    assert waiting.exists(EMAIL, "second")
    (user,) = pool.users
    sign_up.confirm(registration, user)
    assert pool.users[user].confirmed
    assert waiting.exists(EMAIL, "first")
    assert waiting.exists(EMAIL, "second") is (failure is not None)
    assert not waiting.exists(EMAIL, "third")
