"""The calls that the apps of this process make to AWS: recorded, and refused on demand before they are sent."""

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

    def response(self) -> Any:
        """Return the pair that a handler of `before-call` gives to botocore instead of a response."""
        error = {"Code": self.error_code, "Message": self.message}
        return AWSResponse("", 400, HTTPHeaders(), None), {"Error": error, "ResponseMetadata": {}}


@dataclass
class AwsCalls:
    """The operations of the calls, in order."""

    operations: list[str] = field(default_factory=list)
    _refusal: _Refusal | None = None

    @classmethod
    def watch(cls, patch: pytest.MonkeyPatch) -> "AwsCalls":
        """Record the calls of all apps that are created from now on."""
        calls = cls()

        def watched_cognito_client(*args: Any, **options: Any) -> Any:
            return calls._watch(cognito_client(*args, **options))

        patch.setattr(user_pool, "cognito_client", watched_cognito_client)
        patch.setattr("app.bootstrap.dynamodb_client", lambda region: calls._watch(dynamodb_client(region)))
        return calls

    @contextmanager
    def refuse(
        self, operation: str, name: str, message: str, *, unless: Callable[[Arguments], bool] = lambda _: False
    ) -> Iterator[None]:
        """Refuse the calls of one operation until the block ends.

        Args:
            operation: the name in the API of AWS, such as `SignUp`.
            name: the error code.
            message: the message of the error.
            unless: returns True for the arguments of a call that is let through.
        """
        self._refusal = _Refusal(operation, name, message, unless)
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
        return refusal.response() if refusal and refusal.matches(model.name, json.loads(params["body"])) else None
