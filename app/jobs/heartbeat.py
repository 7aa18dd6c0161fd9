"""The heartbeat: a scheduled check of the public URL, from outside like a client.

A small site has minutes and nights without requests, in which no other alarm can notice an outage. The checks are:

- `/health`: DNS, the certificate, the firewall, API Gateway and the start of the function.
- a login: Cognito.
- a read with the token of that login: the authorizer and DynamoDB.

The second and third require a member (app/jobs/heartbeat_secret.py).
"""

import json
import logging
from collections.abc import Callable

from app.aws import http
from app.aws.errors import describe_cause, log_failure
from app.jobs.heartbeat_secret import HeartbeatSecret, MemberMissingError
from app.observability.heartbeat_log import NOT_SET_UP, OK, log_heartbeat

logger = logging.getLogger(__name__)

# Three requests, each with this timeout for its connection and for its response, end before the worker's timeout of 60
# seconds. A site that needs longer is as good as down.
_TIMEOUT_SECONDS = 5
# The cheapest read of a member. It reads DynamoDB.
_READ_PATH = "/v1/dwipps?limit=1"


class Heartbeat:
    """The heartbeat of a stage.

    Args:
        url: the public URL of the API, without a slash at its end.
        secret: the credentials of the member that logs in.
    """

    def __init__(self, url: str, secret: HeartbeatSecret) -> None:
        self._url = url
        self._secret = secret

    def beat(self, beat_id: str) -> None:
        """Make all checks, and log the outcomes. A failed check raises nothing, because Lambda would repeat the beat.

        Args:
            beat_id: the id of the run, for the log.
        """
        with log_heartbeat(beat_id) as entry:
            entry.health = _try(self._check_health)
            entry.login = _try(self._check_login)
            if entry.login != OK:
                self._secret.forget()  # `make heartbeat` may have changed it.

    def _check_health(self) -> None:
        http.get(f"{self._url}/health", _TIMEOUT_SECONDS)

    def _check_login(self) -> None:
        credentials = self._secret.read()
        tokens = json.loads(http.post_json(f"{self._url}/v1/auth/login", credentials, _TIMEOUT_SECONDS))
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        http.get(f"{self._url}{_READ_PATH}", _TIMEOUT_SECONDS, headers)


def _try(check: Callable[[], None]) -> str:
    """Return the outcome of a check: OK, NOT_SET_UP, or the status or the error that it got."""
    try:
        check()
    except MemberMissingError:
        return NOT_SET_UP
    except Exception as error:  # noqa: BLE001 -- whatever fails, the beat must be logged
        log_failure(logger, "heartbeat failed", error)
        return describe_cause(error).get("aws_error", type(error).__name__)
    return OK
