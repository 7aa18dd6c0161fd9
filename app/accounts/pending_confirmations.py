"""Pending confirmations: emails that were registered with a password and are not confirmed.

Cognito's error "not confirmed" does not depend on the password, so it discloses every unconfirmed account. If the API
returned it only for the right password, it would disclose confirmed accounts: register an email, log in with the chosen
password, and compare. So the API ignores this error. A login with an email and password that were registered within the
last day gets `account-not-confirmed`, until that registration is confirmed. Other registrations do not change this.

Rows of the members table:

    pk = waiting#<hash of the email>#<verifier of the password>   expires_at

The verifier is two bytes of a slow hash. Two bytes suffice to recognise the registered password. A reader of the table
can rule out most guesses with them, but confirm none.
"""

import hashlib
from typing import TYPE_CHECKING

from app.accounts import expiring_rows
from app.aws.items import serialize

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_TTL_SECONDS = 24 * 60 * 60  # That of a registration.
_VERIFIER_BYTES = 2
SCRYPT_COST = 2**14  # RFC 7914, section 2, for interactive logins.


class PendingConfirmationRepository:
    """The repository of pending confirmations, which last a day."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def record(self, email: str, password: str) -> str:
        """Record a pending confirmation for this email and password. Return the key to pass to `forget`."""
        pk = _pk(email, password)
        row = {"pk": pk, "expires_at": expiring_rows.expires_in(_TTL_SECONDS)}
        self._client.put_item(TableName=self._table, Item=serialize(row))
        return pk

    def forget(self, pk: str) -> None:
        """Delete a pending confirmation."""
        self._client.delete_item(TableName=self._table, Key=serialize({"pk": pk}))

    def exists(self, email: str, password: str) -> bool:
        """Return True if this email was registered with this password within the last day and is not confirmed."""
        return expiring_rows.get(self._client, self._table, _pk(email, password)) is not None


def _pk(email: str, password: str) -> str:
    """Return the row's key. It takes the same time whether or not the row exists."""
    address = hashlib.sha256(email.encode())
    # The salt must differ between emails, and must be known before the row is read.
    verifier = hashlib.scrypt(password.encode(), salt=address.digest(), n=SCRYPT_COST, r=8, p=1, dklen=_VERIFIER_BYTES)
    return f"waiting#{address.hexdigest()}#{verifier.hex()}"
