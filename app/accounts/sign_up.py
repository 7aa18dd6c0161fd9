"""Registration and confirmation of accounts. Independent of HTTP."""

import time
from contextlib import suppress

from botocore.exceptions import ClientError

from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.registrations import RegistrationRepository
from app.aws.errors import TRANSPORT_ERRORS
from app.cognito.user_pool import EmailInUseError, MailNotSentError, UserPool
from app.errors import InvalidCodeError, UnavailableError

_MAX_SIGN_UP_ATTEMPTS = 3
# Short, because a waiting confirmation occupies a thread.
_REMOVAL_TIMEOUT_SECONDS = 5.0
_REMOVAL_POLL_SECONDS = 0.25


class SignUp:
    """The registration and confirmation of accounts.

    A new registration replaces an unconfirmed user with the same email. So the owner of an address can always register
    and log in with their own password, and an earlier registrant's password is never valid.

    A replacement (R) and a confirmation (C) of one user can run at the same time. This protocol decides between them:

    - R1: mark the user.
    - R2: read the user's status. If the user is confirmed, remove the mark. Otherwise delete the user.
    - C1: wait until the user has no mark.
    - C2: confirm the user in Cognito.
    - C3: wait again until the user has no mark. Fail if the user was deleted meanwhile, or if the wait takes too long.

    A mark set after C2 is harmless, because R2 finds a confirmed user. A mark set before C2 may lead to a delete, so C3
    waits until the mark is removed or expires. C1 keeps a long wait from using up the code. The protocol assumes
    read-after-write consistency: Cognito's reads reflect every write that it has acknowledged.
    """

    def __init__(
        self,
        pool: UserPool,
        registrations: RegistrationRepository,
        pending_confirmations: PendingConfirmationRepository,
    ) -> None:
        self._pool = pool
        self._registrations = registrations
        self._pending_confirmations = pending_confirmations

    def register(self, email: str, password: str, wished_handle: str | None) -> str:
        """Create an unconfirmed user, mail a code, and return the id of the registration.

        The id looks the same if no user can be confirmed: the email has a confirmed account, the mail was not sent, or
        other registrations of the email interfered. `confirm` refuses that id.

        Raises:
            WeakPasswordError: if the pool's policy refuses the password.
            InvalidEmailError: if Cognito refuses the address.
        """
        member_id = self._create_unconfirmed_user(email, password, wished_handle)
        return self._registrations.create(member_id, self._pending_confirmations.record(email, password))

    def confirm(self, registration: str, code: str) -> None:
        """Confirm the user of a registration.

        Raises:
            InvalidCodeError: if the code is wrong, if the registration confirms nobody, or if the user was replaced.
            UnavailableError: if a replacement takes too long.
        """
        member_id = self._registrations.get_member_id(registration)
        if member_id is None:
            raise InvalidCodeError
        # Wait before the confirmation too: a timeout after it would have used up the code.
        self._wait_for_pending_removals(member_id)
        self._pool.confirm(member_id, code)
        self._wait_for_pending_removals(member_id)
        self._forget(registration)

    def resend(self, registration: str) -> None:
        """Mail a new code to the user of a registration. Do nothing if it confirms nobody."""
        member_id = self._registrations.get_member_id(registration)
        if member_id is not None:
            self._pool.resend(member_id)

    def _forget(self, registration: str) -> None:
        """Delete a confirmed registration and its pending confirmation.

        Errors are suppressed: the account is confirmed, and both rows expire within a day.
        """
        with suppress(ClientError, UnavailableError, *TRANSPORT_ERRORS):
            if pending_key := self._registrations.delete(registration):
                self._pending_confirmations.forget(pending_key)

    def _create_unconfirmed_user(self, email: str, password: str, wished_handle: str | None) -> str | None:
        """Create a user and mail a code. Return the user's `sub`, None if no user can be confirmed.

        None is also the result if concurrent registrations of the email win `_MAX_SIGN_UP_ATTEMPTS` times. A distinct
        error would disclose that the email has no confirmed account.
        """
        for _ in range(_MAX_SIGN_UP_ATTEMPTS):
            try:
                return self._pool.sign_up(email, password, wished_handle)
            except MailNotSentError:
                return None
            except EmailInUseError:
                if not self._remove_unconfirmed_user(email):
                    return None
        return None

    def _remove_unconfirmed_user(self, email: str) -> bool:
        """Remove the unconfirmed user with this email. Return False if the user is confirmed."""
        user = self._pool.get_user(email)
        if user is None or user.confirmed:
            return user is None
        mark = self._registrations.mark_for_removal(user.id)
        # Read again, because a confirmation may have ended before it could see the mark.
        user = self._pool.get_user(user.id)
        if user is None:
            return True
        if user.confirmed:
            self._registrations.unmark(user.id, mark)
            return False
        self._pool.delete(user.id)
        return True

    def _wait_for_pending_removals(self, member_id: str) -> None:
        """Wait until no replacement can still remove the user. See the protocol of this class.

        Raises:
            InvalidCodeError: if the user was removed.
            UnavailableError: if a mark remains until the timeout.
        """
        deadline = time.monotonic() + _REMOVAL_TIMEOUT_SECONDS
        while self._registrations.is_marked(member_id):
            if self._pool.get_user(member_id) is None:
                raise InvalidCodeError
            if time.monotonic() > deadline:
                raise UnavailableError
            time.sleep(_REMOVAL_POLL_SECONDS)
