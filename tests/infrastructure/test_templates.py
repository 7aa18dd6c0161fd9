"""osls packages both stages. The templates satisfy cfn-lint and our rules, which find seeded mistakes."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from devstack.paths import ROOT
from tests.infrastructure.packaging import PackagingError, copy_sources, package, replace_once
from tests.infrastructure.rules import (
    Rule,
    access_log,
    compression,
    data,
    domain,
    find_violations,
    functions,
    gateway,
    jobs,
    monitoring,
    permissions,
    releases,
    throttling,
)
from tests.infrastructure.rules.resources import get_properties

pytestmark = pytest.mark.slow

STAGES = ("dev", "prod")

# osls adds a redundant DependsOn: the function refers to its role and also waits for it.
_CHECK_VIOLATED_BY_OSLS = "W3005"


@pytest.fixture(scope="module", params=STAGES)
def packaged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Path]:
    """Return a stage, its template, and the file of the template."""
    folder = copy_sources(tmp_path_factory.mktemp(request.param))
    return request.param, *package(folder, request.param)


def _run_cfn_lint(template: Path) -> str:
    """Return the output of cfn-lint. It is empty if there are no findings."""
    result = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", _CHECK_VIOLATED_BY_OSLS, "--", template],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout + result.stderr


class TestStage:
    def test_template_violates_no_rule(self, packaged: tuple[str, Any, Path]) -> None:
        _, template, _ = packaged
        assert find_violations(template) == []

    def test_cfn_lint_has_no_findings(self, packaged: tuple[str, Any, Path]) -> None:
        *_, file = packaged
        assert _run_cfn_lint(file) == ""

    def test_only_prod_keeps_logs_for_a_year(self, packaged: tuple[str, Any, Path]) -> None:
        stage, template, _ = packaged
        for name in ("ApiLogGroup", "WorkerLogGroup"):
            assert get_properties(template, name)["RetentionInDays"] == (365 if stage == "prod" else 30)


class Mistake(NamedTuple):
    """A mistake in one file, and the rule that finds it."""

    file: str
    old: str | re.Pattern[str]
    new: str
    rule: Rule


_FUNCTION_URL = """Resources:
  Url:
    Type: AWS::Lambda::Url
    Properties:
      AuthType: NONE
      TargetFunctionArn: !GetAtt ApiLambdaFunction.Arn
