"""Registration and confirmation of accounts."""

import time

from botocore.exceptions import ClientError

from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.registrations import Registration, RegistrationRepository
from app.accounts.removals import RemovalRepository
from app.aws.deadline import remaining_seconds
from app.aws.errors import TRANSPORT_ERRORS, http_status, log_suppressed
from app.cognito.user_pool import EmailInUseError, MailNotSentError, UserPool
from app.errors import InvalidCodeError, UnavailableError
from app.members.directory import Directory

# The bound of removals in one request. Each concurrent registration of the email can cause one.
_MAX_REMOVALS = 32
# The minimum time before the deadline for a removal. Without the SignUp after it, the email would have no user.
_MIN_REMOVAL_SECONDS = 10.0
# Short, because a waiting confirmation occupies a thread.
_REMOVAL_TIMEOUT_SECONDS = 5.0
_REMOVAL_POLL_SECONDS = 0.25


class SignUp:
    """The registration and confirmation of accounts.

    A new registration replaces an unconfirmed user with the same email. So the owner of an address can always register
    and log in with their own password, and an earlier registrant's password is never valid.

    Several registrations of one email can run at the same time. Each goes through these steps:

    - N1: take a ticket. The latest ticket replaces those before it.
    - N2: create the user in Cognito, which allows one user for each email. If that succeeds, this is the end.
    - N3: read the user with this email. If there is none now, go to N2. If the user is confirmed, stop.
    - N4: read the latest ticket. If it is another one, stop: the user may belong to that later registration.
    - N5: replace the user by the steps below, and go to N2.

    N4 comes after N3, so a registration never removes the user of a later one. N2 follows every removal, and only fails
    if another registration has created a user since. So if no call fails, one registration can be confirmed: the
    one that created the last user. If the latest registration fails, its client has to retry. Until then the user of an
    earlier registration may remain. If the failure came between a removal and N2, the pool has no user with this email.

    A replacement (R) and a confirmation (C) of one user can run at the same time. This protocol decides between them:

    - R1: mark the user.
    - R2: read the user's status. If the user is confirmed, remove the mark. Otherwise delete the user.
    - C1: wait until the user has no mark.
    - C2: confirm the user in Cognito.
    - C3: wait again until the user has no mark. Fail if the user was deleted meanwhile, or if the wait takes too long.

    A mark set after C2 is harmless, because R2 finds a confirmed user. A mark set before C2 may lead to a delete, so C3
    waits until the mark is removed or expires. C1 keeps a long wait from using up the code. The protocol assumes
    read-after-write consistency: Cognito's reads reflect every write that it has acknowledged.

    A confirmation can be repeated, although Cognito accepts a code once. The registration keeps a hash of the code of
    each attempt until the outcome is known. It also keeps a hash of the code that confirmed the user. If Cognito
    refuses an attempt, an earlier or concurrent attempt with the same code may have confirmed the user.
    """

    def __init__(
        self,
        pool: UserPool,
        directory: Directory,
        registrations: RegistrationRepository,
        removals: RemovalRepository,
        pending_confirmations: PendingConfirmationRepository,
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._registrations = registrations
        self._removals = removals
        self._pending_confirmations = pending_confirmations

    def register(self, email: str, password: str, requested_handle: str | None) -> str:
        """Create an unconfirmed user, mail a code, and return the id of the registration.

        The id looks the same if no user can be confirmed: the email has a confirmed account, the mail was not sent, or
        another registration of the email runs at the same time. `confirm` refuses that id.

        Raises:
            WeakPasswordError: if the pool's policy refuses the password.
            InvalidEmailError: if Cognito refuses the address.
            UnavailableError: if too little time is left to replace an unconfirmed user.
        """
        user_id = self._create_unconfirmed_user(email, password, requested_handle)
        return self._registrations.create(user_id, self._pending_confirmations.record(email, password))

    def confirm(self, registration_id: str, code: str) -> None:
        """Confirm the user of a registration. A successful call can be repeated for ten minutes.

        Raises:
            InvalidCodeError: if the code is wrong, if the registration can confirm no user, or if the user was replaced
                or deleted.
            UnavailableError: if a replacement takes too long.
        """
        registration = self._registrations.get(registration_id)
        if registration is None or registration.user_id is None:
            raise InvalidCodeError
        if registration.confirmed_by is None:
            self._confirm_user(registration, registration.user_id, code)
        elif not self._may_have_been_confirmed(registration, registration.user_id, code):
            raise InvalidCodeError

    def resend(self, registration_id: str) -> None:
        """Mail a new code to the user of a registration. Do nothing if it can confirm no user."""
        registration = self._registrations.get(registration_id)
        if registration and registration.user_id and registration.confirmed_by is None:
            self._pool.resend(registration.user_id)

    def _confirm_user(self, registration: Registration, user_id: str, code: str) -> None:
        # Wait before the confirmation too: a timeout after it would have used up the code.
        self._wait_for_pending_removals(user_id)
        attempt = self._registrations.begin_attempt(registration, code)
        is_accepted = True
        try:
            self._pool.confirm(user_id, code)
        except InvalidCodeError:
            is_accepted = False
            current = self._registrations.end_attempt(registration, attempt)
            if current is None or not self._may_have_been_confirmed(current, user_id, code):
                raise
        except ClientError as error:
            if http_status(error.response) < 500:  # Cognito refused the call, so the attempt confirmed nobody.
                self._registrations.end_attempt(registration, attempt)
            raise
        self._wait_for_pending_removals(user_id)
        self._complete(registration, code, is_certain=is_accepted)

    def _may_have_been_confirmed(self, registration: Registration, user_id: str, code: str) -> bool:
        """Return True if the user is confirmed, and a confirmation with this code may have succeeded."""
        if not registration.may_have_been_confirmed_by(code):
            return False
        user = self._pool.get_user(user_id)
        return user is not None and user.is_confirmed

    def _complete(self, registration: Registration, code: str, *, is_certain: bool) -> None:
        """Forget the pending confirmation, and record that this code confirmed the user.

        Errors are suppressed, because the account is confirmed. A repeated call succeeds by the recorded attempt.
        """
        try:
            if registration.pending_key:
                self._pending_confirmations.forget(registration.pending_key)
            self._registrations.complete(registration, code, is_certain=is_certain)
        except (ClientError, UnavailableError, *TRANSPORT_ERRORS) as error:
            log_suppressed(error)

    def _create_unconfirmed_user(self, email: str, password: str, requested_handle: str | None) -> str | None:
        """Create a user and mail a code. Return the user's `sub`, None if no user can be confirmed.

        None is also the result if another registration of the email comes first. A distinct error would disclose that
        the email has no confirmed account.
        """
        ticket = self._removals.take_ticket(email)
        for remaining in reversed(range(_MAX_REMOVALS + 1)):
            try:
                return self._pool.sign_up(email, password, requested_handle)
            except MailNotSentError:
                return None
            except EmailInUseError:
                # The last SignUp is not followed by a removal, because the pool would have no user then.
                if not remaining or not self._remove_unconfirmed_user(email, ticket):
                    return None
        return None

    def _remove_unconfirmed_user(self, email: str, ticket: str) -> bool:
        """Remove the unconfirmed user with this email.

        Return True if SignUp can be tried again: the user was removed, or no longer exists. Return False if the user is
        confirmed or a member, or if a later registration may have created the user.

        Raises:
            UnavailableError: if too little time is left to create another user.
        """
        user = self._pool.get_user(email)
        if user is None or user.is_confirmed:
            return user is None
        if not self._removals.is_latest(email, ticket):
            return False
        # An operator can also give a temporary password to a member, whose data must not lose its owner.
        if user.has_temporary_password and self._directory.has_member(user.id):
            return False
        if remaining_seconds() < _MIN_REMOVAL_SECONDS:
            raise UnavailableError
        mark = self._removals.mark(user.id)
        # Read again, because a confirmation may have ended before it could see the mark.
        user = self._pool.get_user(user.id)
        if user is None:
            return True
        if user.is_confirmed:
            self._removals.unmark(user.id, mark)
            return False
        self._pool.delete(user.id)
        return True

    def _wait_for_pending_removals(self, user_id: str) -> None:
        """Wait until no replacement can still remove the user. See the protocol of this class.

        Raises:
            InvalidCodeError: if the user was removed.
            UnavailableError: if a mark remains until the timeout.
        """
        deadline = time.monotonic() + _REMOVAL_TIMEOUT_SECONDS
        while self._removals.is_marked(user_id):
            if self._pool.get_user(user_id) is None:
                raise InvalidCodeError
            if time.monotonic() > deadline:
                raise UnavailableError
            time.sleep(_REMOVAL_POLL_SECONDS)
