"""A reverse proxy that strips a prefix of each path, adds another one, and names the host of the server.

CloudFront does so with an origin path: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
"""

import asyncio
import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from testkit import http_proxy


@contextlib.contextmanager
def run(address: str, folder: Path, *, prefix: str = "") -> Iterator[str]:
    """Run a proxy in front of an API until the block ends. Yield the URL at which clients reach the API.

    Args:
        address: the address of the API. The proxy adds its path.
        folder: the folder of the log.
        prefix: the prefix that clients send, and that the proxy strips.
    """
    target = urlsplit(address)
    arguments = [target.netloc, prefix or "-", target.path or "-"]
    with http_proxy.run_proxy("testkit.prefix_proxy", *arguments, folder=folder) as service:
        yield f"{service.endpoint}{prefix}"


class PrefixProxy:
    """The proxy. A request without the prefix gets 404."""

    def __init__(self, host: str, stripped: str, added: str) -> None:
        self._host = host
        self._port = int(host.rpartition(":")[2])
        self._stripped = stripped.encode()
        self._added = added.encode()

    async def respond(self, request: bytes, _: asyncio.StreamReader) -> bytes:
        """Return the response of the server."""
        head, _separator, body = request.partition(b"\r\n\r\n")
        method, path, version = head.partition(b"\r\n")[0].split(b" ")
        if not path.startswith(self._stripped + b"/"):
            return http_proxy.make_response(404, b"The proxy serves nothing here.")
        target = b" ".join([method, self._added + path.removeprefix(self._stripped), version])
        headers = re.sub(rb"(?im)^host:[^\r]*", b"Host: " + self._host.encode(), head.partition(b"\r\n")[2], count=1)
        return await http_proxy.forward(self._port, b"\r\n".join([target, headers, b"", body]))


if __name__ == "__main__":
    port, host, stripped, added = sys.argv[1:]
    http_proxy.serve(int(port), PrefixProxy(host, stripped.removeprefix("-"), added.removeprefix("-")).respond)
