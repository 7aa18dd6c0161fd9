"""What has to hold of the CloudFormation that is deployed, where neither osls nor cfn-lint would say a word.

Each rule takes the template and says every breach of it that it finds, in a line.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.infrastructure.rules import data, gateway, monitoring, permissions

Template = dict[str, Any]
Rule = Callable[[Template], Iterator[str]]

RULES: tuple[Rule, ...] = (
    gateway.only_members_reach_what_is_theirs,
    gateway.the_authorizer_is_the_pools,
    gateway.the_api_is_where_it_was_made,
    gateway.the_stage_has_limits_and_a_log,
    gateway.the_stage_is_of_the_deployment,
    gateway.the_gateway_answers_in_problems,
    gateway.nothing_else_leads_to_the_function,
    gateway.logins_are_behind_the_firewall,
    permissions.no_wildcards,
    permissions.nobody_else_has_the_functions_role,
    permissions.what_the_code_calls_and_nothing_else,
    permissions.the_function_is_an_image_by_its_digest,
    data.what_holds_data_stays,
    data.accounts_are_as_the_contract_has_them,
    monitoring.every_metric_is_there,
    monitoring.every_alarm_is_heard,
    monitoring.every_alarm_says_that_something_is_too_much,
    monitoring.what_alarms_are_about_is_what_they_look_at,
    monitoring.filters_find_what_is_logged,
    monitoring.no_log_is_kept_for_ever,
)


def breaches(template: Template) -> list[str]:
    """All of them, of all rules."""
    return [f"{rule.__name__}: {breach}" for rule in RULES for breach in rule(template)]
