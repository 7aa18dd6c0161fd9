"""How a new account comes to be confirmed: by the mail that was sent, by an administrator, or by whoever reads it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import boto3

from devstack.mail import latest_code


class Confirmer(Protocol):
    """Knows a new address, and gets its owner confirmed."""

    @property
    def email(self) -> str:
        """The address."""

    def code(self) -> str | None:
        """The code that was mailed; none where the account is confirmed without one."""


@dataclass(frozen=True, slots=True)
class FromMailbox:
    """Reads the mails of an embedded AWS."""

    email: str
    mailbox: str

    def code(self) -> str:
        """The latest."""
        return latest_code(self.mailbox, self.email)


@dataclass(frozen=True, slots=True)
class ByAdministrator:
    """Confirms as who has AWS's credentials may; shows nothing of mails."""

    email: str
    pool: str

    def code(self) -> None:
        """None is needed."""
        client = boto3.client("cognito-idp", region_name=self.pool.partition("_")[0])
        client.admin_confirm_sign_up(UserPoolId=self.pool, Username=self.email)


@dataclass(frozen=True, slots=True)
class ByHand:
    """Asks whoever sits there; so it shows that mails arrive."""

    email: str

    def code(self) -> str:
        """What they read in the mail."""
        return input(f"  The code that was mailed to {self.email}: ").strip()


def of_environment(environment: Mapping[str, str]) -> Confirmer:
    """Whichever the environment has what it takes for.

    MAILBOX (an embedded AWS), EMAIL (an address of one's own), or USER_POOL_ID and AWS's credentials. The last mails
    to the simulator of SES, which takes any mail: https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
    """
    name = f"smoke+{secrets.token_hex(6)}"
    if mailbox := environment.get("MAILBOX"):
        return FromMailbox(f"{name}@example.org", mailbox)
    if email := environment.get("EMAIL"):
        return ByHand(email)
    if pool := environment.get("USER_POOL_ID"):
        return ByAdministrator(f"success+{name.removeprefix('smoke+')}@simulator.amazonses.com", pool)
    raise SystemExit("Name EMAIL=… to read the code yourself, or USER_POOL_ID=… to confirm by your AWS credentials.")
