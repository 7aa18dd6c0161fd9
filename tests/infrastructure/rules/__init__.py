"""Rules for the deployed CloudFormation template, beyond those of osls and cfn-lint.

Each rule is a function that takes the template, and yields a line for each violation.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.infrastructure.rules import (
    access_log,
    compression,
    data,
    domain,
    functions,
    gateway,
    jobs,
    monitoring,
    permissions,
    releases,
    throttling,
)

Template = dict[str, Any]
Rule = Callable[[Template], Iterator[str]]

RULES: tuple[Rule, ...] = (
    gateway.check_member_routes,
    gateway.check_authorizer,
    gateway.check_endpoint_type,
    gateway.check_stage_settings,
    gateway.check_stage_deployment,
    gateway.check_gateway_responses,
    gateway.check_function_callers,
    gateway.check_firewall,
    gateway.check_requests_of_members,
    throttling.check_method_limits,
    domain.check_tls,
    domain.check_domain,
    compression.check_compression,
    permissions.check_wildcards,
    permissions.check_role_trust,
    permissions.check_called_actions,
    permissions.check_queue_actions,
    permissions.check_secret_actions,
    permissions.check_function_properties,
    functions.check_concurrency,
    data.check_data_protection,
    data.check_moderators_group,
    data.check_account_settings,
    jobs.check_queues,
    jobs.check_worker,
    jobs.check_event_source_mapping,
    jobs.check_schedules,
    jobs.check_heartbeat,
    monitoring.check_metrics_exist,
    monitoring.check_alarm_notifications,
    monitoring.check_alarm_directions,
    monitoring.check_alarm_metrics,
    monitoring.check_job_alarms,
    monitoring.check_mail_alarms,
    monitoring.check_firewall_alarm,
    monitoring.check_metric_filters,
    access_log.check_access_log,
    monitoring.check_log_retention,
    releases.check_alias,
    releases.check_release_group,
)


def find_violations(template: Template) -> list[str]:
    """Return the violations of all rules, each with the name of its rule."""
    return [f"{rule.__name__}: {violation}" for rule in RULES for violation in rule(template)]
