"""Three ways to confirm a new account: by the mail of an embedded AWS, by an administrator, or by the user's input."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import boto3

from devstack.mail import latest_code


class Confirmer(Protocol):
    """A new email address, and a way to confirm its account."""

    @property
    def email(self) -> str:
        """Return the address."""

    def code(self) -> str | None:
        """Return the code that was mailed. None if the account is confirmed without it."""


@dataclass(frozen=True, slots=True)
class MailboxConfirmer:
    """Reads the mails of an embedded AWS."""

    email: str
    mailbox: str

    def code(self) -> str:
        """Return the code in the latest mail."""
        return latest_code(self.mailbox, self.email)


@dataclass(frozen=True, slots=True)
class AdministratorConfirmer:
    """Confirms the account with AWS credentials. Does not test the mails."""

    email: str
    pool: str

    def code(self) -> None:
        """Confirm the account. No code is needed."""
        client = boto3.client("cognito-idp", region_name=self.pool.partition("_")[0])
        client.admin_confirm_sign_up(UserPoolId=self.pool, Username=self.email)


@dataclass(frozen=True, slots=True)
class InteractiveConfirmer:
    """Asks the user for the code in the mail, and so tests that mails arrive."""

    email: str

    def code(self) -> str:
        """Return the code that the user enters."""
        return input(f"  Enter the code that was mailed to {self.email}: ").strip()


def from_environment(environment: Mapping[str, str]) -> Confirmer:
    """Return the confirmer for the first of these variables that is set.

    1. MAILBOX: the endpoint of an embedded AWS.
    2. EMAIL: an address of the user.
    3. USER_POOL_ID, with AWS credentials. The mail goes to the simulator of SES, which accepts all mail:
       https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html

    Raises:
        SystemExit: if none is set.
    """
    name = f"smoke+{secrets.token_hex(6)}"
    if mailbox := environment.get("MAILBOX"):
        return MailboxConfirmer(f"{name}@example.org", mailbox)
    if email := environment.get("EMAIL"):
        return InteractiveConfirmer(email)
    if pool := environment.get("USER_POOL_ID"):
        return AdministratorConfirmer(f"success+{name.removeprefix('smoke+')}@simulator.amazonses.com", pool)
    raise SystemExit("Set EMAIL=… to enter the code yourself, or USER_POOL_ID=… to confirm with your AWS credentials.")
