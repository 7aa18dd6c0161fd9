"""The worker function reports the messages that failed, so that SQS delivers only those again."""

import copy
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, call

import pytest

from app.jobs.heartbeat import Heartbeat
from app.jobs.lambda_events import HEARTBEAT_EVENT, SWEEP_EVENT, SweepFailedError, UnknownEventError, make_handler
from app.jobs.worker import Worker

# As in https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
RECORD: dict[str, Any] = {
    "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
    "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
    "body": "the body",
    "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
    "messageAttributes": {},
    "eventSource": "aws:sqs",
    "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
    "awsRegion": "us-east-2",
}
CONTEXT = SimpleNamespace(aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef")


@pytest.fixture
def worker() -> Any:
    return Mock(spec=Worker)


@pytest.fixture
def heartbeat() -> Any:
    return Mock(spec=Heartbeat)


def _make_event(*message_ids: str) -> dict[str, Any]:
    return {"Records": [RECORD | {"messageId": each, "body": f"body of {each}"} for each in message_ids]}


class TestMessages:
    def test_only_failed_messages_are_reported(self, worker: Any, heartbeat: Any) -> None:
        worker.handle.side_effect = [True, False, True, False]
        assert make_handler(worker, heartbeat)(_make_event("a", "b", "c", "d"), CONTEXT) == {
            "batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "d"}]
        }
        assert worker.mock_calls == [call.handle(each, f"body of {each}") for each in "abcd"]

    def test_no_failure_is_an_empty_list(self, worker: Any, heartbeat: Any) -> None:
        worker.handle.return_value = True
        assert make_handler(worker, heartbeat)({"Records": [RECORD]}, CONTEXT) == {"batchItemFailures": []}

    def test_message_without_a_body_is_left_to_the_worker(self, worker: Any, heartbeat: Any) -> None:
        worker.handle.return_value = False
        record = {name: value for name, value in RECORD.items() if name != "body"}
        assert make_handler(worker, heartbeat)({"Records": [record]}, None) == {
            "batchItemFailures": [{"itemIdentifier": RECORD["messageId"]}]
        }


class TestSweep:
    def test_event_of_the_schedule_is_a_sweep(self, worker: Any, heartbeat: Any) -> None:
        worker.sweep.return_value = True
        assert make_handler(worker, heartbeat)(copy.deepcopy(SWEEP_EVENT), CONTEXT) is None
        assert worker.mock_calls == [call.sweep(CONTEXT.aws_request_id)]

    def test_failed_sweep_fails_the_invocation(self, worker: Any, heartbeat: Any) -> None:
        """Lambda runs the event again."""
        worker.sweep.return_value = False
        with pytest.raises(SweepFailedError):
            make_handler(worker, heartbeat)(SWEEP_EVENT, CONTEXT)

    def test_sweep_needs_no_context(self, worker: Any, heartbeat: Any) -> None:
        worker.sweep.return_value = True
        make_handler(worker, heartbeat)(SWEEP_EVENT, None)
        worker.sweep.assert_called_once_with("sweep")


class TestHeartbeat:
    def test_event_of_its_schedule_is_a_beat(self, worker: Any, heartbeat: Any) -> None:
        for context, beat_id in ((CONTEXT, CONTEXT.aws_request_id), (None, "heartbeat")):
            assert make_handler(worker, heartbeat)(copy.deepcopy(HEARTBEAT_EVENT), context) is None
            assert heartbeat.mock_calls.pop() == call.beat(beat_id)
        assert worker.mock_calls == []


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "sweep",
        {},
        {"schedule": "echo"},
        {"schedule": "sweep", "more": 1},
        {"schedule": "heartbeat", "more": 1},
        {"Records": None},
        {"Records": "sweep"},
        {"Records": [None]},
        {"Records": [{}]},
        {"Records": [RECORD | {"eventSource": "aws:sns"}]},
        # Lambda fails the whole batch if the response has an empty id.
        {"Records": [RECORD | {"messageId": ""}]},
        {"Records": [RECORD, {name: value for name, value in RECORD.items() if name != "messageId"}]},
        {"httpMethod": "GET", "path": "/health"},
    ],
    ids=str,
)
def test_unknown_event_fails_before_any_work(event: Any, worker: Any, heartbeat: Any) -> None:
    with pytest.raises(UnknownEventError):
        make_handler(worker, heartbeat)(event, CONTEXT)
    assert worker.mock_calls == heartbeat.mock_calls == []
