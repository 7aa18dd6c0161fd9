"""Three ways to confirm an account: the mail of an embedded AWS, an administrator's call, or the user's input."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import boto3

from devstack.mail import find_latest_code


class Confirmer(Protocol):
    """A new email address, and a way to confirm its account."""

    @property
    def email(self) -> str:
        """Return the address."""

    def obtain_code(self) -> str | None:
        """Return the mailed code. None if this call has confirmed the account."""


@dataclass(frozen=True, slots=True)
class MailboxConfirmer:
    """A confirmer that reads the mail of an embedded AWS."""

    email: str
    mailbox: str

    def obtain_code(self) -> str:
        """Return the code in the latest mail."""
        return find_latest_code(self.mailbox, self.email)


@dataclass(frozen=True, slots=True)
class AdministratorConfirmer:
    """A confirmer that uses AWS credentials. It does not test the delivery of mail."""

    email: str
    pool: str

    def obtain_code(self) -> None:
        """Confirm the account without a code."""
        client = boto3.client("cognito-idp", region_name=self.pool.partition("_")[0])
        client.admin_confirm_sign_up(UserPoolId=self.pool, Username=self.email)


@dataclass(frozen=True, slots=True)
class InteractiveConfirmer:
    """A confirmer that asks the user for the mailed code. It tests the delivery of mail."""

    email: str

    def obtain_code(self) -> str:
        """Return the code that the user enters."""
        return input(f"  Enter the code that was mailed to {self.email}: ").strip()


def from_environment(environment: Mapping[str, str]) -> Confirmer:
    """Return the confirmer for the first of these variables that is set.

    1. MAILBOX: the endpoint of an embedded AWS.
    2. EMAIL: an address of the user.
    3. USER_POOL_ID, with AWS credentials. The mail goes to the simulator of SES, which accepts all mail:
       https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html

    Raises:
        SystemExit: if none of them is set.
    """
    name = f"smoke+{secrets.token_hex(6)}"
    if mailbox := environment.get("MAILBOX"):
        return MailboxConfirmer(f"{name}@example.org", mailbox)
    if email := environment.get("EMAIL"):
        return InteractiveConfirmer(email)
    if pool := environment.get("USER_POOL_ID"):
        return AdministratorConfirmer(f"success+{name.removeprefix('smoke+')}@simulator.amazonses.com", pool)
    raise SystemExit("Set EMAIL=… to enter the code yourself, or USER_POOL_ID=… to confirm with your AWS credentials.")
