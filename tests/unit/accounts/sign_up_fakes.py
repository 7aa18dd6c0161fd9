"""Fakes for `SignUp` whose calls run one step at a time, in an order that the test decides."""

import itertools
import threading
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ReadTimeoutError

from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.registrations import RegistrationRepository
from app.cognito.user_pool import EmailInUseError, User, UserPool
from app.errors import InvalidCodeError
from testkit.doubles import SETTINGS


class Turns:
    """A scheduler that lets threads run one step at a time: first in the given order, then in turn."""

    def __init__(self, order: Sequence[str] = (), actors: Sequence[str] = ()) -> None:
        self._order = deque(order)
        self._actors = deque(actors)
        self._condition = threading.Condition()
        self._started: set[str] = set()
        self._turn = self._pop_next_actor() if actors else ""

    def take(self) -> None:
        """End the thread's turn if it has one, and wait for its next turn."""
        name = threading.current_thread().name
        with self._condition:
            if name not in self._actors:
                return  # The thread of the test itself takes no turns.
            if name in self._started:
                self._start_next_turn()
            self._started.add(name)
            assert self._condition.wait_for(lambda: self._turn == name, 10)

    def finish(self) -> None:
        """End the thread's last turn."""
        with self._condition:
            self._actors.remove(threading.current_thread().name)
            if self._actors:
                self._start_next_turn()

    def _start_next_turn(self) -> None:
        self._turn = self._pop_next_actor()
        self._condition.notify_all()

    def _pop_next_actor(self) -> str:
        while self._order:
            actor = self._order.popleft()
            if actor in self._actors:
                return actor
        self._actors.rotate()
        return self._actors[0]


@dataclass
class FakeUserPool(UserPool):
    """A user pool in a dictionary. Each call is a step. The code of a user is the user's id."""

    turns: Turns = field(default_factory=Turns)
    users: dict[str, User] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    # For each delete, whether its response is lost. Such a delete stays pending.
    lost_deletes: Iterator[bool] = field(default_factory=lambda: itertools.repeat(False))
    pending_deletes: list[str] = field(default_factory=list)

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
        if next(self.lost_deletes):
            self.pending_deletes.append(user_id)
            raise ReadTimeoutError(endpoint_url="cognito")
        self.users.pop(user_id, None)

    def run_pending_deletes(self) -> None:
        """Delete the users of all pending deletes."""
        self.turns.take()
        while self.pending_deletes:
            self.users.pop(self.pending_deletes.pop(), None)


@dataclass
class FakeRegistrations(RegistrationRepository):
    """Registrations in a dictionary. Each call is a step, except `delete`."""

    turns: Turns = field(default_factory=Turns)
    member_ids: dict[str, str | None] = field(default_factory=dict)
    pending_keys: dict[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    marks: set[tuple[str, str]] = field(default_factory=set)

    def create(self, member_id: str | None, pending_key: str) -> str:
        self.turns.take()
        registration = str(uuid.uuid4())
        self.member_ids[registration] = member_id
        self.pending_keys[registration] = pending_key
        return registration

    def delete(self, registration: str) -> str | None:
        # Not a step: the user is confirmed by now.
        if self.failure:
            raise self.failure
        return self.pending_keys.pop(registration, None)

    def get_member_id(self, registration: str) -> str | None:
        self.turns.take()
        return self.member_ids.get(registration)

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
class FakePendingConfirmations(PendingConfirmationRepository):
    """Pending confirmations in a set."""

    rows: set[str] = field(default_factory=set)

    def record(self, email: str, password: str) -> str:
        self.rows.add(f"{email} {password}")
        return f"{email} {password}"

    def forget(self, pk: str) -> None:
        self.rows.discard(pk)

    def exists(self, email: str, password: str) -> bool:
        return f"{email} {password}" in self.rows


class FakeClock:
    """A clock that `sleep` advances if `is_running` is set. Otherwise it stands still."""

    def __init__(self) -> None:
        self.now = 0.0
        self.is_running = False

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds * self.is_running


def run_in_turns(turns: Turns, **calls: Any) -> dict[str, Any]:
    """Run each call in its own thread, one step at a time. Return each call's result or exception by name."""
    results: dict[str, Any] = {}

    def run(name: str) -> None:
        try:
            results[name] = calls[name]()
        except Exception as error:  # noqa: BLE001 -- an exception is a result too
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
