"""Calls to AWS that take effect and whose response is lost, so that the SDK retries them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

Interruption = Callable[[], Any]


@contextmanager
def lose_first_response(client: Any, operation: str, meanwhile: Interruption = lambda: None) -> Iterator[list[str]]:
    """Lose the response to the first call of an operation.

    Args:
        client: the boto3 client that makes the call.
        operation: the operation, such as `PutItem`.
        meanwhile: runs between the first call and its retry.

    Yields:
        a list that gets the name of the operation for each attempt of a call.
    """
    attempts: list[str] = []
    session = URLLib3Session()

    def lose_response(request: Any, **_: Any) -> None:
        attempts.append(operation)
        if len(attempts) == 1:
            response = session.send(request)
            assert response.status_code == 200, response.content
            meanwhile()
            raise ReadTimeoutError(endpoint_url=request.url)

    event = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register(event, lose_response)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
        try:
            yield attempts
        finally:
            client.meta.events.unregister(event, lose_response)
            session.close()
