"""Mistakes in the queues, the worker and its schedules."""

import re
from collections.abc import Mapping

from tests.infrastructure.mistakes.mistake import Mistake
from tests.infrastructure.rules import jobs

MISTAKES: Mapping[str, Mistake] = {
    "queue-not-encrypted": Mistake(
        "deploy/data.yml",
        "SqsManagedSseEnabled: true",
        "SqsManagedSseEnabled: false",
        jobs.check_queues,
    ),
    "visibility-too-short": Mistake(
        "deploy/data.yml",
        "VisibilityTimeout: 360",
        "VisibilityTimeout: 60",
        jobs.check_queues,
    ),
    "messages-kept-for-a-day": Mistake(
        "deploy/data.yml",
        "MessageRetentionPeriod: 345600",
        "MessageRetentionPeriod: 86400",
        jobs.check_queues,
    ),
    "dead-letters-kept-for-a-day": Mistake(
        "deploy/data.yml",
        "MessageRetentionPeriod: 1209600",
        "MessageRetentionPeriod: 86400",
        jobs.check_queues,
    ),
    "one-delivery": Mistake(
        "deploy/data.yml",
        "maxReceiveCount: 5",
        "maxReceiveCount: 1",
        jobs.check_queues,
    ),
    "no-dead-letter-queue": Mistake(
        "deploy/data.yml",
        re.compile(r"      RedrivePolicy:\n(        .*\n)+"),
        "",
        jobs.check_queues,
    ),
    "queue-with-a-fixed-name": Mistake(
        "deploy/data.yml",
        "SqsManagedSseEnabled: true",
        "SqsManagedSseEnabled: true\n      QueueName: jobs",
        jobs.check_queues,
    ),
    "worker-runs-the-api": Mistake(
        "serverless.yml",
        "app.worker_handler.handler",
        "app.lambda_handler.handler",
        jobs.check_worker,
    ),
    "worker-timeout-below-the-deadline": Mistake(
        "serverless.yml",
        "timeout: 60 ",
        "timeout: 50 ",
        jobs.check_worker,
    ),
    "chains-of-messages-are-stopped": Mistake(
        "serverless.yml",
        "    recursiveLoop: Allow\n",
        "",
        jobs.check_worker,
    ),
    "several-messages-at-once": Mistake(
        "deploy/queue.yml",
        "BatchSize: 1",
        "BatchSize: 10",
        jobs.check_event_source_mapping,
    ),
    "unlimited-concurrency": Mistake(
        "deploy/queue.yml",
        "MaximumConcurrency: 2",
        "MaximumConcurrency: 1000",
        jobs.check_event_source_mapping,
    ),
    "failed-messages-are-deleted": Mistake(
        "deploy/queue.yml",
        "      FunctionResponseTypes: [ReportBatchItemFailures]\n",
        "",
        jobs.check_event_source_mapping,
    ),
    "dead-letters-are-worked-on": Mistake(
        "deploy/queue.yml",
        "!Ref JobQueueArn",
        "!Ref DeadLetterQueueArn",
        jobs.check_event_source_mapping,
    ),
    "hourly-sweep": Mistake(
        "serverless.yml",
        "rate(5 minutes)",
        "rate(1 hour)",
        jobs.check_schedules,
    ),
    "schedule-without-input": Mistake(
        "serverless.yml",
        "{ schedule: sweep }",
        "{ schedule: clean }",
        jobs.check_schedules,
    ),
    "heartbeat-switched-off": Mistake(
        "serverless.yml",
        'heartbeat: { "on": true,',
        'heartbeat: { "on": false,',
        jobs.check_schedules,
    ),
    "heartbeat-of-another-stage": Mistake(
        "serverless.yml",
        "${AWS::URLSuffix}/${Stage}",
        "${AWS::URLSuffix}/dev",
        jobs.check_heartbeat,
    ),
    "secret-with-a-member-before-its-creation": Mistake(
        "deploy/data.yml",
        'SecretStringTemplate: "{}"',
        'SecretStringTemplate: \'{"email": "heartbeat@dwipper.invalid"}\'',
        jobs.check_heartbeat,
    ),
}
