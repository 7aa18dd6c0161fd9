"""Errors of boto3 are mapped to errors of the domain."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from app.aws.errors import error_code, existing_item, to_domain_error, was_sdk_retry
from app.errors import TooManyRequestsError, UnavailableError


def make_client_error(code: str = "", status: int = 400, retries: int = 0, **fields: Any) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": retries}
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": metadata, **fields}
    return ClientError(response, "Call")


def test_error_code_is_the_name_in_the_response() -> None:
    assert error_code(make_client_error("Throttling")) == "Throttling"
    assert error_code(ClientError({}, "Call")) == ""


def test_existing_item_is_the_item_in_the_response() -> None:
    assert existing_item(make_client_error(Item={"pk": {"S": "x"}})) == {"pk": {"S": "x"}}
    assert existing_item(make_client_error()) is None


def test_sdk_retry_is_recognised() -> None:
    assert was_sdk_retry(make_client_error(retries=1))
    assert not was_sdk_retry(make_client_error())
    assert not was_sdk_retry(ClientError({}, "Call"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (make_client_error("ThrottlingException"), UnavailableError),
        (make_client_error("ProvisionedThroughputExceededException"), UnavailableError),
        (make_client_error("InternalServerError", 500), UnavailableError),
        (make_client_error("SomethingNew", 503), UnavailableError),
        (make_client_error("TooManyRequestsException"), TooManyRequestsError),
        (make_client_error("LimitExceededException"), TooManyRequestsError),
        (EndpointConnectionError(endpoint_url="x"), UnavailableError),
        (make_client_error("ValidationException"), type(None)),
        (make_client_error("AccessDeniedException"), type(None)),
        (make_client_error("ResourceNotFoundException"), type(None)),
        (ZeroDivisionError(), type(None)),
        (OSError(), type(None)),
    ],
    ids=lambda case: case.__name__ if isinstance(case, type) else str(case),
)
def test_error_becomes_a_domain_error_or_none(error: Exception, expected: type) -> None:
    assert type(to_domain_error(error)) is expected
