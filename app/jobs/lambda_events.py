"""The events of the worker function: messages of the queue, and the schedules of the sweep and of the heartbeat."""

from collections.abc import Callable
from typing import Any

from app.jobs.heartbeat import Heartbeat
from app.jobs.worker import Worker

# The inputs of the schedules' rules in serverless.yml.
SWEEP_EVENT = {"schedule": "sweep"}
HEARTBEAT_EVENT = {"schedule": "heartbeat"}


class UnknownEventError(Exception):
    """The event is neither a batch of messages nor the event of a schedule."""


class SweepFailedError(Exception):
    """The sweep failed. The log has the cause."""


def make_handler(worker: Worker, heartbeat: Heartbeat) -> Callable[[Any, Any], Any]:
    """Return a Lambda handler that does the work of each event."""

    def handle(event: Any, context: Any) -> Any:
        if event == HEARTBEAT_EVENT:
            heartbeat.beat(getattr(context, "aws_request_id", "heartbeat"))
            return None
        if event == SWEEP_EVENT:
            if not worker.sweep(getattr(context, "aws_request_id", "sweep")):
                raise SweepFailedError  # Lambda retries a failed event of a schedule.
            return None
        return {"batchItemFailures": [{"itemIdentifier": failed} for failed in _handle_messages(worker, event)]}

    return handle


def _handle_messages(worker: Worker, event: Any) -> list[str]:
    """Return the ids of the messages that failed.

    A record without an id is refused: if one of the returned ids were empty, Lambda would retry the whole batch.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(_is_message(record) for record in records):
        raise UnknownEventError
    return [
        record["messageId"] for record in records if not worker.handle(record["messageId"], str(record.get("body")))
    ]


def _is_message(record: Any) -> bool:
    return isinstance(record, dict) and record.get("eventSource") == "aws:sqs" and bool(record.get("messageId"))
