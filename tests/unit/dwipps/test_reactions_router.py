"""A malformed Dwipp id in a reaction is 404, and reaches no table."""

import asyncio
from unittest.mock import Mock

import pytest
from botocore.stub import Stubber
from fastapi import FastAPI

from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier
from app.aws.clients import dynamodb_client
from app.dwipps.reaction_writer import ReactionWriter
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.members.audience import Audiences
from app.members.blocks import BlockRepository
from app.members.directory import Directory
from testkit.doubles import SETTINGS, make_offline_app, send_request
from testkit.forged_tokens import make_token, public_keys


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """Return the app with tables that refuse every call."""
    app, _ = make_offline_app(TokenVerifier(SETTINGS, KeySet(lambda: public_keys("signing"))))
    client = dynamodb_client(SETTINGS.region)
    Stubber(client).activate()
    writer = ReactionWriter(
        DwippRepository(client, SETTINGS.dwipps_table, 1),
        ReactionRepository(client, SETTINGS.reactions_table, SETTINGS.dwipps_table),
        Audiences(BlockRepository(client, SETTINGS.members_table), Mock(Directory)),
    )
    app.state.container.reaction_writer = writer
    return app


@pytest.mark.parametrize(
    "dwipp_id",
    ["x", "a" * 1100, "%00", "017F22E2-79B0-4CC3-98C4-DC0C0C07398F", "017f22e2-79b0-7cc3-98c4-dc0c0c07398\uff26"],
    ids=["letter", "1100 letters", "NUL", "UUIDv4 in capitals", "full-width letter"],
)
@pytest.mark.parametrize("reaction", ["upvote", "favorite"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_malformed_id_is_404_without_a_call(method: str, reaction: str, dwipp_id: str, app: FastAPI) -> None:
    headers = {"Authorization": f"Bearer {make_token()}"}
    response = asyncio.run(send_request(app, method, f"/v1/dwipps/{dwipp_id}/{reaction}", headers=headers))
    assert response.status_code == 404
    assert response.json()["type"] == "urn:dwipper:problem:dwipp-not-found"
