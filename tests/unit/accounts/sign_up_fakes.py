"""Fakes for `SignUp` whose calls are steps of an exploration."""

from datetime import UTC, datetime

from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.registrations import Registration, RegistrationRepository
from app.accounts.removals import RemovalRepository
from app.cognito.models import User
from app.cognito.user_pool import EmailInUseError, UserPool
from app.errors import InvalidCodeError
from testkit.doubles import SETTINGS
from tests.unit.accounts.exploration import Services

_CREATED_AT = datetime(2026, 7, 1, tzinfo=UTC)


class FakeUserPool(UserPool):
    """A user pool that allows one user for each email.

    Attributes:
        services: holds the users, their passwords, the last code of each user, and the last mail to each email. It also
            holds each removal of a user whose registration had a later ticket.
    """

    def __init__(self, services: Services) -> None:
        super().__init__(SETTINGS)
        self.services = services

    @property
    def users(self) -> dict[str, User]:
        """Return the users by id."""
        return {row.id: row for row in self.services.rows.values() if isinstance(row, User)}

    def get_password(self, user_id: str) -> str:
        password: str = self.services.rows["password", user_id]
        return password

    def get_latest_code(self, email: str) -> str:
        """Return the code in the latest mail to this email. Empty if there is none."""
        code: str = self.services.rows.get(("mail", email), "")
        return code

    def read_mail(self, email: str) -> str:
        """Return the latest code, as a step of the exploration."""
        code: str = self.services.read(self.get_latest_code, email)
        return code

    def sign_up(self, email: str, password: str, requested_handle: str | None) -> str:
        user = User(self.services.new_id("user"), email, requested_handle, _CREATED_AT, is_confirmed=False)
        self.services.write_once(self._sign_up, user, password)
        return user.id

    def _sign_up(self, user: User, password: str) -> None:
        if any(other.email == user.email for other in self.users.values()):
            raise EmailInUseError
        self.services.rows["user", user.id] = user
        self.services.rows["password", user.id] = password
        self._mail_code(user.id, user.email, f"first code of {user.id}")

    def resend(self, user_id: str) -> None:
        self.services.write(self._resend, user_id)

    def _resend(self, user_id: str) -> None:
        user = self._get_user(user_id)
        if user and not user.is_confirmed:
            self._mail_code(user_id, user.email, f"second code of {user_id}")

    def _mail_code(self, user_id: str, email: str, code: str) -> None:
        self.services.rows["code", user_id] = self.services.rows["mail", email] = code

    def confirm(self, user_id: str, code: str) -> None:
        self.services.write_once(self._confirm, user_id, code)

    def _confirm(self, user_id: str, code: str) -> None:
        user = self._get_user(user_id)
        if user is None or user.is_confirmed or code != self.services.rows["code", user_id]:
            raise InvalidCodeError
        self.services.rows["user", user_id] = user._replace(is_confirmed=True)

    def get_user(self, name: str) -> User | None:
        user: User | None = self.services.read(self._get_user, name)
        return user

    def _get_user(self, name: str) -> User | None:
        return next((user for user in self.users.values() if name in (user.id, user.email)), None)

    def delete(self, user_id: str) -> None:
        self.services.write(self._delete, user_id, self.services.actor)

    def _delete(self, user_id: str, actor: str) -> None:
        user: User | None = self.services.rows.pop(("user", user_id), None)
        if user and self._is_later(user_id, actor):
            self.services.rows["late removal", actor] = user_id

    def _is_later(self, user_id: str, actor: str) -> bool:
        """Return True if the creator of this user took a ticket after this actor."""
        actors = [ticket.partition(" of ")[2] for ticket in self.services.rows.get("tickets", ())]
        creator = user_id.partition(" of ")[2]
        return creator in actors and actor in actors and actors.index(creator) > actors.index(actor)


