"""Mistakes in the alarms, the dashboard and the logs."""

import re
from collections.abc import Mapping

from tests.infrastructure.mistakes.mistake import Mistake
from tests.infrastructure.rules import access_log, monitoring

MISTAKES: Mapping[str, Mistake] = {
    "alarm-on-unknown-metric": Mistake(
        "deploy/gateway-alarms.yml",
        "MetricName: CognitoErrors",
        "MetricName: CognitoFailures",
        monitoring.check_metrics_exist,
    ),
    "alarm-on-unknown-dimension": Mistake(
        "deploy/alarms.yml",
        "Name: FunctionName",
        "Name: Function",
        monitoring.check_metrics_exist,
    ),
    "dashboard-with-unknown-metric": Mistake(
        "deploy/dashboard.yml",
        '"DwippsWritten"',
        '"DwippsCreated"',
        monitoring.check_metrics_exist,
    ),
    "alarm-without-notification": Mistake(
        "deploy/alarms.yml",
        "AlarmActions: *topic",
        "AlarmActions: []",
        monitoring.check_alarm_notifications,
    ),
    "alarm-on-other-api": Mistake(
        "deploy/alarms.yml",
        "${Stage}-dwipper",
        "${Stage}-dwippr",
        monitoring.check_metrics_exist,
    ),
    "alarm-on-client-errors": Mistake(
        "deploy/alarms.yml",
        "5XXError",
        "4XXError",
        monitoring.check_alarm_metrics,
    ),
    "alarm-on-low-values": Mistake(
        "deploy/alarms.yml",
        "GreaterThanThreshold",
        "LessThanThreshold",
        monitoring.check_alarm_directions,
    ),
    "silent-heartbeat-raises-nothing": Mistake(
        "deploy/alarms.yml",
        "TreatMissingData: breaching",
        "TreatMissingData: notBreaching",
        monitoring.check_alarm_directions,
    ),
    "heartbeat-login-before-the-member-raises": Mistake(
        "deploy/alarms.yml",
        "TreatMissingData: missing",
        "TreatMissingData: breaching",
        monitoring.check_alarm_directions,
    ),
    "bounces-in-a-stage-without-ses": Mistake(
        "deploy/alarms.yml",
        "      Condition: HasSesAlarms\n",
        "",
        monitoring.check_mail_alarms,
    ),
    "alarm-after-several-unsent-mails": Mistake(
        "deploy/alarms.yml",
        re.compile(r"(?<=-unsent-mails\n)(.*\n){4}        Threshold: 0\n"),
        "        AlarmActions: *topic\n        OKActions: *topic\n        ComparisonOperator: GreaterThanThreshold\n"
        "        Threshold: 5\n",
        monitoring.check_mail_alarms,
    ),
    "alarm-on-another-firewall": Mistake(
        "deploy/firewall.yml",
        'MetricName: !Sub "dwipper-${Stage}"',
        'MetricName: !Sub "dwipper-${Stage}-all"',
        monitoring.check_firewall_alarm,
    ),
    "alarm-on-one-unknown-rule-of-the-firewall": Mistake(
        "deploy/gateway-alarms.yml",
        "Value: ALL",
        "Value: all",
        monitoring.check_metrics_exist,
    ),
    "mail-alarm-missing-on-the-dashboard": Mistake(
        "deploy/dashboard.yml",
        ', "${MailComplaintsAlarm.Arn}"',
        "",
        monitoring.check_alarm_notifications,
    ),
    "filter-on-unknown-field": Mistake(
        "deploy/gateway-alarms.yml",
        "$.error =",
        "$.err =",
        monitoring.check_metric_filters,
    ),
    "log-without-response-type": Mistake(
        "deploy/gateway.yml",
        "$context.error.responseType",
        "$context.responseType",
        monitoring.check_metric_filters,
    ),
    "log-without-id-of-the-invocation": Mistake(
        "deploy/gateway.yml",
        '"lambda_request_id":"$context.integration.requestId",',
        "",
        access_log.check_access_log,
    ),
    "log-with-addresses": Mistake(
        "deploy/gateway.yml",
        '"method":"$context.httpMethod"',
        '"method":"$context.httpMethod","address":"$context.identity.sourceIp"',
        access_log.check_access_log,
    ),
    "log-is-not-json": Mistake(
        "deploy/gateway.yml",
        '"method":"',
        '"method:"',
        monitoring.check_metric_filters,
    ),
    "alarm-on-the-wrong-queue": Mistake(
        "deploy/alarms.yml",
        "!Ref DeadLetterQueueName",
        "!Ref JobQueueName",
        monitoring.check_job_alarms,
    ),
    "alarm-after-several-dead-letters": Mistake(
        "deploy/alarms.yml",
        re.compile(r"(?<=-dead-letters\n)(.*\n){4}        Threshold: 0\n"),
        "        AlarmActions: *topic\n        OKActions: *topic\n        ComparisonOperator: GreaterThanThreshold\n"
        "        Threshold: 5\n",
        monitoring.check_job_alarms,
    ),
    "alarm-without-job-failures": Mistake(
        "deploy/alarms.yml",
        "MetricName: JobFailures",
        "MetricName: Jobs",
        monitoring.check_job_alarms,
    ),
    "log-without-retention": Mistake(
        "deploy/gateway.yml",
        "      RetentionInDays: !Ref LogDays\n",
        "",
        monitoring.check_log_retention,
    ),
}
