"""The queue of the jobs, in SQS. It moves a message that was received five times to the dead-letter queue.

SQS delivers a message at least once, so a job may run twice, and two workers may run it at the same time.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
"""

from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from app.aws.clients import sqs_client
from app.aws.errors import TRANSPORT_ERRORS, log_suppressed
from app.errors import UnavailableError
from app.jobs.messages import JobMessage

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# The time that a poll waits for a message. SQS allows 20 seconds, but a worker cannot stop during a poll.
MAX_POLL_SECONDS = 5


class Delivery(NamedTuple):
    """A received message.

    Attributes:
        message_id: the id of the message.
        receipt: the receipt handle of this delivery. It is needed to delete the message or to give it back.
        body: the body of the message.
    """

    message_id: str
    receipt: str
    body: str


class JobQueue:
    """The client of the queue."""

    def __init__(self, region: str, url: str) -> None:
        self._region = region
        self._url = url
        self._lock = RLock()

    # The clients are created on first use: most requests need none, and creating one prolongs a cold start.

    @cached_property
    def _client(self) -> "SQSClient":
        with self._lock:
            return sqs_client(self._region)

    @cached_property
    def _polling_client(self) -> "SQSClient":
        with self._lock:
            return sqs_client(self._region, poll_seconds=MAX_POLL_SECONDS)

    def send(self, message: JobMessage, delay_seconds: int = 0) -> None:
        """Send a message. Workers receive it after the delay, which is at most 900 seconds."""
        self._client.send_message(QueueUrl=self._url, MessageBody=message.to_json(), DelaySeconds=delay_seconds)

    def send_or_log(self, message: JobMessage) -> None:
        """Send a message. Log an error instead of raising it: the sweep will find the pending row and send another."""
        try:
            self.send(message)
        except (ClientError, UnavailableError, *TRANSPORT_ERRORS) as error:
            log_suppressed(error)

    def receive(self, poll_seconds: int = MAX_POLL_SECONDS) -> Delivery | None:
        """Wait for a message, for at most these seconds. Return None if there is none."""
        response = self._polling_client.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=1, WaitTimeSeconds=poll_seconds
        )
        for message in response.get("Messages", []):
            return Delivery(message["MessageId"], message["ReceiptHandle"], message["Body"])
        return None

    def delete(self, delivery: Delivery) -> None:
        """Delete a message whose work is done."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=delivery.receipt)

    def give_back(self, delivery: Delivery) -> None:
        """Return a message to the queue. Another worker can receive it at once."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=delivery.receipt, VisibilityTimeout=0)
