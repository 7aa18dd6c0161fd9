"""The API of the deployment, over real connections to the embedded API Gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from devstack.deployment import Deployment
from devstack.ports import LOOPBACK
from testkit.api_client import Api
from testkit.leak_scan import LeakScan
from testkit.transcript import Transcript
from tests.e2e.deployed.operators import Operator

# The integration timeout of API Gateway.
_TIMEOUT_SECONDS = 29.0


class StageTransport(httpx.AsyncBaseTransport):
    """A transport to a stage of API Gateway.

    The host name of the API does not resolve, so requests go to loopback with that name as `Host`. The stage and the
    gateway's own headers are removed from responses, so that the responses equal those of the app.
    """

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._port = urlsplit(url).port
        self._stage = urlsplit(url).path
        self._carrier = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = await self._carrier.handle_async_request(self.to_stage(request))
        content = await response.aread()
        return httpx.Response(response.status_code, headers=self._to_app_headers(response.headers), content=content)

    def to_stage(self, request: httpx.Request) -> httpx.Request:
        """Return the same request, addressed to the stage on loopback."""
        url = request.url.copy_with(
            scheme="http", host=LOOPBACK, port=self._port, raw_path=self._stage.encode() + request.url.raw_path
        )
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
        headers.append((b"Host", self._host.encode()))
        return httpx.Request(
            request.method, url, headers=headers, content=request.content, extensions=request.extensions
        )

    async def aclose(self) -> None:
        await self._carrier.aclose()

    def _to_app_headers(self, headers: httpx.Headers) -> list[tuple[str, str]]:
        """Return the headers without the stage in links, and without the gateway's own headers."""
        return [
            (name, value.replace(f"{self._stage}/", "/", 1) if name in ("location", "link") else value)
            for name, value in headers.multi_items()
            if not name.startswith("x-amz")
        ]


@asynccontextmanager
async def open_deployed_api(deployed: Deployment) -> AsyncIterator[Api]:
    """Delete all data of the deployment, and open its API."""
    settings = deployed.settings
    operator = Operator(deployed)
    operator.clear()
    carrier, transcript, scan = StageTransport(deployed.url), Transcript(), LeakScan(settings)

    def open_client(**options: Any) -> httpx.AsyncClient:
        hooks = {"response": [transcript.record, scan.check_unread]}
        return httpx.AsyncClient(
            transport=carrier,
            base_url="https://dwipper.test",
            timeout=_TIMEOUT_SECONDS,
            event_hooks=hooks,
            **options,
        )

    async with carrier:
        yield Api(settings, deployed.aws.endpoint, open_client(), transcript, open_client, operator.finish_jobs)