"""

MISTAKES: Mapping[str, Mistake] = {
    "route-without-authorizer": Mistake(
        "serverless.yml",
        re.compile(r"          authorizer:\n(            .*\n)+"),
        "",
        gateway.check_member_routes,
    ),
    "id-token-accepted": Mistake(
        "serverless.yml",
        "            scopes: [aws.cognito.signin.user.admin]\n",
        "",
        gateway.check_member_routes,
    ),
    "exact-path-without-authorizer": Mistake(
        "serverless.yml",
        '      - http: { path: "/v1/{proxy+}", method: options }\n',
        "      - http: { path: /v1/dwipps, method: get }\n",
        gateway.check_member_routes,
    ),
    "other-user-pool": Mistake(
        "deploy/gateway.yml",
        "${UserPoolId}",
        "${OtherPoolId}",
        gateway.check_authorizer,
    ),
    "no-rate-limit": Mistake(
        "deploy/limits.js",
        "  ThrottlingRateLimit,\n",
        "",
        gateway.check_stage_settings,
    ),
    "limit-of-a-method-that-does-not-exist": Mistake(
        "deploy/limits.js",
        "replaceAll('/', '~1')",
        "slice(1)",
        throttling.check_method_limits,
    ),
    "more-logins-than-cognito-permits": Mistake(
        "deploy/limits.js",
        "POST: [100, 200]",
        "POST: [200, 200]",
        throttling.check_method_limits,
    ),
    "stage-accepts-any-flood": Mistake(
        "deploy/limits.js",
        "?? UNUSED",
        "?? DEFAULT",
        throttling.check_method_limits,
    ),
    "one-address-uses-up-a-limit": Mistake(
        "deploy/limits.js",
        "WRITES = [200, 400]",
        "WRITES = [150, 400]",
        throttling.check_method_limits,
    ),
    "burst-below-the-rate": Mistake(
        "deploy/limits.js",
        "[500, 1000]",
        "[500, 100]",
        throttling.check_method_limits,
    ),
    "tls-1.0": Mistake(
        "serverless.yml",
        "securityPolicy: SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
        "securityPolicy: TLS_1_0",
        domain.check_tls,
    ),
    "no-compression": Mistake(
        "serverless.yml",
        "    minimumCompressionSize: 1400\n",
        "",
        compression.check_compression,
    ),
    "binary-responses": Mistake(
        "serverless.yml",
        "    minimumCompressionSize: 1400\n",
        "    minimumCompressionSize: 1400\n    binaryMediaTypes: ['*/*']\n",
        compression.check_compression,
    ),
    "default-endpoint-beside-the-domain": Mistake(
        "deploy/gateway.yml",
        "!If [HasDomainName, true, false]",
        "!If [HasDomainName, false, false]",
        domain.check_domain,
    ),
    "domain-without-a-name": Mistake(
        "deploy/gateway.yml",
        "    Condition: HasDomainName\n",
        "",
        domain.check_domain,
    ),
    "domain-of-no-stage": Mistake(
        "deploy/gateway.yml",
        "      Stage: !Ref ApiStage\n",
        "",
        domain.check_domain,
    ),
    "url-is-not-the-domain": Mistake(
        "deploy/gateway.yml",
        "!Sub https://${DomainName}",
        "!Sub https://${DomainName}/${ApiStage}",
        domain.check_domain,
    ),
    "gateway-response-without-problem": Mistake(
        "deploy/responses.js",
        "'application/problem+json'",
        "'application/json'",
        gateway.check_gateway_responses,
    ),
    "missing-gateway-response": Mistake(
        "deploy/responses.js",
        re.compile(r"  \['THROTTLED'.*\n"),
        "",
        gateway.check_gateway_responses,
    ),
    "function-url": Mistake(
        "deploy/role.yml",
        "Resources:\n",
        _FUNCTION_URL,
        gateway.check_function_callers,
    ),
    "no-firewall": Mistake(
        "serverless.yml",
        'firewall: "on"',
        'firewall: "off"',
        gateway.check_firewall,
    ),
    "wildcard-action": Mistake(
        "deploy/role.yml",
        "dynamodb:BatchGetItem",
        "dynamodb:*",
        permissions.check_wildcards,
    ),
    "wildcard-resource": Mistake(
        "deploy/role.yml",
        re.compile(r"!Sub .*/\$\{DwippsTable\}"),
        '"*"',
        permissions.check_wildcards,
    ),
    "missing-action": Mistake(
        "deploy/role.yml",
        "                  - cognito-idp:AdminGetUser\n",
        "",
        permissions.check_called_actions,
    ),
    "unused-action": Mistake(
        "deploy/role.yml",
        "cognito-idp:AdminGetUser\n",
        "cognito-idp:AdminGetUser\n                  - cognito-idp:AdminSetUserPassword\n",
        permissions.check_called_actions,
    ),
    "table-not-retained": Mistake(
        "deploy/data.yml",
        "    DeletionPolicy: Retain\n",
        "",
        data.check_data_protection,
    ),
    "no-point-in-time-recovery": Mistake(
        "deploy/data.yml",
        "PointInTimeRecoveryEnabled: true",
        "PointInTimeRecoveryEnabled: false",
        data.check_data_protection,
    ),
    "no-time-to-live": Mistake(
        "deploy/data.yml",
        "AttributeName: expires_at\n        Enabled: true",
        "AttributeName: expires\n        Enabled: true",
        data.check_data_protection,
    ),
    "group-not-retained": Mistake(
        "deploy/data.yml",
        re.compile(r"(?<=UserPoolGroup\n)    DeletionPolicy: Retain\n"),
        "",
        data.check_moderators_group,
    ),
    "group-with-another-name": Mistake(
        "deploy/data.yml",
        "GroupName: moderators",
        "GroupName: Moderators",
        data.check_moderators_group,
    ),
    "user-existence-disclosed": Mistake(
        "deploy/data.yml",
        "PreventUserExistenceErrors: ENABLED",
        "PreventUserExistenceErrors: LEGACY",
        data.check_account_settings,
    ),
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
    "role-for-anybody": Mistake(
        "deploy/role.yml",
        "Principal: { Service: lambda.amazonaws.com }",
        'Principal: { AWS: "*" }',
        permissions.check_role_trust,
    ),
    "firewall-only-counts": Mistake(
        "deploy/firewall.yml",
        "Block: {}",
        "Count: {}",
        gateway.check_firewall,
    ),
    "firewall-limit-too-high": Mistake(
        "deploy/firewall.yml",
        "Limit: 100",
        "Limit: 100000",
        gateway.check_firewall,
    ),
    "firewall-ignores-paths-below-a-stage": Mistake(
        "deploy/firewall.yml",
        "PositionalConstraint: CONTAINS",
        "PositionalConstraint: STARTS_WITH",
        gateway.check_firewall,
    ),
    "firewall-counts-refreshes-as-logins": Mistake(
        "deploy/firewall.yml",
        "SearchString: /v1/auth/refresh",
        "SearchString: /v1/auth/renew",
        gateway.check_firewall,
    ),
    "firewall-counts-preflights-as-logins": Mistake(
        "deploy/firewall.yml",
        "SearchString: OPTIONS",
        "SearchString: options",
        gateway.check_firewall,
    ),
    "firewall-without-a-bound-for-sessions": Mistake(
        "deploy/firewall.yml",
        "Limit: 2000",
        "Limit: 2000000",
        gateway.check_firewall,
    ),
    "firewall-without-a-bound-for-everything": Mistake(
        "deploy/firewall.yml",
        "Limit: 50000",
        "Limit: 5000000",
        gateway.check_requests_of_members,
    ),
    "samples-contain-tokens": Mistake(
        "deploy/firewall.yml",
        "SampledRequestsEnabled: false\n            Statement",
        "SampledRequestsEnabled: true\n            Statement",
        gateway.check_requests_of_members,
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
    "no-traces": Mistake(
        "deploy/gateway.yml",
        "TracingEnabled: true",
        "TracingEnabled: false",
        gateway.check_stage_settings,
    ),
    "reservation-that-a-new-account-refuses": Mistake(
        "deploy/functions.yml",
        "!If [HasApiConcurrency, !Ref ApiConcurrency, !Ref AWS::NoValue]",
        "20",
        functions.check_concurrency,
    ),
    "architecture-of-one-function-is-fixed": Mistake(
        "deploy/functions.yml",
        re.compile(r"(?<=WorkerLambdaFunction:\n    Properties:\n      Architectures: )\[!Ref Architecture\]"),
        "[arm64]",
        permissions.check_function_properties,
    ),
    "edge-optimized-endpoint": Mistake(
        "serverless.yml",
        "endpointType: REGIONAL",
        "endpointType: EDGE",
        gateway.check_endpoint_type,
    ),
    "invalid-setting-of-the-app": Mistake(
        "serverless.yml",
        "feedCacheSeconds: 0\n",
        "feedCacheSeconds: 600\n",
        permissions.check_function_properties,
    ),
    "limit-is-not-the-default": Mistake(
        "serverless.yml",
        "limitDwippsHour: 30\n",
        "limitDwippsHour: 3000\n",
        permissions.check_function_properties,
    ),
    "api-invoked-by-a-schedule": Mistake(
        "serverless.yml",
        "      - http: { path: /, method: any }\n",
        "      - http: { path: /, method: any }\n      - schedule: rate(5 minutes)\n",
        gateway.check_function_callers,
    ),
    "api-invoked-by-the-queue": Mistake(
        "serverless.yml",
        "      - http: { path: /, method: any }\n",
        "      - http: { path: /, method: any }\n      - sqs: arn:aws:sqs:us-east-1:000000000000:jobs\n",
        gateway.check_function_callers,
    ),
    "schedule-may-not-invoke-the-worker": Mistake(
        "serverless.yml",
        re.compile(r"(?:      - schedule:\n(?:          .*\n)+)+"),
        "",
        gateway.check_function_callers,
    ),
    "worker-with-the-role-of-the-api": Mistake(
        "serverless.yml",
        "!GetAtt WorkerRole.Arn",
        "!GetAtt FunctionRole.Arn",
        permissions.check_function_properties,
    ),
    "api-outlasts-the-gateway": Mistake(
        "serverless.yml",
        "timeout: 28 ",
        "timeout: 29 ",
        permissions.check_function_properties,
    ),
    "missing-setting-of-the-app": Mistake(
        "serverless.yml",
        "    JOB_QUEUE_URL: !Ref JobQueueUrl\n",
        "",
        permissions.check_function_properties,
    ),
    "worker-cannot-receive": Mistake(
        "deploy/role.yml",
        ", sqs:ReceiveMessage",
        "",
        permissions.check_queue_actions,
    ),
    "api-may-receive": Mistake(
        "deploy/role.yml",
        "Action: sqs:SendMessage",
        "Action: [sqs:ReceiveMessage, sqs:SendMessage]",
        permissions.check_queue_actions,
    ),
    "api-may-send-to-the-dead-letters": Mistake(
        "deploy/role.yml",
        "!Ref JobQueueArn",
        "!Ref DeadLetterQueueArn",
        permissions.check_queue_actions,
    ),
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
    "worker-may-read-all-secrets": Mistake(
        "deploy/role.yml",
        "Resource: !Ref HeartbeatSecret",
        "Resource: !Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*",
        permissions.check_secret_actions,
    ),
    "api-without-the-secret-but-with-its-name": Mistake(
        "serverless.yml",
        "    JOB_QUEUE_URL: !Ref JobQueueUrl\n",
        "    JOB_QUEUE_URL: !Ref JobQueueUrl\n    HEARTBEAT_SECRET_ARN: !Ref HeartbeatSecret\n",
        permissions.check_function_properties,
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
    "retained-version": Mistake(
        "deploy/release.js",
        "{ Type: 'AWS::Lambda::Version',",
        "{ Type: 'AWS::Lambda::Version', DeletionPolicy: 'Retain',",
        releases.check_alias,
    ),
    "gateway-bypasses-the-alias": Mistake(
        "deploy/release.js",
        "this.service.getFunction('api').targetAlias = ALIAS;",
        "",
        releases.check_alias,
    ),
    "function-without-alias": Mistake(
        "serverless.yml",
        "plugins: [./deploy/release.js]\n",
        "",
        releases.check_alias,
    ),
    "alias-moved-without-codedeploy": Mistake(
        "deploy/release.js",
        "GROUP in Resources && {",
        "false && {",
        releases.check_release_group,
    ),
    "release-without-alarms": Mistake(
        "deploy/release.yml",
        "Enabled: !If [IsCanary, true, false]",
        "Enabled: false",
        releases.check_release_group,
    ),
    "release-with-the-alarm-of-another-stack": Mistake(
        "deploy/release.yml",
        "- Name: !Ref ServerErrorsAlarm",
        "- Name: dwipper-prod-server-errors",
        releases.check_release_group,
    ),
    "no-rollback-on-an-alarm": Mistake(
        "deploy/release.yml",
        "DEPLOYMENT_STOP_ON_ALARM, ",
        "",
        releases.check_release_group,
    ),
    "release-role-of-another-service": Mistake(
        "deploy/release.yml",
        "codedeploy.amazonaws.com",
        "cloudformation.amazonaws.com",
        permissions.check_role_trust,
    ),
}


def _group_by_turns() -> list[dict[str, Mistake]]:
    """Return groups of mistakes with at most one mistake for each rule: the first of each rule, the second, and so on.

    Packaging takes seconds, so each group is packaged once.
    """
    groups: list[dict[str, Mistake]] = []
    for name, mistake in MISTAKES.items():
        turn = sum(mistake.rule in {each.rule for each in group.values()} for group in groups)
        if turn == len(groups):
            groups.append({})
        groups[turn][name] = mistake
    return groups


@pytest.mark.parametrize("mistakes", _group_by_turns(), ids=lambda mistakes: f"{len(mistakes)}-rules")
def test_rules_find_mistakes(mistakes: Mapping[str, Mistake], tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    for mistake in mistakes.values():
        replace_once(folder, mistake.file, mistake.old, mistake.new)
    template, _ = package(folder, "dev")
    broken = {violation.partition(":")[0] for violation in find_violations(template)}
    assert [name for name, mistake in mistakes.items() if mistake.rule.__name__ not in broken] == []


def test_calls_of_every_client_in_the_app_are_found() -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "app").rglob("*.py"))
    names = set(re.findall(r'\b(\w+)(?:\(self\) ->|:) "\w+Client"', code))
    assert names >= {"client", "_client", "_single_attempt_client"}
    for name in names:
        assert permissions.find_called_actions(f"self.{name}.put_item(Item={{}})") == {"dynamodb:PutItem"}, name


@pytest.mark.longest
@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_rule_finds_mistake(mistake: Mistake, tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    replace_once(folder, mistake.file, mistake.old, mistake.new)
    template, _ = package(folder, "dev")
    assert any(violation.startswith(f"{mistake.rule.__name__}: ") for violation in find_violations(template))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("serverless.yml", "memorySize: 1024", "memorysize: 1024", id="provider-key"),
        pytest.param(
            "serverless.yml", "authorizer:\n            type", "authoriser:\n            type", id="route-key"
        ),
        pytest.param("serverless.yml", "${param:image}", "dwipper:latest", id="image-by-tag"),
    ],
)
def test_osls_rejects_typo(name: str, old: str, new: str, tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    replace_once(folder, name, old, new)
    with pytest.raises(PackagingError, match="Configuration error"):
        package(folder, "dev")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("deploy/data.yml", "BillingMode:", "BilingMode:", id="table-property"),
        pytest.param("deploy/role.yml", "AssumeRolePolicyDocument", "AssumeRolePolicy", id="role-property"),
        pytest.param(
            "deploy/alarms.yml", "TreatMissingData: notBreaching", "TreatMissingData: notBreaking", id="alarm-value"
        ),
    ],
)
def test_cfn_lint_finds_typo(name: str, old: str, new: str, tmp_path: Path) -> None:
    folder = copy_sources(tmp_path)
    replace_once(folder, name, old, new)
    _, file = package(folder, "dev")
    assert _run_cfn_lint(file) or _run_cfn_lint(folder / "deploy" / "data.yml")
