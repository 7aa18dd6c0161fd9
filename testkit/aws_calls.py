"""A recorder of the calls that apps of this process make to AWS. It can refuse calls instead of sending them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from app.aws.clients import cognito_client, dynamodb_client
from app.cognito import user_pool

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Refusal:
    operation: str
    error_code: str
    message: str
    unless: Callable[[Arguments], bool]

    def matches(self, operation: str, arguments: Arguments) -> bool:
        return operation == self.operation and not self.unless(arguments)

    def make_response(self) -> Any:
        """Return the HTTP response and the parsed response, which botocore uses instead of sending the call."""
        error = {"Code": self.error_code, "Message": self.message}
        return AWSResponse("", 400, HTTPHeaders(), None), {"Error": error, "ResponseMetadata": {}}


@dataclass
class AwsCalls:
    """The recorder. `operations` are the operations of the calls so far, in order."""

    operations: list[str] = field(default_factory=list)
    _refusal: _Refusal | None = None

    @classmethod
    def watch(cls, patch: pytest.MonkeyPatch) -> "AwsCalls":
        """Record the calls of apps that are created after this."""
        calls = cls()

        def watched_cognito_client(*args: Any, **options: Any) -> Any:
            return calls._watch(cognito_client(*args, **options))

        patch.setattr(user_pool, "cognito_client", watched_cognito_client)
        patch.setattr("app.bootstrap.core.dynamodb_client", lambda region: calls._watch(dynamodb_client(region)))
        return calls

    @contextmanager
    def refuse(
        self, operation: str, error_code: str, message: str, *, unless: Callable[[Arguments], bool] = lambda _: False
    ) -> Iterator[None]:
        """Refuse the calls of one operation until the block ends.

        Args:
            operation: the name in the API of AWS, such as `SignUp`.
            error_code: the code of the error.
            message: the message of the error.
            unless: returns True for the arguments of calls that are sent nevertheless.
        """
        self._refusal = _Refusal(operation, error_code, message, unless)
        try:
            yield
        finally:
            self._refusal = None

    def _watch(self, client: Any) -> Any:
        client.meta.events.register("before-call", self._before_call)
        return client

    def _before_call(self, model: Any, params: Any, **_: Any) -> Any:
        self.operations.append(model.name)
        refusal = self._refusal
        return refusal.make_response() if refusal and refusal.matches(model.name, json.loads(params["body"])) else None
