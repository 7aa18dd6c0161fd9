"""Who waits to be confirmed, as far as a login may say so; knows neither users nor HTTP.

Cognito says of a user that they are not confirmed whatever the password is, and so would tell everybody who has begun
an account; and if only they are told who have the password, then whoever registers an email could log in with the
password that they gave, and learn whether there was an account before. So it is not asked. Who has registered an email
within the last day, whoever has it, is told to confirm, until they have; and nothing that anybody else does changes
that: else it would tell what they did. Rows of the table of members:

    pk = waiting#<hash of the email>#<verifier of the password>   expires_at

The verifier is two bytes of a slow hash. They tell whoever gives the password that it is the one; whoever finds them
can throw away most of their guesses, and be sure of none.
"""

import hashlib
import time
from typing import TYPE_CHECKING

from app.aws.items import from_item, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS = 24 * 60 * 60  # As long as a registration.
_VERIFIER_BYTES = 2
COST = 2**14  # RFC 7914, section 2, for what a user waits for.


class WaitingRepository:
    """Keeps for a day what each registration of an email can be known by."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def remember(self, email: str, password: str) -> str:
        """Have whoever logs in with these told to confirm; returns by what they can be forgotten."""
        pk = _pk(email, password)
        row = {"pk": pk, "expires_at": int(time.time()) + _KEPT_SECONDS}
        self._client.put_item(TableName=self._table, Item=to_item(row))
        return pk

    def forget(self, pk: str) -> None:
        """Tell one of them so no more."""
        self._client.delete_item(TableName=self._table, Key=to_item({"pk": pk}))

    def has(self, email: str, password: str) -> bool:
        """Whether somebody has registered the email with this password, less than a day ago."""
        key = to_item({"pk": _pk(email, password)})
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        row = from_item(answer.get("Item", {}))
        return bool(row) and row["expires_at"] > time.time()


def _pk(email: str, password: str) -> str:
    """The same for the same two: what it takes to know it takes as long whether there is a row or not."""
    address = hashlib.sha256(email.encode())
    # A salt has to be another for each email, and to be known before there is a row.
    verifier = hashlib.scrypt(password.encode(), salt=address.digest(), n=COST, r=8, p=1, dklen=_VERIFIER_BYTES)
    return f"waiting#{address.hexdigest()}#{verifier.hex()}"
