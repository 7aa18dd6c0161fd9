"""Each fault at each call to AWS of each operation: one request meets it, and the client asks again.

What a client was told has happened, once, and nothing that it was told to repeat comes to another end.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from app.aws.deadline import REQUEST_SECONDS
from app.me import deletion
from app.settings import Settings
from devstack.process import Service
from testkit.api_client import open_api
from testkit.faults import Fault, possible_faults
from tests.conftest import Figures
from tests.resilience.account_operations import ABOUT_ACCOUNTS
from tests.resilience.dwipp_operations import ABOUT_DWIPPS
from tests.resilience.injector import Injector, injectable, last_try_only
from tests.resilience.retrying_client import Client
from tests.resilience.scene import Scene, Wish

GATEWAY_SECONDS = 29.0
# What a request does beside its calls to AWS, while all others do it at the same time.
ALLOWANCE_SECONDS = 1.0

WISHES = {**ABOUT_DWIPPS, **ABOUT_ACCOUNTS}

# One of each kind that the app can tell from others; test_faults.py has all of them. The SDK's second try is another
# matter only where it may find the effect of the first.
FAULTS = (
    Fault.THROTTLED_BEFORE,
    Fault.CONFLICT_BEFORE,
    Fault.FAILURE_BEFORE,
    Fault.TIMEOUT_BEFORE,
    Fault.TIMEOUT_AFTER,
    Fault.HALF_BEFORE,
    Fault.HALF_AFTER,
    Fault.EMPTY_BEFORE,
    Fault.CHECKSUM_AFTER,
)

pytestmark = pytest.mark.security
CASES = [
    *((fault, fault) for fault in FAULTS),
    (Fault.TIMEOUT_AFTER, None),
    (Fault.TIMEOUT_AFTER, Fault.CONFLICT_BEFORE),  # After which the next try is another call, and not the SDK's.
]

# What did harm once.
FOUND = [
    ("create", Fault.HALF_BEFORE, 2),  # Acknowledged, and not there: botocore takes what it cannot read for no news.
    ("create", Fault.CONFLICT_BEFORE, 2),  # 500.
    ("delete", Fault.HALF_BEFORE, 2),  # Acknowledged, and still there.
    ("read one", Fault.EMPTY_BEFORE, 1),  # 404.
    ("read /v1/me", Fault.HALF_BEFORE, 2),  # 500.
    ("log in", Fault.EMPTY_BEFORE, 1),  # 403, as if the password had to be reset.
    ("forget the password", Fault.HALF_BEFORE, 1),  # Acknowledged, and no mail.
    ("reset the password", Fault.TIMEOUT_AFTER, 1),  # Set, the code used up, and all sessions as alive as before.
    ("register in the place of another", Fault.TIMEOUT_AFTER, 3),  # In its own way for a minute.
]

# With the most calls one after the other.
LONGEST = (
    "create with a key",
    "set upvote",
    "clear favorite",
    "read /v1/me/export",
    "come for the first time",
    "register in the place of another",
    "confirm",
    "reset the password",
    "change the password",
    "leave",
)


@pytest.fixture(autouse=True)
def nobody_writes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "WRITE_DRAIN_PERIOD", timedelta(0))


@pytest.fixture(autouse=True)
def at_the_sdk() -> Iterator[None]:
    with injectable():
        yield


async def _calls_of(wish: Wish, scene: Scene) -> int:
    untouched = Injector(Fault.CUT_BEFORE, nth=0, then=None)
    await wish(scene, Client(first=untouched.at_work))
    return len(untouched.operations)


async def _try(wish: Wish, scene: Scene, injector: Injector) -> str | None:
    """What came of a fault that was not withstood."""
    try:
        await wish(scene, Client(first=injector.at_work))
    except Exception as error:  # noqa: BLE001 -- whatever it is, the others are of interest too
        met = f"{injector.fault.name}, then {injector.then.name if injector.then else 'nothing'},"
        return f"{met} at call {injector.nth} of {injector.operations}: {error!r}"
    return None


@pytest.mark.parametrize(("wish", "fault", "nth"), FOUND)
def test_what_did_harm_once_does_none(
    wish: str, fault: Fault, nth: int, new_settings: Callable[[], Settings], embedded: Service
) -> None:
    async def tell() -> None:
        async with open_api(new_settings(), embedded.endpoint, "uvicorn") as told:
            injector = Injector(fault, nth, then=fault)
            assert await _try(WISHES[wish], await Scene.of(told), injector) is None
            assert injector.met

    asyncio.run(tell())


@pytest.mark.parametrize("wish", ["reset the password", "change the password", "log out everywhere"])
def test_a_sign_out_that_fails_again_and_again_is_made_up_for(
    wish: str, new_settings: Callable[[], Settings], embedded: Service
) -> None:
    """What went before it is done, and must not be all that is done."""
    signing_out = "AdminUserGlobalSignOut"

    async def tell() -> None:
        async with open_api(new_settings(), embedded.endpoint, "uvicorn") as told:
            scene = await Scene.of(told)
            injectors = [
                Injector(fault, nth=0, then=fault, every=signing_out)
                for fault in possible_faults("cognito", signing_out)
            ]
            assert [await _try(WISHES[wish], scene, injector) for injector in injectors] == [None] * len(injectors)
            assert all(injector.met for injector in injectors)

    asyncio.run(tell())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("wish", WISHES)
def test_one_fault_at_any_call_loses_and_doubles_nothing(
    wish: str, new_settings: Callable[[], Settings], embedded: Service, figures: Figures
) -> None:
    async def tell() -> None:
        async with open_api(new_settings(), embedded.endpoint, "uvicorn") as told:
            scene = await Scene.of(told)
            calls = await _calls_of(WISHES[wish], scene)
            injectors = [
                Injector(fault, nth, then) for (fault, then), nth in itertools.product(CASES, range(1, calls + 1))
            ]
            harm = [await _try(WISHES[wish], scene, injector) for injector in injectors]
            figures("calls", calls)
            figures("faults", sum(injector.met for injector in injectors))
            assert not any(harm), "\n".join(filter(None, harm))

    asyncio.run(tell())


@pytest.mark.slow
def test_no_request_outlasts_its_time_however_late_each_call_is_answered(
    new_settings: Callable[[], Settings], embedded: Service, figures: Figures
) -> None:
    seconds: dict[str, float] = {}

    async def time(wish: str, scene: Scene) -> None:
        client = Client(first=last_try_only)
        await WISHES[wish](scene, client)
        seconds[wish] = max(client.record.seconds)

    async def tell() -> None:
        async with AsyncExitStack() as worlds:
            entered = [
                await worlds.enter_async_context(open_api(new_settings(), embedded.endpoint, "uvicorn"))
                for _ in LONGEST
            ]
            scenes = [await Scene.of(told) for told in entered]
            await asyncio.gather(*map(time, LONGEST, scenes))

    asyncio.run(tell())
    for wish, took in seconds.items():
        figures(wish, f"{took:.1f} seconds")
    assert max(seconds.values()) <= REQUEST_SECONDS + ALLOWANCE_SECONDS < GATEWAY_SECONDS
