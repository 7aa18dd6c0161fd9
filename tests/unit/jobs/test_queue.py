"""The queue delivers messages until they are deleted, and creates its clients when they are first needed."""

import logging
import time
import uuid
from dataclasses import replace
from typing import Any, Literal

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from app.aws.clients import sqs_client
from app.aws.deadline import request_deadline
from app.errors import UnavailableError
from app.jobs.messages import DELETE_ACCOUNT, JobMessage
from app.jobs.queue import MAX_POLL_SECONDS, Delivery, JobQueue
from app.settings import Settings

REGION = "us-east-1"


@pytest.fixture
def queue(shared_settings: Settings) -> JobQueue:
    """Return the queue without the messages of earlier tests."""
    queue = JobQueue(REGION, shared_settings.job_queue_url)
    queue._client.purge_queue(QueueUrl=shared_settings.job_queue_url)
    return queue


@pytest.fixture
def message() -> JobMessage:
    return JobMessage(kind=DELETE_ACCOUNT, subject=str(uuid.uuid4()))


def _receive(queue: JobQueue) -> Delivery:
    delivery = queue.receive(poll_seconds=0)
    assert delivery
    return delivery


def _count_hidden(queue: JobQueue) -> int:
    """Return the number of messages that were received and not deleted."""
    name: Literal["ApproximateNumberOfMessagesNotVisible"] = "ApproximateNumberOfMessagesNotVisible"
    attributes = queue._client.get_queue_attributes(QueueUrl=queue._url, AttributeNames=[name])["Attributes"]
    return int(attributes[name])


class TestDelivery:
    def test_sent_message_is_received(self, queue: JobQueue, message: JobMessage) -> None:
        queue.send(message)
        delivery = _receive(queue)
        assert JobMessage.from_json(delivery.body) == message
        assert delivery.message_id

    def test_received_message_is_hidden_from_others(self, queue: JobQueue, message: JobMessage) -> None:
        queue.send(message)
        _receive(queue)
        assert queue.receive(poll_seconds=0) is None

    def test_deleted_message_is_gone(self, queue: JobQueue, message: JobMessage) -> None:
        queue.send(message)
        delivery = _receive(queue)
        assert _count_hidden(queue) == 1
        queue.delete(delivery)
        assert _count_hidden(queue) == 0
        assert queue.receive(poll_seconds=0) is None

    def test_message_that_is_given_back_is_received_at_once(self, queue: JobQueue, message: JobMessage) -> None:
        queue.send(message)
        first = _receive(queue)
        queue.give_back(first)
        second = _receive(queue)
        assert (second.message_id, second.body) == (first.message_id, first.body)
        assert second.receipt != first.receipt

    def test_delayed_message_is_received_after_the_delay(self, queue: JobQueue, message: JobMessage) -> None:
        queue.send(message, delay_seconds=1)
        assert queue.receive(poll_seconds=0) is None
        assert queue.receive(poll_seconds=3)

    def test_poll_ends_with_the_first_message(self, queue: JobQueue, message: JobMessage) -> None:
        queue.send(message)
        started = time.monotonic()
        assert queue.receive()
        assert time.monotonic() - started < MAX_POLL_SECONDS / 2


class TestClients:
    def test_clients_are_created_when_they_are_needed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A client prolongs the cold start of the API by the time in which it is created."""
        created: list[int] = []

        def create(region: str, *, poll_seconds: int = 0) -> Any:
            created.append(poll_seconds)
            return sqs_client(region, poll_seconds=poll_seconds)

        monkeypatch.setattr("app.jobs.queue.sqs_client", create)
        queue = JobQueue(REGION, "https://sqs.us-east-1.amazonaws.com/123456789012/jobs")
        assert created == []
        assert queue._client is queue._client
        assert created == [0]
        assert queue._polling_client is queue._polling_client
        assert created == [0, MAX_POLL_SECONDS]

    @pytest.mark.parametrize("poll_seconds", [0, MAX_POLL_SECONDS])
    def test_client_waits_longer_than_sqs(self, poll_seconds: int) -> None:
        config: Any = sqs_client(REGION, poll_seconds=poll_seconds).meta.config
        assert config.read_timeout == poll_seconds + 2

    def test_no_message_is_sent_that_could_miss_the_deadline(self, queue: JobQueue, message: JobMessage) -> None:
        with request_deadline(2.5), pytest.raises(UnavailableError):
            queue.send(message)
        assert queue.receive(poll_seconds=0) is None


class TestSendOrLog:
    @pytest.fixture
    def stubbed(self) -> Any:
        queue = JobQueue(REGION, "https://sqs.us-east-1.amazonaws.com/123456789012/jobs")
        client = sqs_client(REGION)
        vars(queue).update(_client=client)
        with Stubber(client) as stubber:
            yield queue, stubber

    @pytest.mark.parametrize("code", ["InternalFailure", "AccessDenied", "AWS.SimpleQueueService.NonExistentQueue"])
    def test_error_of_sqs_is_logged(
        self, code: str, stubbed: Any, message: JobMessage, caplog: pytest.LogCaptureFixture
    ) -> None:
        queue, stubber = stubbed
        stubber.add_client_error("send_message", code)
        queue.send_or_log(message)
        (record,) = caplog.records
        assert (record.levelno, record.getMessage()) == (
            logging.WARNING,
            f"request or job  continues after an error: aws_error={code} aws_service=sqs aws_operation=SendMessage",
        )
        assert message.subject not in caplog.text

    def test_unreachable_queue_is_logged(
        self, message: JobMessage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")
        queue = JobQueue(REGION, "http://127.0.0.1:1/123456789012/jobs")
        with pytest.raises(EndpointConnectionError):
            queue.send(message)
        queue.send_or_log(message)
        assert "aws_error=EndpointConnectionError" in caplog.text

    def test_missed_deadline_is_logged(
        self, queue: JobQueue, message: JobMessage, caplog: pytest.LogCaptureFixture
    ) -> None:
        with request_deadline(0):
            queue.send_or_log(message)
        assert len(caplog.records) == 1

    def test_sent_message_is_not_logged(
        self, queue: JobQueue, message: JobMessage, caplog: pytest.LogCaptureFixture
    ) -> None:
        queue.send_or_log(message)
        assert JobMessage.from_json(_receive(queue).body) == message
        assert not caplog.records

    def test_missing_queue_is_an_error_of_send(self, shared_settings: Settings, message: JobMessage) -> None:
        settings = replace(shared_settings, job_queue_url=f"{shared_settings.job_queue_url}-none")
        with pytest.raises(ClientError, match="NonExistentQueue"):
            JobQueue(REGION, settings.job_queue_url).send(message)
