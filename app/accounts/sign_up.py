"""The way from an email to a confirmed account; knows no HTTP."""

import time
from contextlib import suppress
from functools import partial

from botocore.exceptions import ClientError

from app.accounts.registrations import RegistrationRepository
from app.accounts.user_pool import EmailInUseError, MailNotSentError, User, UserPool
from app.accounts.waiting import WaitingRepository
from app.aws import NO_ANSWER
from app.contention import until_settled
from app.errors import InvalidCodeError, UnavailableError

_TRIES = 3
# Short, since who waits holds a thread, and anybody can make others wait by registering one address again and again.
_CONTENTION_SECONDS = 1.0
_WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.1


class SignUp:
    """Registers and confirms.

    An unconfirmed user is replaced by whoever registers the address next. So the address's owner always gets in, with
    a password of their own, and the password of somebody who was there before them works on nothing.
    """

    def __init__(self, pool: UserPool, registrations: RegistrationRepository, waiting: WaitingRepository) -> None:
        self._pool = pool
        self._registrations = registrations
        self._waiting = waiting

    def register(self, email: str, password: str, wished_handle: str | None) -> str:
        """Make an unconfirmed user and return the id of the registration, which confirming it needs.

        Where the email has a confirmed account, or the mail could not be sent, the registration leads nowhere.
        """
        registration = self._registrations.open(self._unconfirmed_user(email, password, wished_handle))
        self._waiting.remember(email, password)
        return registration

    def is_waiting(self, email: str, password: str) -> bool:
        """Whether whoever logs in with these has to confirm first, as far as they may know."""
        return self._waiting.has(email, password)

    def confirm(self, registration: str, code: str) -> None:
        """Confirm the user of a registration.

        Raises:
            InvalidCodeError: if the code is not theirs, or the registration leads nowhere.
        """
        member_id = self._registrations.member_of(registration)
        if member_id is None:
            raise InvalidCodeError
        self._pool.confirm(member_id, code)
        self._forget(self._outlast_replacement(member_id).email)

    def resend(self, registration: str) -> None:
        """Mail another code to the user of a registration, if it has one."""
        member_id = self._registrations.member_of(registration)
        if member_id is not None:
            self._pool.resend(member_id)

    def _unconfirmed_user(self, email: str, password: str, wished_handle: str | None) -> str | None:
        """The `sub` of a new user, who has been mailed a code; none where there is none to be confirmed.

        That is so, too, where others who register the email do not get out of the way: theirs count then, as they
        would if they had come later. An answer of its own would tell that the email has no account yet.
        """
        for _ in range(_TRIES):
            try:
                return self._pool.sign_up(email, password, wished_handle)
            except MailNotSentError:
                return None
            except EmailInUseError:
                if not self._makes_room(email):
                    return None
        return None

    def _forget(self, email: str) -> None:
        # What has been confirmed is not unconfirmed for want of this: a day later it is forgotten anyway.
        with suppress(ClientError, UnavailableError, *NO_ANSWER):
            self._waiting.forget(email)

    def _makes_room(self, email: str) -> bool:
        """Whether the email may be had by somebody new now."""
        try:
            return until_settled(partial(self._make_room, email), time.monotonic() + _CONTENTION_SECONDS)
        except UnavailableError:
            return False

    def _make_room(self, email: str) -> bool:
        """Remove the unconfirmed user of an email; False where the user is confirmed."""
        user = self._pool.find(email)
        if user is None:
            return True
        with self._registrations.replacing(user.id):
            # Looked at again, since it may have been confirmed before `replacing` could be seen.
            user = self._pool.find(user.id)
            if user is None:
                return True
            if user.confirmed:
                return False
            self._pool.delete(user.id)
            return True

    def _outlast_replacement(self, member_id: str) -> User:
        """Acknowledge a confirmation only when nobody can still be removing the user for want of it; returns the user.

        The one who replaces says so for as long as it takes, and looks whether the user is confirmed only then. So who
        begins after the confirmation leaves the user alone, and who began before has ended when nobody says so any
        more: the user is there then, or it never will be.
        """
        give_up = time.monotonic() + _WAIT_SECONDS
        while self._registrations.is_being_replaced(member_id):
            if time.monotonic() > give_up:
                raise UnavailableError
            time.sleep(_PAUSE_SECONDS)
        user = self._pool.find(member_id)
        if user is None:
            raise InvalidCodeError
        return user
