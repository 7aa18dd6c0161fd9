"""The function's image does what it is for: AWS's runtime client in it serves a member's whole story."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from devstack import environment
from devstack.invocations import FunctionError
from devstack.mail import everything
from devstack.process import Service
from devstack.runtime_api import RuntimeApi
from testkit.api_client import Api
from testkit.gateway import Authorizer, GatewayTransport
from testkit.transcript import Transcript
from tests.infrastructure.image import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# As Lambda does, somebody who owns nothing of what is in the image.
_USER = "993:990"


@contextlib.contextmanager
def _deployed(image: Image, variables: dict[str, str], folder: Path) -> Iterator[RuntimeApi]:
    with RuntimeApi() as api:
        told = variables | {"AWS_LAMBDA_RUNTIME_API": api.address}
        with image.running(told, folder, _USER):
            yield api


async def _tell(api: Api) -> None:
    assert (await api.http.get("/v1/dwipps")).status_code == 401
    kay = await api.member("kay")
    dwipp = await kay.post_dwipp("Socks are envelopes for feet.")
    assert (await kay.get("/v1/dwipps"))["items"] == [dwipp]
    path = f"/v1/dwipps/{dwipp['id']}"
    assert (await kay.http.post(f"{path}/upvote")).json() == dwipp | {"upvotes": 1, "upvoted": True}
    edited = (await kay.http.patch(path, json={"text": "Socks are sleeping bags.", "version": 1})).json()
    assert (edited["text"], edited["version"], edited["upvotes"]) == ("Socks are sleeping bags.", 2, 1)
    assert (await kay.http.delete(path)).status_code == 204
    assert (await kay.http.get(path)).status_code == 404
    assert (await kay.get("/v1/dwipps"))["items"] == []


def test_it_serves_a_member_from_registration_to_deletion(
    function_image: Image, embedded: Service, new_settings: Callable[[], Settings], tmp_path: Path
) -> None:
    settings = new_settings()
    variables = environment.variables(settings, embedded.endpoint, embedded.endpoint)
    authorizer = Authorizer(settings, f"{embedded.endpoint}/{settings.user_pool_id}/.well-known/jwks.json")

    async def story(api: RuntimeApi) -> None:
        async with GatewayTransport(lambda event, _context: api.invoke(event), authorizer) as carrier:

            def open_client(**options: Any) -> httpx.AsyncClient:
                return httpx.AsyncClient(transport=carrier, base_url="https://dwipper.test", **options)

            before = len(everything(embedded.endpoint))
            await _tell(Api(settings, embedded.endpoint, open_client(), Transcript(), open_client, before))

    with _deployed(function_image, variables, tmp_path) as api:
        asyncio.run(story(api))


def test_it_says_which_settings_it_lacks(function_image: Image, tmp_path: Path) -> None:
    with (
        _deployed(function_image, {"AWS_REGION": "us-east-1"}, tmp_path) as api,
        pytest.raises(FunctionError, match="MisconfiguredError: Missing in the environment: USER_POOL_ID, "),
    ):
        api.invoke({})
