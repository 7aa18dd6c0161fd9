"""A mail that was not sent leaves the response as it is, and is counted and logged without the email."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from testkit.api_client import PASSWORD, Api
from testkit.aws_calls import AwsCalls
from tests.unit.observability.test_json_logging import Lines, capture_log

NOT_DELIVERED = ("CodeDeliveryFailureException", "Cognito received the following error from Amazon SES")
QUOTA_EXCEEDED = ("LimitExceededException", "Exceeded daily email limit for the operation or the account.")
USER_LIMIT = ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
ACCESS_DENIED = ("InvalidEmailRoleAccessPolicyException", "Cognito is not allowed to use your email identity")
EMAIL = "member7@example.org"

# The operation of Cognito, the path, and the body of the request after a registration.
OPERATIONS: dict[str, tuple[str, str, Callable[[str], dict[str, Any]]]] = {
    "register": ("SignUp", "/v1/auth/register", lambda _: {"email": EMAIL, "password": PASSWORD}),
    "resend": ("ResendConfirmationCode", "/v1/auth/resend", lambda registration: {"registration": registration}),
    "forgot": ("ForgotPassword", "/v1/auth/password/forgot", lambda _: {"email": EMAIL}),
}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> AwsCalls:
    """Watch the calls of the API. This comes before the fixture `api`, which creates its app."""
    return AwsCalls.watch(monkeypatch)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    return capture_log(monkeypatch)


async def _send_refused(
    operation: str, error: tuple[str, str], calls: AwsCalls, api: Api, lines: Lines
) -> tuple[int, list[dict[str, Any]]]:
    """Return the status of a request whose mail is refused, and the lines that it logged."""
    registration = "" if operation == "register" else await api.register(EMAIL)
    name, path, make_body = OPERATIONS[operation]
    earlier = len(lines())
    with calls.refuse(name, *error):
        response = await api.http.post(path, json=make_body(registration))
    return response.status_code, lines()[earlier:]


@pytest.mark.parametrize("error", [NOT_DELIVERED, QUOTA_EXCEEDED], ids=["not delivered", "quota exceeded"])
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_unsent_mail_is_counted_and_its_cause_is_logged(
    operation: str, error: tuple[str, str], calls: AwsCalls, api: Api, lines: Lines
) -> None:
    status, (cause, request) = await _send_refused(operation, error, calls, api, lines)
    assert (status, request["status"], request["UnsentMails"]) == (202, 202, 1)
    assert (cause["level"], cause["aws_error"]) == ("WARNING", error[0])
    assert (cause["aws_operation"], cause["request_id"]) == (OPERATIONS[operation][0], request["request_id"])
    assert EMAIL not in json.dumps([cause, request])


@pytest.mark.parametrize("operation", ["resend", "forgot"])
async def test_limit_of_one_member_is_no_unsent_mail(operation: str, calls: AwsCalls, api: Api, lines: Lines) -> None:
    status, (request,) = await _send_refused(operation, USER_LIMIT, calls, api, lines)
    assert status == 202
    assert "UnsentMails" not in request


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_missing_access_to_ses_is_an_unsent_mail_and_500(
    operation: str, calls: AwsCalls, api: Api, lines: Lines
) -> None:
    status, logged = await _send_refused(operation, ACCESS_DENIED, calls, api, lines)
    assert (status, logged[-1]["UnsentMails"]) == (500, 1)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_sent_mail_is_not_counted(operation: str, api: Api, lines: Lines) -> None:
    registration = "" if operation == "register" else await api.register(EMAIL)
    _, path, make_body = OPERATIONS[operation]
    response = await api.http.post(path, json=make_body(registration))
    assert (response.status_code, "UnsentMails" in lines()[-1]) == (202, False)
