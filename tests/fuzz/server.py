"""The API under test in another process. uvicorn serves the app, or a stand-in for API Gateway and the function.

`python -m tests.fuzz.server TRANSPORT PORT`
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from mangum.types import ASGI
from starlette.types import Receive, Scope, Send

from app.api_gateway import make_handler
from app.limits import policies
from app.main import create_app
from app.settings import Settings
from devstack.paths import ROOT
from devstack.process import Service, start_process
from testkit.engine import Engine
from testkit.gateway import GatewayTransport
from testkit.gateway_authorizer import Authorizer
from testkit.ports import find_free_port


class GatewayApp:
    """An ASGI app that passes each request through a stand-in for API Gateway to the Lambda handler of another app."""

    def __init__(self, application: ASGI, settings: Settings, aws: str) -> None:
        authorizer = Authorizer(settings, f"{aws}/{settings.user_pool_id}/.well-known/jwks.json")
        self._gateway = GatewayTransport(make_handler(application), authorizer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the gateway, and send its response."""
        response = await self._gateway.handle_async_request(await _read_request(scope, receive))
        headers = [(name.lower(), value) for name, value in response.headers.raw]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.content})


async def _read_request(scope: Scope, receive: Receive) -> httpx.Request:
    body, has_more = b"", True
    while has_more:
        message = await receive()
        body, has_more = body + message.get("body", b""), message.get("more_body", False)
    target = b"?".join(filter(None, (scope["raw_path"], scope["query_string"])))
    url = httpx.URL("https://dwipper.test").copy_with(raw_path=target)
    return httpx.Request(scope["method"], url, headers=scope["headers"], content=body)


@contextlib.contextmanager
def run_server(engine: Engine, transport: str, folder: Path) -> Iterator[Service]:
    """Run the server on loopback until the block ends.

    Args:
        engine: the tables and the user pool.
        transport: "uvicorn" or "rest".
        folder: the folder for the log.
    """
    port, log = find_free_port(), folder / "server.log"
    command = [sys.executable, "-m", "tests.fuzz.server", transport, str(port)]
    environment = engine.variables | {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT)}
    with start_process(command, folder=folder, environment=environment, log=log) as process:
        service = Service("The API", f"http://127.0.0.1:{port}", process, log)
        service.wait_until(lambda response: response.is_success, "/health")
        yield service


def _create_application(transport: str) -> Any:
    settings = Settings.from_environment(os.environ)
    policies._DECISIONS_HOUR = policies._SUSPENSIONS_HOUR = 0  # Without a limit.
    application = create_app(settings)
    if transport == "uvicorn":
        return application
    return GatewayApp(application, settings, os.environ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"])


if __name__ == "__main__":
    # By default uvicorn could close an idle connection while a client on a busy machine begins to send.
    uvicorn.run(
        _create_application(sys.argv[1]),
        port=int(sys.argv[2]),
        log_level="warning",
        access_log=False,
        timeout_keep_alive=120,
    )
