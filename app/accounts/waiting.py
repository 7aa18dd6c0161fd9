"""Who waits to be confirmed, as far as a login may say so; knows neither users nor HTTP.

Cognito says of a user that they are not confirmed whatever the password is, and so would tell everybody who has begun
an account; and if only they are told who have the password, then whoever registers an email could log in with the
password that they gave, and learn whether there was an account before. So it is not asked. Who registered an email
last, whoever has it, is told to confirm for a day. Rows of the table of members:

    pk = waiting#<hash of the email>   salt, verifier: of the password; expires_at

The verifier is two bytes of a slow hash. They tell whoever gives the password that it is the one; whoever finds them
can throw away most of their guesses, and be sure of none.
"""

import hashlib
import secrets
import time
from typing import TYPE_CHECKING, Any

from app.items import from_item, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS = 24 * 60 * 60  # As long as a registration.
_VERIFIER_BYTES = 2
COST = 2**14  # RFC 7914, section 2, for what a user waits for.


class WaitingRepository:
    """Keeps for a day what the latest registration of an email can be known by."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def remember(self, email: str, password: str) -> None:
        """Have whoever logs in with these told to confirm; and nobody who registered the email earlier."""
        salt = secrets.token_hex(16)
        row = {
            **_key(email),
            "salt": salt,
            "verifier": _verifier(password, salt),
            "expires_at": int(time.time()) + _KEPT_SECONDS,
        }
        self._client.put_item(TableName=self._table, Item=to_item(row))

    def forget(self, email: str) -> None:
        """Tell nobody so any more."""
        self._client.delete_item(TableName=self._table, Key=to_item(_key(email)))

    def has(self, email: str, password: str) -> bool:
        """Whether this is who registered the email last, less than a day ago."""
        answer = self._client.get_item(TableName=self._table, Key=to_item(_key(email)), ConsistentRead=True)
        row: dict[str, Any] = from_item(answer.get("Item", {}))
        # Verified even if there is nothing to verify, so that an answer takes as long.
        verifier = _verifier(password, row.get("salt", ""))
        return bool(row) and row["expires_at"] > time.time() and secrets.compare_digest(row["verifier"], verifier)


def _key(email: str) -> dict[str, str]:
    return {"pk": f"waiting#{hashlib.sha256(email.encode()).hexdigest()}"}


def _verifier(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=COST, r=8, p=1, dklen=_VERIFIER_BYTES).hex()
