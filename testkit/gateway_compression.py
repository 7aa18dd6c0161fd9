"""A model of API Gateway's compression of responses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html
"""

import gzip
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from testkit.gateway import to_response

_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {"deflate": zlib.compress, "gzip": gzip.compress}


def compress(result: Mapping[str, Any], accept_encoding: str, minimum_size: int) -> httpx.Response:
    """Return the response that API Gateway makes from the result of a function. httpx decodes its content.

    API Gateway compresses only text. It sends a result in base64 as it is, unless the API has binary media types.

    Args:
        result: the result of the function.
        accept_encoding: the header of the request. Empty for none.
        minimum_size: the `minimumCompressionSize` of the API, in bytes.
    """
    assert not result["isBase64Encoded"], "the client would receive base64"
    response = to_response(result)
    coding = _choose(accept_encoding)
    if coding is None or "content-encoding" in response.headers or len(response.content) < minimum_size:
        return response
    content = _CODINGS[coding](response.content)
    headers = [(name, value) for name, value in response.headers.multi_items() if name != "content-length"]
    headers += [("Content-Encoding", coding), ("Content-Length", str(len(content)))]
    return httpx.Response(response.status_code, headers=headers, content=content)


def _choose(accept_encoding: str) -> str | None:
    """Return the first coding of the header that API Gateway supports. None if there is none."""
    codings = (each.partition(";")[0].strip().lower() for each in accept_encoding.split(","))
    return next((coding for coding in codings if coding in _CODINGS), None)
