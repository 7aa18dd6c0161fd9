"""Cognito's mail is read from MiniStack, a mailbox returns each message once, and codes are found in the body."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from devstack import clients, mail, stack
from devstack.mail import Mail, Mailbox
from devstack.process import Service


def _message(number: int, recipient: str, body: str) -> dict[str, Any]:
    return {
        "MessageId": f"m{number}",
        "To": [recipient],
        "Subject": "Your verification code",
        "BodyText": body,
        "Timestamp": float(number),
    }


class TestParseMessages:
    def test_code_is_found_in_the_body(self) -> None:
        message = _message(1, "kim@example.org", "Your verification code is 123456.")
        (received,) = mail.parse_messages({"messages": {"000000000000": [message]}})
        assert str(received) == "mail to kim@example.org: 123456"
        assert received.sent_at == 1

    def test_mail_without_a_code_shows_its_subject(self) -> None:
        message = _message(1, "kim@example.org", "Call 0123456789 or not.")
        (received,) = mail.parse_messages({"messages": {"000000000000": [message]}})
        assert received.code is None
        assert str(received) == "mail to kim@example.org: Your verification code"

    def test_mail_of_all_accounts_and_recipients_is_listed(self) -> None:
        messages = [_message(1, "kim@example.org", "") | {"To": ["kim@example.org", "lu@example.org"]}]
        document = {"messages": {"0": messages, "1": [_message(2, "carl@example.org", "")]}}
        assert [received.recipient.split("@")[0] for received in mail.parse_messages(document)] == ["kim", "lu", "carl"]

    def test_document_without_messages_has_no_mail(self) -> None:
        assert list(mail.parse_messages({"messages": {}})) == []


class _MailHandler(BaseHTTPRequestHandler):
    """A stand-in for MiniStack, which counts its connections and requests."""

    protocol_version = "HTTP/1.1"
    messages: ClassVar[list[dict[str, Any]]] = []
    counts: ClassVar[Counter[str]] = Counter()

    def setup(self) -> None:
        super().setup()
        self.counts["connections"] += 1

    def do_GET(self) -> None:
        self.counts["requests"] += 1
        body = json.dumps({"messages": {"0": self.messages}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the endpoint of a stand-in for MiniStack."""
    monkeypatch.setattr(_MailHandler, "messages", [])
    monkeypatch.setattr(_MailHandler, "counts", Counter())
    with ThreadingHTTPServer(("127.0.0.1", 0), _MailHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class TestMailbox:
    def test_each_mail_is_returned_once(self, mail_server: str) -> None:
        with closing(Mailbox(mail_server)) as mailbox:
            assert mailbox.fetch_new() == []
            for recipient in ("kim@example.org", "lu@example.org"):
                _MailHandler.messages.append(_message(len(_MailHandler.messages), recipient, ""))
                assert [mail.recipient for mail in mailbox.fetch_new()] == [recipient]
                assert mailbox.fetch_new() == []

    def test_all_polls_share_a_connection(self, mail_server: str) -> None:
        with closing(Mailbox(mail_server)) as mailbox:
            for _ in range(5):
                mailbox.fetch_new()
        assert _MailHandler.counts == {"connections": 1, "requests": 5}


def test_latest_code_is_that_of_the_last_mail_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = ["111111", "222222", "no code"]
    mails = [Mail("m", "kim@example.org", "", body, 1) for body in bodies]
    mails.append(Mail("m", "lu@example.org", "", "333333", 1))
    monkeypatch.setattr(mail, "fetch_all", lambda _: mails)
    assert mail.find_latest_code("", "kim@example.org") == "222222"
    with pytest.raises(LookupError, match="carl"):
        mail.find_latest_code("", "carl@example.org")


def test_cognito_accepts_only_the_code_in_its_mail(embedded: Service) -> None:
    settings = stack.deploy(embedded.endpoint, "us-east-1", name="mail")
    cognito = clients.cognito_client(embedded.endpoint, "us-east-1")
    client_id, email = settings.user_pool_client_id, "mail-test@example.org"
    user = cognito.sign_up(ClientId=client_id, Username=email, Password="correct horse")["UserSub"]
    with pytest.raises(ClientError, match="CodeMismatch"):
        cognito.confirm_sign_up(ClientId=client_id, Username=user, ConfirmationCode="000000")
    code = mail.find_latest_code(embedded.endpoint, email)
    cognito.confirm_sign_up(ClientId=client_id, Username=user, ConfirmationCode=code)
