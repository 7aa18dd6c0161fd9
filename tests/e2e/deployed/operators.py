"""The operator of the deployment: access to its data, its queues and its worker."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from app.aws.items import deserialize, serialize
from app.aws.timestamps import from_text, to_text
from app.jobs.lambda_events import SWEEP_EVENT
from app.jobs.messages import JobMessage
from devstack import clients, stack
from devstack.deployment import DATA_STACK, WORKER_FUNCTION, Deployment
from testkit.rankings import skip_renewals

_JOBS_TIMEOUT_SECONDS = 60.0
_POLL_SECONDS = 0.1


class Operator:
    """Access to the tables, the user pool, the queues and the worker of the deployment."""

    def __init__(self, deployed: Deployment) -> None:
        self._settings = deployed.settings
        endpoint, region = deployed.aws.endpoint, deployed.settings.region
        self._dynamodb = clients.dynamodb_client(endpoint, region)
        self._cognito = clients.cognito_client(endpoint, region)
        self._sqs = clients.sqs_client(endpoint, region)
        self._lambda = clients.lambda_client(endpoint, region)
        self._dead_letters = stack.read_output(endpoint, region, "DeadLetterQueueUrl", name=DATA_STACK)

    def clear(self) -> None:
        """Delete all messages, all rows and all users."""
        self.purge_messages()
        tables = {
            self._settings.dwipps_table: ("dwipp_id",),
            self._settings.reactions_table: ("member_id", "dwipp_id"),
            self._settings.members_table: ("pk",),
            self._settings.safety_table: ("pk", "sk"),
        }
        for table, key in tables.items():
            for row in self._scan(table):
                self._dynamodb.delete_item(TableName=table, Key={name: row[name] for name in key})
        pool = self._settings.user_pool_id
        for user in self._cognito.list_users(UserPoolId=pool)["Users"]:
            self._cognito.admin_delete_user(UserPoolId=pool, Username=user["Username"])

    def purge_messages(self) -> None:
        """Delete all messages, dead letters included."""
        for url in (self._settings.job_queue_url, self._dead_letters):
            self._sqs.purge_queue(QueueUrl=url)

    async def finish_jobs(self) -> None:
        """Wait until the worker has done all jobs, without their drain periods."""
        self.skip_drain_period()
        self.invoke_worker(SWEEP_EVENT)
        for message in self.list_pending():
            self.send(message.to_json())
        await self.wait_for_jobs(_JOBS_TIMEOUT_SECONDS)

    async def wait_for_jobs(self, timeout_seconds: float) -> None:
        """Wait until no job is pending. Raises AssertionError if that takes too long."""
        deadline = time.monotonic() + timeout_seconds
        while pending := self._load_pending_rows():
            assert time.monotonic() < deadline, f"these jobs are pending: {pending}"
            await asyncio.sleep(_POLL_SECONDS)

    def skip_drain_period(self) -> None:
        """Set back the start of all deletions and bulk decisions by a minute, which is the drain period."""
        for table, attribute in (
            (self._settings.members_table, "deleting_since"),
            (self._settings.safety_table, "decided_at"),
        ):
            for row in self._scan(table):
                if attribute in row:
                    earlier = from_text(row[attribute]["S"]) - timedelta(minutes=1)
                    self._dynamodb.update_item(
                        TableName=table,
                        Key={name: row[name] for name in ("pk", "sk") if name in row},
                        UpdateExpression=f"SET {attribute} = :earlier",
                        ConditionExpression="attribute_exists(pk)",
                        ExpressionAttributeValues=serialize({":earlier": to_text(earlier)}),
                    )

    def list_pending(self) -> list[JobMessage]:
        """Return a message for each pending job."""
        rows = map(deserialize, self._load_pending_rows())
        return [JobMessage(kind=row["pk"].removeprefix("pending#"), subject=row["sk"]) for row in rows]

    def skip_renewals(self) -> None:
        """Let no ranked list be due for some minutes, so that a sweep sends no messages for the lists."""
        skip_renewals(self._dynamodb, self._settings)

    def age_pending_jobs(self) -> None:
        """Set back the time at which the pending jobs were touched, so that the sweep revives them."""
        for row in self._load_pending_rows():
            item = row | serialize({"touched_at": "2026-01-01T00:00:00.000Z"})
            self._dynamodb.put_item(TableName=self._settings.safety_table, Item=item)

    def _load_pending_rows(self) -> list[Any]:
        rows = self._scan(self._settings.safety_table)
        return [row for row in rows if row["pk"]["S"].startswith("pending#")]

    def send(self, body: str) -> None:
        """Send a message to the worker."""
        self._sqs.send_message(QueueUrl=self._settings.job_queue_url, MessageBody=body)

    def count_messages(self) -> int:
        """Return the number of messages in the queue that wait for the worker or that it has received."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._settings.job_queue_url, AttributeNames=names)
        return sum(map(int, attributes["Attributes"].values()))

    def read_dead_letters(self) -> list[str]:
        """Return the dead letters, which stay in their queue."""
        response = self._sqs.receive_message(
            QueueUrl=self._dead_letters, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0
        )
        return [message["Body"] for message in response.get("Messages", [])]

    def invoke_worker(self, event: Any) -> Any:
        """Return the worker's response to an event. Raises AssertionError if the worker fails."""
        response = self._lambda.invoke(FunctionName=WORKER_FUNCTION, Payload=json.dumps(event))
        payload = response["Payload"].read()
        assert "FunctionError" not in response, payload
        return json.loads(payload)

    def run_message(self, message: JobMessage) -> None:
        """Let the worker do the work of a message that is in no queue. Raises AssertionError if it fails."""
        record = {"eventSource": "aws:sqs", "messageId": "from-the-operator", "body": message.to_json()}
        assert self.invoke_worker({"Records": [record]}) == {"batchItemFailures": []}

    @contextmanager
    def pause_worker(self) -> Iterator[None]:
        """Keep the messages in the queue until the block ends."""
        (mapping,) = self._lambda.list_event_source_mappings(FunctionName=WORKER_FUNCTION)["EventSourceMappings"]
        self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextmanager
    def shorten_visibility(self, seconds: int) -> Iterator[None]:
        """Deliver failed messages again after this time, until the block ends."""
        url = self._settings.job_queue_url
        original = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
        try:
            yield
        finally:
            self._sqs.set_queue_attributes(QueueUrl=url, Attributes={**original})

    def _scan(self, table: str) -> list[Any]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [row for page in pages for row in page["Items"]]
