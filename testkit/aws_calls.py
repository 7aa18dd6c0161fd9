"""The calls that apps of this process make to AWS: noted, and refused before they are sent where a test wants it."""

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
    name: str
    message: str
    unless: Callable[[Arguments], bool]

    def meets(self, operation: str, arguments: Arguments) -> bool:
        return operation == self.operation and not self.unless(arguments)

    def answer(self) -> Any:
        """What botocore takes for the answer."""
        error = {"Code": self.name, "Message": self.message}
        return AWSResponse("", 400, HTTPHeaders(), None), {"Error": error, "ResponseMetadata": {}}


@dataclass
class AwsCalls:
    """The names of the calls, in order."""

    made: list[str] = field(default_factory=list)
    _refusal: _Refusal | None = None

    @classmethod
    def watch(cls, patch: pytest.MonkeyPatch) -> "AwsCalls":
        """Those of all apps that are made from now on."""
        calls = cls()
        patch.setattr(user_pool, "cognito_client", lambda *args, **more: calls._watch(cognito_client(*args, **more)))
        patch.setattr("app.bootstrap.dynamodb_client", lambda region: calls._watch(dynamodb_client(region)))
        return calls

    @contextmanager
    def refusing(
        self, operation: str, name: str, message: str, *, unless: Callable[[Arguments], bool] = lambda _: False
    ) -> Iterator[None]:
        """Refuse every call of an operation by an error of this name, unless its arguments are such."""
        self._refusal = _Refusal(operation, name, message, unless)
        try:
            yield
        finally:
            self._refusal = None

    def _watch(self, client: Any) -> Any:
        client.meta.events.register("before-call", self._before)
        return client

    def _before(self, model: Any, params: Any, **_: Any) -> Any:
        self.made.append(model.name)
        refusal = self._refusal
        return refusal.answer() if refusal and refusal.meets(model.name, json.loads(params["body"])) else None
