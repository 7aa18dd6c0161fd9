"""A api behind the deployment: over real connections to API Gateway, to which nothing of the app is known."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.aws.items import deserialize, serialize
from app.aws.timestamps import from_text, to_text
from devstack import clients
from devstack.deployment import Deployment
from devstack.mail import everything
from devstack.ports import LOOPBACK
from testkit.api_client import Api
from testkit.leak_scan import LeakScan
from testkit.transcript import Transcript

# What API Gateway waits for.
_PATIENCE_SECONDS = 29.0


class Gateway(httpx.AsyncBaseTransport):
    """Carries requests to the gateway by the name that it gave the API, below its stage, and answers back."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._port = urlsplit(url).port
        self._stage = urlsplit(url).path
        self._carrier = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        answer = await self._carrier.handle_async_request(self.aimed(request))
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=self._bared(answer.headers), content=content)

    def aimed(self, request: httpx.Request) -> httpx.Request:
        """The same request, at the gateway's own address."""
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

    def _bared(self, headers: httpx.Headers) -> list[tuple[str, str]]:
        """The headers without the stage, where they lead somewhere, and without the gateway's own."""
        return [
            (name, value.replace(f"{self._stage}/", "/", 1) if name in ("location", "link") else value)
            for name, value in headers.multi_items()
            if not name.startswith("x-amz")
        ]


class Data:
    """What the deployment holds, as its operator reaches it."""

    def __init__(self, deployed: Deployment) -> None:
        self._settings = deployed.settings
        self._dynamodb = clients.dynamodb(deployed.aws.endpoint, deployed.settings.region)
        self._cognito = clients.cognito(deployed.aws.endpoint, deployed.settings.region)

    def drop(self) -> None:
        """Delete all rows and all users."""
        tables = {
            self._settings.dwipps_table: ("dwipp_id",),
            self._settings.reactions_table: ("member_id", "dwipp_id"),
            self._settings.members_table: ("pk",),
        }
        for table, key in tables.items():
            for row in self._rows(table):
                self._dynamodb.delete_item(TableName=table, Key={name: row[name] for name in key})
        pool = self._settings.user_pool_id
        for user in self._cognito.list_users(UserPoolId=pool)["Users"]:
            self._cognito.admin_delete_user(UserPoolId=pool, Username=user["Username"])

    def outlast(self) -> None:
        """Have all deletions begun a minute earlier, by when no write can be on its way any more."""
        table = self._settings.members_table
        for row in self._rows(table):
            if "deleting_since" in row:
                since = from_text(deserialize(row)["deleting_since"]) - timedelta(minutes=1)
                self._dynamodb.update_item(
                    TableName=table,
                    Key={"pk": row["pk"]},
                    UpdateExpression="SET deleting_since = :since",
                    ExpressionAttributeValues=serialize({":since": to_text(since)}),
                )

    def _rows(self, table: str) -> list[Any]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [row for page in pages for row in page["Items"]]


@asynccontextmanager
async def behind(deployed: Deployment) -> AsyncIterator[Api]:
    """A api that begins empty."""
    settings = deployed.settings
    data = Data(deployed)
    data.drop()
    carrier, transcript, scan = Gateway(deployed.url), Transcript(), LeakScan(settings)

    def open_client(**options: Any) -> httpx.AsyncClient:
        hooks = {"response": [transcript.record, scan.look]}
        return httpx.AsyncClient(
            transport=carrier,
            base_url="https://dwipper.test",
            timeout=_PATIENCE_SECONDS,
            event_hooks=hooks,
            **options,
        )

    endpoint = deployed.aws.endpoint
    async with carrier:
        mails_before = len(everything(endpoint))
        yield Api(settings, endpoint, open_client(), transcript, open_client, mails_before, data.outlast)
