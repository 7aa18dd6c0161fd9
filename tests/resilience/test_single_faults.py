"""A fault at any call to AWS neither loses nor doubles an acknowledged write.

Only the first attempt of a request meets the fault. The client retries as the API asks, and each operation checks its
result.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from app.aws.deadline import REQUEST_TIMEOUT_SECONDS
from app.limits import policies
from app.me import deletions
from app.moderation import bulk_job
from app.rankings.schedule import RankingSchedule
from app.settings import Settings
from devstack.process import Service
from testkit.api_client import open_api
from testkit.faults import Fault, list_possible_faults
from testkit.limits import with_high_limits
from tests.conftest import Figures
from tests.resilience.account_operations import ACCOUNT_OPERATIONS
from tests.resilience.case_operations import CASE_OPERATIONS
from tests.resilience.dwipp_operations import DWIPP_OPERATIONS
from tests.resilience.injector import FaultInjector, delay_every_response, intercept_sdk
from tests.resilience.operation_context import ClientOperation, OperationContext
from tests.resilience.retrying_client import RetryingClient
from tests.resilience.suspension_operations import SUSPENSION_OPERATIONS

GATEWAY_TIMEOUT_SECONDS = 29.0
# The time of a request apart from its calls to AWS. All operations of the test run concurrently.
OVERHEAD_SECONDS = 1.0

OPERATIONS = {**DWIPP_OPERATIONS, **CASE_OPERATIONS, **SUSPENSION_OPERATIONS, **ACCOUNT_OPERATIONS}

# The operations with the most faults, which only `make check-full` injects. Each resembles another one, or has a test
# of its own.
LONGEST = ("run the job of a bulk decision", "run the job of a deletion", "dismiss", "suspend", "lift")

# One fault of each kind that the app can distinguish. test_random_faults.py injects all faults.
FAULTS = (
    Fault.THROTTLING_BEFORE,
    Fault.CONFLICT_BEFORE,
    Fault.SERVER_ERROR_BEFORE,
    Fault.TIMEOUT_BEFORE,
    Fault.TIMEOUT_AFTER,
    Fault.TRUNCATED_BEFORE,
    Fault.TRUNCATED_AFTER,
    Fault.EMPTY_BEFORE,
    Fault.CHECKSUM_AFTER,
)

pytestmark = pytest.mark.security
# The fault of the first attempt, and the fault of all further attempts. Different faults are only of interest if a
# further attempt can find the effect of the first.
CASES = [
    *((fault, fault) for fault in FAULTS),
    (Fault.TIMEOUT_AFTER, None),
    (Fault.TIMEOUT_AFTER, Fault.CONFLICT_BEFORE),  # The app then makes a new call.
]

# Earlier defects: the operation, the fault of all attempts, and the number of the call.
REGRESSIONS = [
    ("create", Fault.TRUNCATED_BEFORE, 2),  # Acknowledged but not stored: botocore ignores a truncated body.
    ("create", Fault.CONFLICT_BEFORE, 2),  # 500.
    ("delete", Fault.TRUNCATED_BEFORE, 2),  # Acknowledged but still stored.
    ("read a Dwipp", Fault.EMPTY_BEFORE, 1),  # 404.
    ("read /v1/me", Fault.TRUNCATED_BEFORE, 2),  # 500.
    ("log in", Fault.EMPTY_BEFORE, 1),  # 403, as if the password had to be reset.
    ("request a password reset", Fault.TRUNCATED_BEFORE, 1),  # Acknowledged, but no mail was sent.
    ("reset the password", Fault.TIMEOUT_AFTER, 1),  # The password was set and the code used up, but sessions lived on.
    ("replace an unconfirmed user", Fault.TIMEOUT_AFTER, 3),  # Its own mark blocked the retry for a minute.
]

# The operations with the most sequential calls.
LONGEST_OPERATIONS = (
    "create with a key",
    "set upvote",
    "clear favorite",
    "read /v1/me/export",
    "first request",
    "replace an unconfirmed user",
    "confirm",
    "reset the password",
    "change the password",
    "delete the account",
)


@pytest.fixture(autouse=True)
def no_drain_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the drain period of the jobs, because no other writes run."""
    for module in (deletions, bulk_job):
        monkeypatch.setattr(module, "WRITE_DRAIN_PERIOD", timedelta(0))


@pytest.fixture(autouse=True)
def high_limits_of_moderators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one moderator make all decisions of a test."""
    for name in ("_DECISIONS_HOUR", "_SUSPENSIONS_HOUR"):
        monkeypatch.setattr(policies, name, 100_000)


@pytest.fixture(autouse=True)
def no_renewals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no sweep renew the ranked lists, so that the calls are those of the operation."""
    monkeypatch.setattr(RankingSchedule, "iter_due", lambda _: iter(()))


