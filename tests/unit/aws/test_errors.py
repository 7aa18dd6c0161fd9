"""Errors of boto3 are mapped to errors of the domain."""

import itertools
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from app.aws.errors import describe_cause, error_code, existing_item, to_domain_error, was_sdk_retry
from app.aws.retries import WriteConflictError
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


# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html, and the errors of DynamoDB and Cognito
TRANSIENT_CODES = (
    *("BandwidthLimitExceeded", "IDPCommunicationError", "InternalError", "InternalErrorException", "InternalFailure"),
    *("InternalServerError", "InvalidClientTokenId", "PriorRequestNotComplete"),
    *("ProvisionedThroughputExceededException", "ReplicatedWriteConflictException", "RequestLimitExceeded"),
    *("RequestThrottled", "RequestThrottledException", "RequestTimeout", "RequestTimeoutException"),
    *("ServiceUnavailable", "ServiceUnavailableException", "SlowDown", "ThrottledException", "Throttling"),
    *("ThrottlingException", "TransactionConflictException", "TransactionInProgressException"),
    "UnrecognizedClientException",
)
# Only an operator can fix these: permissions, credentials, names of tables, and requests that this code gets wrong.
OPERATOR_CODES = (
    *("AccessDeniedException", "ExpiredTokenException", "IncompleteSignature", "InvalidSignatureException"),
    *("MissingAuthenticationTokenException", "ResourceNotFoundException", "SerializationException"),
    *("TransactionCanceledException", "ValidationException", "", "SomethingNew"),
)
TRANSPORT_ERRORS = (
    BotoConnectionError(error=OSError()),
    ConnectionClosedError(endpoint_url="x"),
    ConnectTimeoutError(endpoint_url="x"),
    CredentialRetrievalError(provider="x", error_msg="x"),
    EndpointConnectionError(endpoint_url="x"),
    HTTPClientError(error="x"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    MetadataRetrievalError(error_msg="x"),
    ProxyConnectionError(proxy_url="x"),
    ReadTimeoutError(endpoint_url="x"),
    ResponseParserError("x"),
    ResponseStreamingError(error="x"),
    SSLError(endpoint_url="x", error=OSError()),
)
OPERATOR_ERRORS = (
    NoCredentialsError(),
    NoRegionError(),
    ParamValidationError(report="x"),
    PartialCredentialsError(provider="x", cred_var="x"),
    ProfileNotFound(profile="x"),
)


class TestToDomainError:
    @pytest.mark.parametrize("code", TRANSIENT_CODES)
    def test_transient_code_is_unavailable(self, code: str) -> None:
        assert type(to_domain_error(make_client_error(code))) is UnavailableError

    @pytest.mark.parametrize("code", ["TooManyRequestsException", "LimitExceededException", "ForbiddenException"])
    def test_rate_limit_is_too_many_requests(self, code: str) -> None:
        assert type(to_domain_error(make_client_error(code))) is TooManyRequestsError

    @pytest.mark.parametrize("code", OPERATOR_CODES)
    def test_operator_error_is_none_below_status_500(self, code: str) -> None:
        assert to_domain_error(make_client_error(code)) is None
        assert type(to_domain_error(make_client_error(code, 500))) is UnavailableError
        assert type(to_domain_error(make_client_error(code, 503))) is UnavailableError

    @pytest.mark.parametrize("error", TRANSPORT_ERRORS, ids=lambda error: type(error).__name__)
    def test_transport_error_is_unavailable(self, error: Exception) -> None:
        assert type(to_domain_error(error)) is UnavailableError

    @pytest.mark.parametrize(
        "error", [*OPERATOR_ERRORS, ZeroDivisionError(), OSError()], ids=lambda error: type(error).__name__
    )
    def test_other_error_is_none(self, error: Exception) -> None:
        assert to_domain_error(error) is None


def raise_from(*errors: Exception) -> Exception:
    """Return the last of the errors, each raised from the one before it."""
    for cause, error in itertools.pairwise(errors):
        error.__cause__ = cause
    return errors[-1]


class TestDescribeCause:
    """The fields name AWS's error for the operator, and leave out its message, which may repeat the request."""

    def test_response_has_code_operation_and_request_id(self) -> None:
        error = make_client_error("AccessDeniedException", Message="secret")
        error.response["ResponseMetadata"]["RequestId"] = "AWS1"
        fields = {"aws_error": "AccessDeniedException", "aws_operation": "Call", "aws_request_id": "AWS1"}
        assert describe_cause(error) == fields
        assert describe_cause(raise_from(error, WriteConflictError(), UnavailableError())) == fields

    def test_context_counts_as_cause(self) -> None:
        error = UnavailableError()
        error.__context__ = make_client_error("Throttling")
        assert describe_cause(error)["aws_error"] == "Throttling"

    def test_cancelled_transaction_has_the_reason_for_each_write(self) -> None:
        reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "secret", "Item": {}}, {}]
        error = make_client_error("TransactionCanceledException", CancellationReasons=reasons)
        assert describe_cause(error)["aws_error"] == "TransactionCanceledException None ConditionalCheckFailed None"

    @pytest.mark.parametrize("error", [*TRANSPORT_ERRORS, *OPERATOR_ERRORS], ids=lambda error: type(error).__name__)
    def test_error_without_a_response_has_its_name(self, error: Exception) -> None:
        assert describe_cause(error) == {"aws_error": type(error).__name__}
        assert describe_cause(raise_from(error, UnavailableError())) == {"aws_error": type(error).__name__}

    def test_incomplete_response_is_accepted(self) -> None:
        assert describe_cause(ClientError({}, "Call")) == {"aws_error": "", "aws_operation": "Call"}

    @pytest.mark.parametrize("error", [ZeroDivisionError(), UnavailableError()])
    def test_other_error_has_no_fields(self, error: Exception) -> None:
        assert describe_cause(error) == {}
        assert describe_cause(raise_from(OSError(), error)) == {}

    def test_circular_causes_end(self) -> None:
        first, second = ValueError(), KeyError()
        raise_from(first, second, first)
        assert describe_cause(first) == {}
