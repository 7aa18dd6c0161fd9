"""Removals and restorations of Dwipps, as a moderator's decision writes them."""

from dataclasses import dataclass
from typing import Any, Self

from app.aws.clients import dynamodb_client
from app.aws.timestamps import now
from app.dwipps.models import Removal
from app.dwipps.removals import DwippRemovals
from app.openapi.formats import ModerationReason, format_timestamp
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Moderation:
    """The decisions on the Dwipps of a table."""

    client: Any
    removals: DwippRemovals

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the decisions on the Dwipps of these settings, at the endpoint of botocore's variables."""
        return cls.from_tables(dynamodb_client(settings.region), settings)

    @classmethod
    def from_tables(cls, client: Any, settings: Settings) -> Self:
        """Return the decisions on the Dwipps of these settings, by this client."""
        return cls(client, DwippRemovals(client, settings.dwipps_table, settings.feed_shards))

    def remove(self, dwipp_id: str, reason: ModerationReason = "spam") -> dict[str, str]:
        """Remove a Dwipp. Return the removal as the API shows it."""
        at = now()
        update = self.removals.removal_request(dwipp_id, Removal(at, reason))
        self.client.transact_write_items(TransactItems=[{"Update": update}])
        return {"at": format_timestamp(at), "reason": reason}

    def restore(self, dwipp_id: str) -> None:
        """Restore a removed Dwipp."""
        update = self.removals.restoration_request(dwipp_id)
        self.client.transact_write_items(TransactItems=[{"Update": update}])