@pytest.fixture(autouse=True)
def intercepted_sdk() -> Iterator[None]:
    with intercept_sdk():
        yield


async def _count_calls(operation: ClientOperation, context: OperationContext) -> int:
    injector = FaultInjector(Fault.DISCONNECT_BEFORE, call_number=0, retry_fault=None)  # No call has the number 0.
    await operation(context, RetryingClient(around_first_attempt=injector.inject))
    return len(injector.operations)


async def _find_failure(operation: ClientOperation, context: OperationContext, injector: FaultInjector) -> str | None:
    """Carry out an operation with faults. Return a description of its failure, None if it succeeded."""
    try:
        await operation(context, RetryingClient(around_first_attempt=injector.inject))
    except Exception as error:  # noqa: BLE001 -- a test reports the failures of all its injections
        retry_fault = injector.retry_fault.name if injector.retry_fault else "nothing"
        faults = f"{injector.fault.name}, then {retry_fault},"
        return f"{faults} at call {injector.call_number} of {injector.operations}: {error!r}"
    return None


@pytest.mark.parametrize(("operation", "fault", "call_number"), REGRESSIONS)
def test_known_fault_loses_and_doubles_nothing(
    operation: str, fault: Fault, call_number: int, new_settings: Callable[[], Settings], embedded: Service
) -> None:
    async def run() -> None:
        async with open_api(new_settings(), embedded.endpoint, "uvicorn") as api:
            injector = FaultInjector(fault, call_number, retry_fault=fault)
            assert await _find_failure(OPERATIONS[operation], await OperationContext.from_api(api), injector) is None
            assert injector.was_injected

    asyncio.run(run())


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["reset the password", "change the password", "log out everywhere"])
def test_failed_sign_outs_are_repeated(operation: str, new_settings: Callable[[], Settings], embedded: Service) -> None:
    # The sign-out follows the change of the password. If it fails, a retry must still end the sessions.
    sign_out = "AdminUserGlobalSignOut"

    async def run() -> None:
        async with open_api(new_settings(), embedded.endpoint, "uvicorn") as api:
            context = await OperationContext.from_api(api)
            injectors = [
                FaultInjector(fault, call_number=0, retry_fault=fault, every_call_to=sign_out)
                for fault in list_possible_faults("cognito", sign_out)
            ]
            failures = [await _find_failure(OPERATIONS[operation], context, injector) for injector in injectors]
            assert failures == [None] * len(injectors)
            assert all(injector.was_injected for injector in injectors)

    asyncio.run(run())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "operation", [pytest.param(name, marks=pytest.mark.longest if name in LONGEST else ()) for name in OPERATIONS]
)
def test_fault_at_any_call_loses_and_doubles_nothing(
    operation: str, new_settings: Callable[[], Settings], embedded: Service, figures: Figures
) -> None:
    async def run() -> None:
        async with open_api(with_high_limits(new_settings()), embedded.endpoint, "uvicorn") as api:
            context = await OperationContext.from_api(api)
            calls = await _count_calls(OPERATIONS[operation], context)
            injectors = [
                FaultInjector(fault, number, retry_fault)
                for (fault, retry_fault), number in itertools.product(CASES, range(1, calls + 1))
            ]
            failures = [await _find_failure(OPERATIONS[operation], context, injector) for injector in injectors]
            figures("calls", calls)
            figures("faults", sum(injector.was_injected for injector in injectors))
            assert not any(failures), "\n".join(filter(None, failures))

    asyncio.run(run())


@pytest.mark.slow
def test_requests_keep_their_deadline_if_every_call_is_slow(
    new_settings: Callable[[], Settings], embedded: Service, figures: Figures
) -> None:
    seconds: dict[str, float] = {}

    async def measure(operation: str, context: OperationContext) -> None:
        client = RetryingClient(around_first_attempt=delay_every_response)
        await OPERATIONS[operation](context, client)
        seconds[operation] = max(client.statistics.seconds)

    async def run() -> None:
        async with AsyncExitStack() as exit_stack:
            apis = [
                await exit_stack.enter_async_context(
                    open_api(with_high_limits(new_settings()), embedded.endpoint, "uvicorn")
                )
                for _ in LONGEST_OPERATIONS
            ]
            contexts = [await OperationContext.from_api(api) for api in apis]
            await asyncio.gather(*map(measure, LONGEST_OPERATIONS, contexts))

    asyncio.run(run())
    for operation, duration in seconds.items():
        figures(operation, f"{duration:.1f} seconds")
    assert max(seconds.values()) <= REQUEST_TIMEOUT_SECONDS + OVERHEAD_SECONDS < GATEWAY_TIMEOUT_SECONDS
