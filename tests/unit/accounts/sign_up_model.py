"""Concurrent registrations and confirmations of one email, and their properties after any order of their calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from unittest.mock import Mock

from app.accounts.registrations import Registration
from app.accounts.sign_up import SignUp
from app.cognito.models import User
from app.errors import InvalidCodeError, UnavailableError
from app.members.directory import Directory
from tests.unit.accounts.exploration import Exploration, Fault, Services, State
from tests.unit.accounts.sign_up_fakes import FakePendingConfirmations, FakeRegistrations, FakeRemovals, FakeUserPool

EMAIL = "kay@example.org"


@dataclass
class SignUpModel:
    """A sign-up upon fakes, and the actors that call it at the same time.

    Attributes:
        actors: the functions of the actors by name. The password of a registration is the name of its actor.
        registrants: the actors that only register. They take their tickets in this order.
        earlier: the registration before the exploration, None if there is none.
    """

    services: Services = field(default_factory=Services)
    actors: dict[str, Callable[[], str | None]] = field(default_factory=dict)
    registrants: list[str] = field(default_factory=list)
    earlier: str | None = None

    def __post_init__(self) -> None:
        self.pool = FakeUserPool(self.services)
        self.registrations = FakeRegistrations(self.services)
        self.removals = FakeRemovals(self.services)
        self.pending_confirmations = FakePendingConfirmations(self.services)
        self.sign_up = SignUp(
            self.pool, Mock(spec=Directory), self.registrations, self.removals, self.pending_confirmations
        )

    def register_earlier(self) -> str:
        """Register before the exploration, and return the code in the mail."""
        self.earlier = self.register("earlier")
        return self.pool.get_latest_code(EMAIL)

    def register(self, password: str) -> str:
        return self.sign_up.register(EMAIL, password, None)

    def add_registrations(self, number: int) -> None:
        """Add actors that register."""
        self.registrants = [f"registration {index}" for index in range(number)]
        self.actors |= {name: lambda name=name: self.register(name) for name in self.registrants}  # type: ignore[misc]

    def add_confirmation(self, name: str, code: str) -> None:
        """Add an actor that confirms the earlier registration."""
        registration = self.earlier
        assert registration
        self.actors[name] = lambda: self.sign_up.confirm(registration, code)

    def add_registrant_with_mail(self, name: str) -> None:
        """Add an actor that registers, and confirms with the latest mail."""
        self.actors[name] = lambda: self._register_and_confirm(name)

    def _register_and_confirm(self, password: str) -> str:
        registration = self.register(password)
        self.sign_up.confirm(registration, self.pool.read_mail(EMAIL))
        return registration

    def explore(self, faults: Sequence[Fault] = ()) -> Exploration:
        return Exploration(self.services, self.actors, self.registrants, faults)

    def get_users(self, state: State) -> list[User]:
        return [row for row in state.rows.values() if isinstance(row, User)]

    def list_registrations(self, state: State) -> dict[str, str]:
        """Return the ids of the registrations by the password that each sent."""
        ids = [row.id for row in state.rows.values() if isinstance(row, Registration)]
        return {id_.partition(" of ")[2] or "earlier": id_ for id_ in ids}

    def can_confirm(self, state: State, registration: str, code: str) -> bool:
        """Return True if the registration can be confirmed in this state. This does not change the state."""
        self.services.rows = dict(state.rows)
        try:
            self.sign_up.confirm(registration, code)
        except (InvalidCodeError, UnavailableError):
            return False
        return True

    def list_confirmable(self, state: State) -> list[str]:
        """Return the passwords of all registrations that the reader of the latest mail can confirm."""
        code: str = state.rows["mail", EMAIL]
        registrations = self.list_registrations(state)
        return [password for password, id_ in registrations.items() if self.can_confirm(state, id_, code)]

    def check_one_can_be_confirmed(self, state: State) -> None:
        """Assert that the pool has one user, whom only the latest mail and the user's own registration confirm."""
        users = self.get_users(state)
        assert len(users) == 1, state
        assert self.list_confirmable(state) == [state.rows["password", users[0].id]], state

    def check_latest_registration_wins(self, state: State) -> None:
        """Assert that the registration with the latest ticket can be confirmed.

        This holds unless that registration met a fault, or a confirmation ran at the same time: the latest registration
        gives up if the user is confirmed, and an earlier one may remove this user nevertheless.
        """
        latest = state.rows["tickets"][-1].partition(" of ")[2]
        if latest != state.faulty_actor and self.registrants == list(self.actors):
            assert self.list_confirmable(state) == [latest], state

    def check_no_later_user_was_removed(self, state: State) -> None:
        """Assert that no registration removed the user of a registration with a later ticket."""
        assert [key for key in state.rows if isinstance(key, tuple) and key[0] == "late removal"] == [], state

    def check_confirmed_users_remain(self, state: State) -> None:
        """Assert that a user whose confirmation was answered with success still exists, with its own password."""
        for password in self._list_confirmed(state):
            (user,) = self.get_users(state)
            assert user.is_confirmed, state
            assert state.rows["password", user.id] == password, state

    def check_users_belong_to_their_registrations(self, state: State) -> None:
        """Assert that no registration can confirm the user of another one."""
        passwords = {user.id: state.rows["password", user.id] for user in self.get_users(state)}
        for password, registration in self.list_registrations(state).items():
            user_id = state.rows["registration", registration].user_id
            assert passwords.get(user_id, password) == password, state

    def check_recovery(self, state: State) -> None:
        """Assert that the next registration can be confirmed once all removal marks have expired."""
        self.services.rows = dict(state.rows)
        self.removals.expire_marks()
        if not any(user.is_confirmed for user in self.pool.users.values()):
            self.sign_up.confirm(self.register("next"), self.pool.get_latest_code(EMAIL))
            (user,) = self.pool.users.values()
            assert self.pool.get_password(user.id) == "next"

    def _list_confirmed(self, state: State) -> list[str]:
        """Return the passwords whose registration was confirmed, according to the results of the actors."""
        successes = {
            name: actor.result
            for name, actor in state.actors.items()
            if name not in self.registrants and not isinstance(actor.result, type)
        }
        return [name if isinstance(result, str) else "earlier" for name, result in successes.items()]
