"""Many members at one Dwipp at the same time, on a store whose transactions really conflict."""

import asyncio
import dataclasses
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from devstack.process import Service
from testkit.api_client import Api, MemberClient
from testkit.conflict_proxy import count_refusals, run_conflict_proxy
from testkit.engine import Engine
from testkit.servers import connect_behind_gateway, connect_to_server, run_lambda_instances, run_uvicorn
from tests.conftest import Figures
from tests.resilience.conftest import NewEngine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

MEMBERS = 64
INSTANCES = 8
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Arena:
    """Where they contend, and what makes their transactions conflict."""

    engine: Engine
    proxy: Service | None = None


class Presser:
    """A member who toggles, sets and clears one upvote, and knows after each answer what has to be there."""

    def __init__(self, member: MemberClient, path: str) -> None:
        self._member = member
        self._path = path
        self.upvoted: bool | None = False  # None where an answer left it open.
        self.answers: Counter[int] = Counter()
        self.seconds: list[float] = []

    async def press_until(self, end: float) -> None:
        while time.monotonic() < end:
            verb = random.choice(("POST", "PUT", "DELETE"))  # noqa: S311 -- guards nothing
            begun = time.monotonic()
            answer = await self._member.http.request(verb, self._path)
            self.seconds.append(time.monotonic() - begun)
            self.answers[answer.status_code] += 1
            self._check(verb, answer)

    def _check(self, verb: str, answer: httpx.Response) -> None:
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) > 0
            self.upvoted = None
            return
        assert answer.status_code == 200, answer.text
        dwipp = answer.json()
        wished = {"PUT": True, "DELETE": False}.get(verb, None if self.upvoted is None else not self.upvoted)
        assert wished in (None, dwipp["upvoted"])
        # The count was read after the write, and nobody else takes this member's upvote back.
        assert dwipp["upvoted"] <= dwipp["upvotes"] <= MEMBERS - (not dwipp["upvoted"])
        self.upvoted = dwipp["upvoted"]


async def contend(api: Api, arena: Arena, figures: Figures) -> None:
    members = [await api.member() for _ in range(MEMBERS)]
    dwipp = await members[0].post_dwipp("Every queue is a snake that swallows people.")
    pressers = [Presser(member, f"/v1/dwipps/{dwipp['id']}/upvote") for member in members]
    end = time.monotonic() + SECONDS
    await asyncio.gather(*(presser.press_until(end) for presser in pressers))

    answers = sum((presser.answers for presser in pressers), Counter[int]())
    _record(figures, answers, sorted(second for presser in pressers for second in presser.seconds))
    if arena.proxy:
        figures("writes refused for a conflict", count_refusals(arena.proxy))
        assert count_refusals(arena.proxy)
    arena.engine.assert_counts_equal_rows()
    await _assert_each_has_what_was_answered(pressers, members, arena.engine)
    assert answers[503] * 100 < answers.total()


async def _assert_each_has_what_was_answered(
    pressers: list[Presser], members: list[MemberClient], engine: Engine
) -> None:
    upvoted = {row["member_id"] for row in engine.reactions()}
    for presser, member in zip(pressers, members, strict=True):
        member_id = (await member.get("/v1/me"))["id"]
        assert presser.upvoted in (None, member_id in upvoted)


def _record(figures: Figures, answers: Counter[int], seconds: list[float]) -> None:
    figures("answers", ", ".join(f"{count} times {status}" for status, count in sorted(answers.items())))
    figures("a second", f"{answers[200] / SECONDS:.0f}")
    hundredths = statistics.quantiles(seconds, n=100)
    figures("seconds (p50, p99, longest)", f"{hundredths[49]:.3f}, {hundredths[98]:.3f}, {seconds[-1]:.3f}")


@pytest.fixture(params=["queued", "in conflict"])
def arena(request: pytest.FixtureRequest, new_engine: NewEngine, in_memory: Service, tmp_path: Path) -> Iterator[Arena]:
    """Transactions on one item wait for each other, as DynamoDB Local has it, or are refused, as Amazon has it."""
    engine = new_engine("in_memory")
    if request.param == "queued":
        yield Arena(engine)
        return
    with run_conflict_proxy(in_memory, tmp_path) as proxy:
        yield Arena(dataclasses.replace(engine, store=proxy.endpoint), proxy)


def test_64_members_at_one_upvote_over_uvicorn(arena: Arena, tmp_path: Path, figures: Figures) -> None:
    async def story() -> None:
        async with connect_to_server(arena.engine, server) as api:
            await contend(api, arena, figures)

    with run_uvicorn(arena.engine, tmp_path) as server:
        asyncio.run(story())


def test_64_members_at_one_upvote_over_8_instances_of_the_handler(
    arena: Arena, tmp_path: Path, figures: Figures
) -> None:
    async def story() -> None:
        async with connect_behind_gateway(arena.engine, instances) as api:
            await contend(api, arena, figures)

    with run_lambda_instances(arena.engine, INSTANCES, tmp_path) as instances:
        asyncio.run(story())


@pytest.mark.parametrize("rounds", [5])
def test_50_requests_with_one_key_make_one_dwipp(arena: Arena, tmp_path: Path, figures: Figures, rounds: int) -> None:
    async def story() -> None:
        async with connect_to_server(arena.engine, server) as api:
            member = await api.member()
            await member.get("/v1/me")
            answers: Counter[int] = Counter()
            for number in range(rounds):
                answers += await _send_50_times(member, f"Of round {number}", f"key-{number}")
            figures("answers", ", ".join(f"{count} times {status}" for status, count in sorted(answers.items())))
            assert len(arena.engine.dwipps()) == rounds
            assert answers[503] * 100 < answers.total()

    with run_uvicorn(arena.engine, tmp_path) as server:
        asyncio.run(story())


async def _send_50_times(member: MemberClient, text: str, key: str) -> Counter[int]:
    posts = [member.http.post("/v1/dwipps", json={"text": text}, headers={"Idempotency-Key": key}) for _ in range(50)]
    answers = await asyncio.gather(*posts)
    written = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.text for answer in written}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in written) == 1
    return Counter(answer.status_code for answer in answers)


def test_three_deletions_at_once_of_one_account(arena: Arena, tmp_path: Path, figures: Figures) -> None:
    async def story() -> None:
        async with connect_to_server(arena.engine, server) as api:
            kay, lee = await api.member("kay"), await api.member("lee")
            kept, gone = [[(await lee.post_dwipp("Of lee"))["id"] for _ in range(30)] for _ in range(2)]
            for dwipp_id in kept + gone:
                assert (await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")).is_success
            for dwipp_id in gone:
                assert (await lee.http.delete(f"/v1/dwipps/{dwipp_id}")).is_success
            answers = await asyncio.gather(*(kay.http.delete("/v1/me") for _ in range(3)))
            figures("answers", [answer.status_code for answer in answers])
            assert {answer.status_code for answer in answers} <= {202, 503}
            while int((await kay.http.delete("/v1/me")).headers["retry-after"]) == 1:
                pass
            assert arena.engine.reactions() == []
            arena.engine.assert_counts_equal_rows()

    with run_uvicorn(arena.engine, tmp_path) as server:
        asyncio.run(story())
