"""The bound on the concurrency of a stage's API.

In one account, all functions share the concurrency of a region. A stage other than prod must not use it up, so the
stage's API has a bound. Lambda implements a bound as a reservation, and keeps at least 100 for functions without one:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html

A new account may have a quota of only 10. It can reserve nothing, and its quota is the bound:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

# With 150 milliseconds for a login, the slowest request, this is enough for 130 requests per second.
RESERVATION = 20
_MIN_UNRESERVED = 100


def choose_reservation(client: "LambdaClient", stage: str) -> str:
    """Return the reservation of a stage that has no setting, as a number. Empty for none.

    Args:
        client: a client for Lambda in the region of the stage.
        stage: the stage. prod has no bound.
    """
    if stage == "prod":
        return ""
    unreserved = client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    return str(RESERVATION) if unreserved - RESERVATION >= _MIN_UNRESERVED else ""
