"""Calls to AWS whose answer vanishes after they took effect, so that the SDK makes them again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

Interruption = Callable[[], Any]


@contextmanager
def lose_first_response(client: Any, operation: str, meanwhile: Interruption = lambda: None) -> Iterator[list[str]]:
    """Lose the answer to the first call of an operation, and let something happen before the SDK's second try.

    Yields the operation's name once for each time that it was sent.
    """
    sent: list[str] = []
    session = URLLib3Session()

    def lose(request: Any, **_: Any) -> None:
        sent.append(operation)
        if len(sent) == 1:
            answer = session.send(request)
            assert answer.status_code == 200, answer.content
            meanwhile()
            raise ReadTimeoutError(endpoint_url=request.url)

    event = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register(event, lose)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
        try:
            yield sent
        finally:
            client.meta.events.unregister(event, lose)
            session.close()
