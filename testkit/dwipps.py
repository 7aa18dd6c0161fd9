"""Dwipps with chosen ids."""

from app.dwipps.models import new_dwipp
from app.dwipps.repository import DwippRepository
from devstack import clients
from testkit.api_client import Api
from testkit.members import make_author


def store_dwipp(api: Api, dwipp_id: str, handle: str = "kay") -> str:
    """Store a Dwipp with this id by the member with this handle. Return the id."""
    client = clients.dynamodb_client(api.endpoint, api.settings.region)
    dwipps = DwippRepository(client, api.settings.dwipps_table, api.settings.feed_shards)
    client.put_item(**dwipps.put_request(new_dwipp(dwipp_id, make_author(handle), "Hm.")))
    return dwipp_id
