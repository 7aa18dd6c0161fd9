"""HTTP requests to the embedded AWS and to the API on loopback."""

import ssl

import httpx

# These services speak plain HTTP. So this has no certificates, which take 20 milliseconds to read.
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def open_client(url: str) -> httpx.Client:
    """Return a client that keeps its connection to a server, for repeated requests. It uses no proxy."""
    return httpx.Client(base_url=url, trust_env=False, verify=_TLS, timeout=5)


def get(url: str) -> httpx.Response:
    """Return the response to a GET. No proxy is used."""
    return httpx.get(url, trust_env=False, verify=_TLS, timeout=5)
