"""Dwipps with chosen ids."""

from app.aws.clients import dynamodb_client
from app.dwipps.repository import DwippRepository, new_dwipp
from app.settings import Settings
from testkit.members import make_author


def store_dwipp(settings: Settings, dwipp_id: str, handle: str = "kay") -> str:
    """Store a Dwipp with this id by the member with this handle. Return the id."""
    client = dynamodb_client(settings.region)
    dwipps = DwippRepository(client, settings.dwipps_table, settings.feed_shards)
    client.put_item(**dwipps.put_request(new_dwipp(dwipp_id, make_author(handle), "Hm.")))
    return dwipp_id
