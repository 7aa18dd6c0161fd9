"""Check that SES can send the mails of a stage: `python -m scripts.ses_readiness SES_IDENTITY_ARN MAIL_FROM`.

It uses the credentials of boto3, which must allow `ses:GetAccount` and `ses:GetEmailIdentity`. The region is that of
the identity. docs/mail.md says how to fix each problem.
"""

import re
import sys
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_USAGE = "Usage: python -m scripts.ses_readiness SES_IDENTITY_ARN MAIL_FROM"
_READY = "SES can send the mails of this stage."
NOT_READY = "SES cannot send the mails of this stage yet. docs/mail.md says what to do."
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
_IDENTITY_ARN = re.compile(r"arn:aws[\w-]*:ses:(?P<region>[a-z0-9-]+):\d{12}:identity/(?P<name>[^/]+)")


def find_problems(identity_arn: str, mail_from: str) -> list[str]:
    """Return the reasons why SES cannot send the mails of a stage, or why this cannot be checked. Empty if it can.

    Args:
        identity_arn: the ARN of the identity, as in SES_IDENTITY_ARN.
        mail_from: the From address, as in MAIL_FROM.
    """
    match = _IDENTITY_ARN.fullmatch(identity_arn)
    if match is None:
        return [f"{identity_arn} is not the ARN of an SES identity, such as arn:aws:ses:eu-central-1:…:identity/…."]
    try:
        client = boto3.client("sesv2", region_name=match["region"])
        return [
            *_check_account(client, match["region"]),
            *_check_identity(client, match["name"], match["region"]),
            *_check_sender(mail_from, match["name"]),
        ]
    except (BotoCoreError, ClientError) as error:
        return [f"SES cannot be checked: {error}"]


def main(arguments: list[str]) -> int:
    """Print the problems. Return the exit code: 0 if there are none, 1 if there are, 2 if the arguments are invalid."""
    if len(arguments) != 2:
        print(_USAGE, file=sys.stderr)
        return 2
    problems = find_problems(*arguments)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(NOT_READY if problems else _READY, file=sys.stderr if problems else sys.stdout)
    return 1 if problems else 0


def _check_account(client: Any, region: str) -> Iterator[str]:
    """Yield problems of the account: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html."""
    account = client.get_account()
    if not account.get("ProductionAccessEnabled"):
        yield f"The account is in the sandbox of SES in {region}: only verified addresses receive mails."
    if not account.get("SendingEnabled"):
        yield f"SES has paused the sending of mails for the account in {region}."
    if account.get("EnforcementStatus", "HEALTHY") != "HEALTHY":
        yield f"SES reviews the account in {region}: its status is {account['EnforcementStatus']}."


def _check_identity(client: Any, name: str, region: str) -> Iterator[str]:
    try:
        identity = client.get_email_identity(EmailIdentity=name)
    except client.exceptions.NotFoundException:
        yield f"SES has no identity {name} in {region}."
        return
    if not identity.get("VerifiedForSendingStatus"):
        status = identity.get("VerificationStatus", "unknown")
        yield f"The identity {name} is not verified in {region}: its status is {status}."


def _check_sender(mail_from: str, name: str) -> Iterator[str]:
    """Yield a problem unless the identity covers the address: it is the identity, or belongs to its domain."""
    address = parseaddr(mail_from)[1].lower()
    domain = address.rpartition("@")[2]
    if not domain or not (name in (address, domain) or domain.endswith(f".{name}")):
        yield f"The identity {name} does not cover the From address {mail_from}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
