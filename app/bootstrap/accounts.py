"""The objects of accounts."""

from app.accounts.passwords import Passwords
from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.registrations import RegistrationRepository
from app.accounts.removals import RemovalRepository
from app.accounts.sessions import Sessions
from app.accounts.sign_up import SignUp
from app.bootstrap.core import Core


class Accounts:
    """The objects that register members, log them in and change their passwords."""

    def __init__(self, core: Core) -> None:
        client, table = core.client, core.settings.members_table
        pool, directory = core.user_pool, core.directory
        confirmations = PendingConfirmationRepository(client, table)
        self.sign_up = SignUp(
            pool, directory, RegistrationRepository(client, table), RemovalRepository(client, table), confirmations
        )
        self.sessions = Sessions(pool, directory, confirmations)
        self.passwords = Passwords(pool)
