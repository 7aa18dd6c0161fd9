"""Registration and confirmation of accounts. Knows no HTTP."""

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
    """Registers and confirms accounts.

    A new registration replaces an unconfirmed user with the same email. So the owner of the address always gets in with
    their own password, and an earlier registrant's password opens nothing.

    A confirmation and a replacement of the same user can run at the same time. This protocol decides between them:

    1. A replacement marks the user.
    2. It then reads the user's status. It takes the mark back if the user is confirmed, and deletes the user otherwise.
    3. A confirmation confirms the user in Cognito.
    4. It then waits until no mark is left, and succeeds if the user still exists.

    A mark set after step 3 is harmless: step 2 will find a confirmed user. A mark set before step 3 may still lead to a
    delete, so step 4 waits until the mark is taken back or expires. (This assumes that Cognito's reads see its earlier
    responses.)
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

        If the email has a confirmed account, or if the mail was not sent, the registration confirms nobody.
        """
        member_id = self._create_unconfirmed_user(email, password, wished_handle)
        return self._registrations.create(member_id, self._pending_confirmations.record(email, password))

    def confirm(self, registration: str, code: str) -> None:
        """Confirm the user of a registration.

        Raises:
            InvalidCodeError: if the code is wrong, or if the registration confirms nobody.
        """
        member_id = self._registrations.get_member_id(registration)
        if member_id is None:
            raise InvalidCodeError
        # Before the confirmation too. Otherwise it could use up the code and then fail with 503.
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
        """Return the `sub` of a new user who was mailed a code. None if there is nobody to confirm.

        After several collisions with other registrations of the email, those count as later ones. An answer of its own
        would disclose that the email has no account.
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
        give_up = time.monotonic() + _REMOVAL_TIMEOUT_SECONDS
        while self._registrations.is_marked(member_id):
            if self._pool.get_user(member_id) is None:
                raise InvalidCodeError
            if time.monotonic() > give_up:
                raise UnavailableError
            time.sleep(_REMOVAL_POLL_SECONDS)
