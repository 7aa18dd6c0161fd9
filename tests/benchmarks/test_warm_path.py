"""Dwipper makes the calls to DynamoDB that the report names and the estimate of its time assumes."""

import time
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any

from app.bootstrap import Container
from app.main import create_app
from app.settings import Settings
from benchmarks import warm_path
from devstack.process import Service
from testkit.engine import Engine
from testkit.limits import with_high_limits
from testkit.servers import connect_in_process

DELAY_SECONDS = 0.1
SUBJECTS = {"page of the feed": "A page", "create": "A new Dwipp", "upvote": "An upvote"}
NUMBERS = {3: "three", 7: "seven"}


@dataclass
class CallTimer:
    """A recorder of the start and the end of each call to DynamoDB. It delays all calls, so concurrent ones overlap."""

    calls: list[tuple[float, float]] = field(default_factory=list)
    _starts: dict[int, float] = field(default_factory=dict)

    def watch(self, container: Container) -> None:
        for client in (container.dwipps._client, container.limit_counters._single_attempt_client):
            client.meta.events.register("before-call.dynamodb", self._start)
            client.meta.events.register("after-call.dynamodb", self._end)

    def count_sequential(self) -> int:
        """Return the length of the longest chain of calls that start after the end of the call before."""
        count, last_end = 0, 0.0
        for start, end in sorted(self.calls, key=lambda call: call[1]):
            if start >= last_end:
                count, last_end = count + 1, end
        return count

    def _start(self, **_: Any) -> None:
        self._starts[get_ident()] = time.perf_counter()
        time.sleep(DELAY_SECONDS)

    def _end(self, **_: Any) -> None:
        self.calls.append((self._starts.pop(get_ident()), time.perf_counter()))


async def test_calls_are_those_of_the_report_and_of_the_estimate(settings: Settings, embedded: Service) -> None:
    app = create_app(with_high_limits(settings))
    timer = CallTimer()
    timer.watch(app.state.container)
    total, sequential = {}, {}
    async with connect_in_process(Engine(settings, embedded.endpoint, embedded.endpoint), app) as api:
        member = await api.create_member()
        dwipp = await member.post_dwipp("Hm.")  # Creates the member's row.
        for operation, method, path, body in (
            ("page of the feed", "GET", "/v1/dwipps", None),
            ("create", "POST", "/v1/dwipps", {"text": "Hm."}),
            ("upvote", "POST", f"/v1/dwipps/{dwipp['id']}/upvote", None),
        ):
            timer.calls.clear()
            assert (await member.http.request(method, path, json=body)).is_success
            total[operation], sequential[operation] = len(timer.calls), timer.count_sequential()
    assert sequential == warm_path.SEQUENTIAL_CALLS
    introduction = warm_path.report({}).introduction
    for operation, calls in total.items():
        assert f"{SUBJECTS[operation]} takes {NUMBERS[calls]} calls" in introduction
