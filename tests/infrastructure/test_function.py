"""The functions' image serves requests and runs jobs through AWS's runtime client, and reports missing settings."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.jobs.lambda_events import SWEEP_EVENT
from app.settings import Settings
from devstack import environment
from devstack.invocations import FunctionError
from devstack.process import Service
from devstack.runtime_api import RuntimeApi
from testkit.api_client import Api
from testkit.gateway import GatewayTransport
from testkit.gateway_authorizer import Authorizer
from testkit.jobs import run_jobs_in_thread
from testkit.transcript import Transcript
from tests.infrastructure.image import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# A user that owns no file of the image, as on Lambda.
_USER = "993:990"


@contextlib.contextmanager
def _start_function(image: Image, variables: dict[str, str], folder: Path, *command: str) -> Iterator[RuntimeApi]:
    with RuntimeApi() as runtime_api:
        environ = variables | {"AWS_LAMBDA_RUNTIME_API": runtime_api.address}
        with image.start(environ, folder, _USER, command):
            yield runtime_api


async def _create_change_and_delete_dwipp(api: Api) -> None:
    assert (await api.http.get("/v1/dwipps")).status_code == 401
    kay = await api.create_member("kay")
    dwipp = await kay.post_dwipp("Socks are envelopes for feet.")
    assert (await kay.get("/v1/dwipps"))["items"] == [dwipp]
    path = f"/v1/dwipps/{dwipp['id']}"
    assert (await kay.http.post(f"{path}/upvote")).json() == dwipp | {"upvotes": 1, "upvoted": True}
    edited = (await kay.http.patch(path, json={"text": "Socks are sleeping bags.", "version": 1})).json()
    assert (edited["text"], edited["version"], edited["upvotes"]) == ("Socks are sleeping bags.", 2, 1)
    assert (await kay.http.delete(path)).status_code == 204
    assert (await kay.http.get(path)).status_code == 404
    assert (await kay.get("/v1/dwipps"))["items"] == []


def test_function_image_serves_a_dwipp_from_creation_to_deletion(
    function_image: Image, embedded: Service, new_settings: Callable[[], Settings], tmp_path: Path
) -> None:
    settings = new_settings()
    variables = environment.make_variables(settings, embedded.endpoint, embedded.endpoint)
    authorizer = Authorizer(settings, f"{embedded.endpoint}/{settings.user_pool_id}/.well-known/jwks.json")

    async def use_api(runtime_api: RuntimeApi) -> None:
        async with GatewayTransport(lambda event, _context: runtime_api.invoke(event), authorizer) as transport:

            def open_client(**options: Any) -> httpx.AsyncClient:
                return httpx.AsyncClient(transport=transport, base_url="https://dwipper.test", **options)

            finish_jobs = partial(run_jobs_in_thread, settings)
            api = Api(settings, embedded.endpoint, open_client(), Transcript(), open_client, finish_jobs)
            await _create_change_and_delete_dwipp(api)

    with _start_function(function_image, variables, tmp_path) as runtime_api:
        asyncio.run(use_api(runtime_api))


def test_function_image_runs_the_worker_with_its_command(
    function_image: Image, embedded: Service, new_settings: Callable[[], Settings], tmp_path: Path
) -> None:
    variables = environment.make_variables(new_settings(), embedded.endpoint, embedded.endpoint)
    with _start_function(function_image, variables, tmp_path, "app.worker_handler.handler") as runtime_api:
        assert runtime_api.invoke(SWEEP_EVENT) is None
        record = {"eventSource": "aws:sqs", "messageId": "unreadable", "body": "{}"}
        assert runtime_api.invoke({"Records": [record]}) == {"batchItemFailures": [{"itemIdentifier": "unreadable"}]}


def test_missing_settings_are_named_in_the_error(function_image: Image, tmp_path: Path) -> None:
    with (
        _start_function(function_image, {"AWS_REGION": "us-east-1"}, tmp_path) as runtime_api,
        pytest.raises(FunctionError, match="MisconfiguredError: Missing in the environment: USER_POOL_ID, "),
    ):
        runtime_api.invoke({})
