"""The way from an email to a confirmed account; knows no HTTP."""

import time
from contextlib import suppress

from botocore.exceptions import ClientError

from app.accounts.pending_confirmations import WaitingRepository
from app.accounts.registrations import RegistrationRepository
from app.aws.clients import NO_ANSWER
from app.cognito.user_pool import EmailInUseError, MailNotSentError, UserPool
from app.errors import InvalidCodeError, UnavailableError

_TRIES = 3
# Short, since who waits holds a thread.
_WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.25


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
        member_id = self._unconfirmed_user(email, password, wished_handle)
        return self._registrations.open(member_id, self._waiting.remember(email, password))

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
        self._outlast_replacement(member_id)  # Or the code would be used up, and the answer 503 all the same.
        self._pool.confirm(member_id, code)
        self._outlast_replacement(member_id)
        self._end(registration)

    def resend(self, registration: str) -> None:
        """Mail another code to the user of a registration, if it has one."""
        member_id = self._registrations.member_of(registration)
        if member_id is not None:
            self._pool.resend(member_id)

    def _end(self, registration: str) -> None:
        """Tell whoever has confirmed so no more; nobody else who registered the email.

        What is confirmed is not unconfirmed for want of this: a day later it is forgotten anyway.
        """
        with suppress(ClientError, UnavailableError, *NO_ANSWER):
            if waiting := self._registrations.end(registration):
                self._waiting.forget(waiting)

    def _unconfirmed_user(self, email: str, password: str, wished_handle: str | None) -> str | None:
        """The `sub` of a new user, who has been mailed a code; none where there is none to be confirmed.

        That is so, too, where others register the email again and again: theirs count then, as they would if they had
        come later. An answer of its own would tell that the email has no account yet.
        """
        for _ in range(_TRIES):
            try:
                return self._pool.sign_up(email, password, wished_handle)
            except MailNotSentError:
                return None
            except EmailInUseError:
                if not self._make_room(email):
                    return None
        return None

    def _make_room(self, email: str) -> bool:
        """Remove the unconfirmed user of an email; False where the user is confirmed."""
        user = self._pool.find(email)
        if user is None or user.confirmed:
            return user is None
        mark = self._registrations.mark(user.id)
        # Looked at again, since it may have been confirmed before the mark could be seen.
        user = self._pool.find(user.id)
        if user is None:
            return True
        if user.confirmed:
            self._registrations.unmark(user.id, mark)
            return False
        self._pool.delete(user.id)
        return True

    def _outlast_replacement(self, member_id: str) -> None:
        """Wait until nobody can still be removing the user of a confirmation for want of it.

        Whoever removes a user marks them before, and looks only then whether they are confirmed. So who marks after the
        confirmation leaves the user alone; and the mark of who did before stands until it is clear that they do too, or
        until nothing of theirs can be on its way any more: a removal may come late whose answer nobody heard. (Whoever
        looks at a user in Cognito is taken to see what it has answered before.)

        Raises:
            InvalidCodeError: if the user is gone.
            UnavailableError: if it takes too long to know.
        """
        give_up = time.monotonic() + _WAIT_SECONDS
        while self._registrations.is_marked(member_id):
            if self._pool.find(member_id) is None:
                raise InvalidCodeError
            if time.monotonic() > give_up:
                raise UnavailableError
            time.sleep(_PAUSE_SECONDS)
