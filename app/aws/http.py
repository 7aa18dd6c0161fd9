"""HTTP requests that are no AWS calls, sent the way botocore sends its calls: same proxies and CA bundle."""

import json
from collections.abc import Mapping

import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.parsers import ResponseParserError
from botocore.utils import get_environ_proxies


class UnreadableResponseError(ResponseParserError):
    """The response has not the expected form."""


def get(url: str, timeout_seconds: int, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the content at a URL. Redirects are not followed.

    Args:
        url: the URL.
        timeout_seconds: the timeout of the connection and of each read.
        headers: the header fields.

    Raises:
        ClientError: if the status is not 200. The status is its code.
        BotoCoreError: if the request fails or times out.
    """
    return _send("GET", url, timeout_seconds, headers)


def post_json(url: str, body: Mapping[str, str], timeout_seconds: int) -> bytes:
    """Send a body as JSON, and return the content of the response. See `get` for the arguments and the errors."""
    headers = {"Content-Type": "application/json"}
    return _send("POST", url, timeout_seconds, headers, json.dumps(body).encode())


def _send(
    method: str, url: str, timeout_seconds: int, headers: Mapping[str, str] | None, body: bytes | None = None
) -> bytes:
    ca_bundle = botocore.session.get_session().get_config_variable("ca_bundle")
    session = URLLib3Session(verify=ca_bundle or True, proxies=get_environ_proxies(url), timeout=timeout_seconds)
    try:
        response = session.send(AWSRequest(method, url, headers, body).prepare())
    finally:
        session.close()
    if response.status_code != 200:
        raise ClientError({"Error": {"Code": str(response.status_code)}}, method)
    return response.content
