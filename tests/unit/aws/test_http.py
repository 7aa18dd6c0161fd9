"""Requests that are no AWS calls use botocore's proxies and CA bundle, and do not follow redirects."""

import datetime as dt
import http.server
import ipaddress
import ssl
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ProxyConnectionError, SSLError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.aws import http as aws_http
from testkit.http_server import serve

TIMEOUT_SECONDS = 5


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the requested URL, which is absolute if this server is a proxy."""

    def do_GET(self) -> None:
        content = self.path.encode()
        status = 302 if self.path.endswith("/moved") else 200
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1, signed by itself, and its key. Return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_path, key_path


def test_redirect_is_not_followed() -> None:
    with serve(Handler) as port, pytest.raises(ClientError, match="302"):
        aws_http.get(f"http://127.0.0.1:{port}/moved", TIMEOUT_SECONDS)


def test_request_uses_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Handler) as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        assert aws_http.get("http://keys.invalid/keys", TIMEOUT_SECONDS) == b"http://keys.invalid/keys"


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_request_to_an_exempt_host_uses_no_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    for each in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(each, raising=False)
    with serve(Handler) as port:
        with pytest.raises(ProxyConnectionError):
            aws_http.get(f"http://127.0.0.1:{port}/keys", TIMEOUT_SECONDS)
        monkeypatch.setenv(name, "127.0.0.1")
        assert aws_http.get(f"http://127.0.0.1:{port}/keys", TIMEOUT_SECONDS) == b"/keys"


def test_request_trusts_the_ca_bundle_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serve(Handler, context) as port:
        with pytest.raises(SSLError):
            aws_http.get(f"https://127.0.0.1:{port}/keys", TIMEOUT_SECONDS)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        assert aws_http.get(f"https://127.0.0.1:{port}/keys", TIMEOUT_SECONDS) == b"/keys"
