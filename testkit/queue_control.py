"""The job queue and its dead-letter queue, as an operator controls them."""

import json
from functools import cached_property
from typing import TYPE_CHECKING

from app.aws.clients import sqs_client
from app.settings import Settings

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


class QueueControl:
    """The queue in these settings. The body of a message can be any text."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.job_queue_url
        self._region = settings.region

    def send(self, *bodies: str) -> None:
        """Send a message with each of these bodies."""
        for body in bodies:
            self._client.send_message(QueueUrl=self._url, MessageBody=body)

    def purge(self) -> None:
        """Delete all messages, also those that workers have received."""
        self._client.purge_queue(QueueUrl=self._url)

    def set_visibility_timeout(self, seconds: int) -> None:
        """Set the time after which a message is delivered again, for deliveries from now on."""
        self._client.set_queue_attributes(QueueUrl=self._url, Attributes={"VisibilityTimeout": str(seconds)})

    def count(self) -> int:
        """Return the number of messages: those that wait, are delayed, or have been received."""
        response = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["All"])
        prefix = "ApproximateNumberOfMessages"
        return sum(int(value) for name, value in response["Attributes"].items() if name.startswith(prefix))

    def receive_dead_letters(self) -> list[str]:
        """Return the bodies of at most ten dead letters, in alphabetical order."""
        response = self._client.receive_message(
            QueueUrl=self._dead_letter_url, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return sorted(message["Body"] for message in response.get("Messages", []))

    @cached_property
    def _client(self) -> "SQSClient":
        return sqs_client(self._region)

    @cached_property
    def _dead_letter_url(self) -> str:
        attributes = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["RedrivePolicy"])
        arn = json.loads(attributes["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
        return self._client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