class FakeRegistrations(RegistrationRepository):
    """Registrations that never expire."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def create(self, user_id: str | None, pending_key: str) -> str:
        registration = Registration(self.services.new_id("registration"), user_id, pending_key)
        self.services.write(self._store, registration)
        return registration.id

    def get(self, registration_id: str) -> Registration | None:
        registration: Registration | None = self.services.read(self._find, registration_id)
        return registration

    def begin_attempt(self, registration: Registration, code: str) -> str:
        attempt = f"{registration.hash_code(code)}#{self.services.new_id('attempt')}"
        self.services.write(self._add_attempt, registration.id, attempt)
        return attempt

    def end_attempt(self, registration: Registration, attempt: str) -> Registration | None:
        current: Registration | None = self.services.write(self._remove_attempt, registration.id, attempt)
        return current

    def complete(self, registration: Registration, code: str, *, is_certain: bool) -> None:
        self.services.write(self._complete, registration.id, registration.hash_code(code), is_certain)

    def _store(self, registration: Registration) -> None:
        self.services.rows["registration", registration.id] = registration

    def _find(self, registration_id: str) -> Registration | None:
        return self.services.rows.get(("registration", registration_id))

    def _add_attempt(self, registration_id: str, attempt: str) -> Registration | None:
        return self._change_attempts(registration_id, frozenset({attempt}), frozenset())

    def _remove_attempt(self, registration_id: str, attempt: str) -> Registration | None:
        return self._change_attempts(registration_id, frozenset(), frozenset({attempt}))

    def _change_attempts(
        self, registration_id: str, added: frozenset[str], removed: frozenset[str]
    ) -> Registration | None:
        registration = self._find(registration_id)
        if registration is None:
            return None
        registration = registration._replace(attempts=(registration.attempts | added) - removed)
        self._store(registration)
        return registration

    def _complete(self, registration_id: str, code_hash: str, is_certain: bool) -> None:
        registration = self._find(registration_id)
        assert registration
        if is_certain or registration.confirmed_by is None:
            self._store(registration._replace(confirmed_by=code_hash, attempts=frozenset(), pending_key=None))


class FakeRemovals(RemovalRepository):
    """Removal marks and tickets that never expire. All tickets are of one email."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def take_ticket(self, _: str) -> str:
        ticket = self.services.new_id("ticket")
        self.services.write(self._add_ticket, ticket)
        return ticket

    def is_latest(self, _: str, ticket: str) -> bool:
        latest: str = self.services.read(self._get_latest_ticket)
        return latest == ticket

    def mark(self, user_id: str) -> str:
        mark = self.services.new_id("mark")
        self.services.write(self._mark, user_id, mark)
        return mark

    def unmark(self, user_id: str, mark: str) -> None:
        self.services.write(self._unmark, user_id, mark)

    def is_marked(self, user_id: str) -> bool:
        marks: frozenset[str] = self.services.read(self._get_marks, user_id)
        return bool(marks)

    def expire_marks(self) -> None:
        """Let all removal marks expire."""
        for key in [key for key in self.services.rows if isinstance(key, tuple) and key[0] == "marks"]:
            del self.services.rows[key]

    def _add_ticket(self, ticket: str) -> None:
        self.services.rows["tickets"] = (*self.services.rows.get("tickets", ()), ticket)

    def _get_latest_ticket(self) -> str:
        latest: str = self.services.rows["tickets"][-1]
        return latest

    def _get_marks(self, user_id: str) -> frozenset[str]:
        marks: frozenset[str] = self.services.rows.get(("marks", user_id), frozenset())
        return marks

    def _mark(self, user_id: str, mark: str) -> None:
        self.services.rows["marks", user_id] = self._get_marks(user_id) | {mark}

    def _unmark(self, user_id: str, mark: str) -> None:
        self.services.rows["marks", user_id] = self._get_marks(user_id) - {mark}


class FakePendingConfirmations(PendingConfirmationRepository):
    """Pending confirmations by email and password. Recording one is not a step, because nothing else depends on it."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def record(self, email: str, password: str) -> str:
        self.services.rows["waiting", f"{email} {password}"] = True
        return f"{email} {password}"

    def forget(self, pk: str) -> None:
        self.services.write(self._forget, pk)

    def _forget(self, pk: str) -> None:
        self.services.rows.pop(("waiting", pk), None)

    def exists(self, email: str, password: str) -> bool:
        return ("waiting", f"{email} {password}") in self.services.rows
