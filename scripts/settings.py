"""The settings of a stage's two stacks.

A setting comes from the environment, or else from the present stack. So a later deployment without `ALARM_EMAIL` keeps
the subscription. The value `none` removes a setting. An empty variable is ignored, because a pipeline passes an unset
variable as an empty string.
"""

from collections.abc import Mapping

REMOVED = "none"

# The environment variables, and the parameters that they set.
DATA_PARAMETERS: Mapping[str, str] = {
    "FEED_SHARDS": "FeedShards",
    "MAIL_FROM": "MailFrom",
    "RESTORED_DWIPPS_TABLE": "RestoredDwippsTable",
    "RESTORED_MEMBERS_TABLE": "RestoredMembersTable",
    "RESTORED_REACTIONS_TABLE": "RestoredReactionsTable",
    "RESTORED_SAFETY_TABLE": "RestoredSafetyTable",
    "SES_IDENTITY_ARN": "SesIdentityArn",
}
SERVICE_PARAMETERS: Mapping[str, str] = {
    "ALARM_EMAIL": "AlarmEmail",
    "API_CONCURRENCY": "ApiConcurrency",
    "ARCHITECTURE": "Architecture",
    "DOMAIN_NAME": "DomainName",
    "FUNCTION_BOUNDARY_ARN": "FunctionBoundary",
}


def resolve(names: Mapping[str, str], environment: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each variable that has one, in the environment or in the present stack.

    Args:
        names: the variables, and the parameters that they set.
        environment: the environment.
        present: the parameters of the present stack. Empty if there is none.
    """
    values = {name: environment.get(name) or present.get(parameter) for name, parameter in names.items()}
    return {name: "" if value == REMOVED else value for name, value in values.items() if value is not None}
