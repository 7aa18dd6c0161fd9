"""A user pool with a stubbed client."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from app.aws.clients import cognito_client
from app.cognito.user_pool import UserPool
from testkit.doubles import SETTINGS


@pytest.fixture(scope="module")
def stubbed_client() -> Any:
    return cognito_client("us-east-1")


@pytest.fixture
def stubbed(stubbed_client: Any) -> Iterator[tuple[UserPool, Stubber]]:
    pool = UserPool(SETTINGS)
    vars(pool).update(_client=stubbed_client, _single_attempt_client=stubbed_client)
    with Stubber(stubbed_client) as stubber:
        yield pool, stubber
        stubber.assert_no_pending_responses()
