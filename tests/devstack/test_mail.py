from typing import Any

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
    }


class TestParse:
    def test_the_code_is_found(self) -> None:
        message = _message(1, "kim@example.org", "Your verification code is 123456.")
        (found,) = mail.parse({"messages": {"000000000000": [message]}})
        assert str(found) == "mail to kim@example.org: 123456"

    def test_a_mail_without_a_code_shows_its_subject(self) -> None:
        message = _message(1, "kim@example.org", "Call 0123456789 or not.")
        (found,) = mail.parse({"messages": {"000000000000": [message]}})
        assert found.code is None
        assert str(found) == "mail to kim@example.org: Your verification code"

    def test_every_account_and_every_recipient_counts(self) -> None:
        messages = [_message(1, "kim@example.org", "") | {"To": ["kim@example.org", "lu@example.org"]}]
        document = {"messages": {"0": messages, "1": [_message(2, "carl@example.org", "")]}}
        assert [found.recipient.split("@")[0] for found in mail.parse(document)] == ["kim", "lu", "carl"]

    def test_no_mail_is_none(self) -> None:
        assert list(mail.parse({"messages": {}})) == []


def test_each_mail_is_fresh_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [Mail("m1", "kim@example.org", "", "")]
    monkeypatch.setattr(mail, "everything", lambda _: sent)
    mailbox = Mailbox("http://127.0.0.1:4566")
    assert mailbox.fresh() == sent
    assert mailbox.fresh() == []
    sent.append(Mail("m2", "kim@example.org", "", ""))
    assert mailbox.fresh() == sent[1:]


def test_the_latest_code_is_the_one_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = ["111111", "222222", "no code"]
    sent = [Mail("m", "kim@example.org", "", body) for body in bodies] + [Mail("m", "lu@example.org", "", "333333")]
    monkeypatch.setattr(mail, "everything", lambda _: sent)
    assert mail.latest_code("", "kim@example.org") == "222222"
    with pytest.raises(LookupError, match="carl"):
        mail.latest_code("", "carl@example.org")


def test_what_cognito_sends_is_read_and_only_that_code_is_taken(embedded: Service) -> None:
    settings = stack.deploy(embedded.endpoint, "us-east-1", name="mail")
    cognito = clients.cognito(embedded.endpoint, "us-east-1")
    client, name = settings.user_pool_client_id, "mail-test@example.org"
    user = cognito.sign_up(ClientId=client, Username=name, Password="correct horse")["UserSub"]
    with pytest.raises(ClientError, match="CodeMismatch"):
        cognito.confirm_sign_up(ClientId=client, Username=user, ConfirmationCode="000000")
    code = mail.latest_code(embedded.endpoint, name)
    cognito.confirm_sign_up(ClientId=client, Username=user, ConfirmationCode=code)
