"""Before a deployment, SES must be out of its sandbox, with a verified identity that covers the From address."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from scripts import ses_readiness

ARN = "arn:aws:ses:eu-west-1:123456789012:identity/example.org"
MAIL_FROM = "Dwipper <dwipper@example.org>"
ACCOUNT = {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"}
IDENTITY = {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True, "VerificationStatus": "SUCCESS"}


class FakeSes:
    """A client of SES with a stub for its two calls. `regions` are those of the created clients."""

    def __init__(self) -> None:
        self._client: Any = boto3.client("sesv2", region_name="eu-west-1")
        self.stubber = Stubber(self._client)
        self.regions: list[str] = []

    def make_client(self, service: str, region_name: str) -> Any:
        assert service == "sesv2"
        self.regions.append(region_name)
        return self._client

    def respond(self, account: Any = ACCOUNT, identity: Any = IDENTITY) -> None:
        self.stubber.add_response("get_account", account)
        self.stubber.add_response("get_email_identity", identity, {"EmailIdentity": "example.org"})


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSes]:
    fake = FakeSes()
    monkeypatch.setattr("scripts.ses_readiness.boto3.client", fake.make_client)
    with fake.stubber:
        yield fake
        fake.stubber.assert_no_pending_responses()


def test_ready_account_and_identity_have_no_problem(ses: FakeSes, capsys: pytest.CaptureFixture[str]) -> None:
    ses.respond()
    assert ses_readiness.main([ARN, MAIL_FROM]) == 0
    assert capsys.readouterr().out == "SES can send the mails of this stage.\n"
    assert ses.regions == ["eu-west-1"]


@pytest.mark.parametrize(
    ("account", "identity", "problem"),
    [
        ({"ProductionAccessEnabled": False}, {}, "The account is in the sandbox of SES in eu-west-1"),
        ({"SendingEnabled": False}, {}, "SES has paused the sending of mails"),
        ({"EnforcementStatus": "PROBATION"}, {}, "its status is PROBATION"),
        ({}, {"VerifiedForSendingStatus": False, "VerificationStatus": "PENDING"}, "example.org is not verified"),
    ],
    ids=["sandbox", "paused", "review", "not verified"],
)
def test_each_problem_is_named(
    account: dict[str, Any], identity: dict[str, Any], problem: str, ses: FakeSes, capsys: pytest.CaptureFixture[str]
) -> None:
    ses.respond(ACCOUNT | account, IDENTITY | identity)
    assert ses_readiness.main([ARN, MAIL_FROM]) == 1
    first, last = capsys.readouterr().err.splitlines()
    assert problem in first
    assert last == "SES cannot send the mails of this stage yet. docs/mail.md says what to do."


def test_all_problems_are_named(ses: FakeSes) -> None:
    ses.respond(dict.fromkeys(("ProductionAccessEnabled", "SendingEnabled"), False), {})
    assert len(ses_readiness.find_problems(ARN, "dwipper@example.com")) == 4


def test_missing_identity_is_a_problem(ses: FakeSes) -> None:
    ses.stubber.add_response("get_account", ACCOUNT)
    ses.stubber.add_client_error("get_email_identity", "NotFoundException")
    assert ses_readiness.find_problems(ARN, MAIL_FROM) == ["SES has no identity example.org in eu-west-1."]


@pytest.mark.parametrize(
    ("mail_from", "is_covered"),
    [
        ("dwipper@example.org", True),
        ("Dwipper <dwipper@mail.Example.org>", True),
        ("dwipper@example.com", False),
        ("dwipper@notexample.org", False),
        ("dwipper", False),
        ("", False),
    ],
)
def test_identity_must_cover_the_sender(mail_from: str, is_covered: bool, ses: FakeSes) -> None:
    ses.respond()
    assert (ses_readiness.find_problems(ARN, mail_from) == []) is is_covered


def test_missing_permission_is_explained(ses: FakeSes, capsys: pytest.CaptureFixture[str]) -> None:
    ses.stubber.add_client_error("get_account", "AccessDeniedException", "not authorized to perform ses:GetAccount")
    assert ses_readiness.main([ARN, MAIL_FROM]) == 1
    assert "ses:GetAccount" in capsys.readouterr().err


def test_missing_credentials_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str, **__: str) -> None:
        raise NoCredentialsError

    monkeypatch.setattr("scripts.ses_readiness.boto3.client", fail)
    assert ses_readiness.find_problems(ARN, MAIL_FROM) == ["SES cannot be checked: Unable to locate credentials"]


@pytest.mark.parametrize("arn", ["", "example.org", "arn:aws:sns:eu-west-1:123456789012:topic"])
def test_other_arn_is_a_problem_without_a_call(arn: str) -> None:
    (problem,) = ses_readiness.find_problems(arn, MAIL_FROM)
    assert "is not the ARN of an SES identity" in problem


@pytest.mark.parametrize("arguments", [[], [ARN], [ARN, MAIL_FROM, "more"]])
def test_wrong_use_is_an_error_with_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ses_readiness.main(arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: ")
