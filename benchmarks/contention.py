"""Contention: many members change their upvotes of the same Dwipp concurrently."""

import os
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from app.aws.clients import dynamodb_client
from app.aws.retries import new_write_deadline
from app.aws.timestamps import now
from app.dwipps.reactions import Change, ReactionRepository
from app.errors import UnavailableError
from app.members.models import Member
from benchmarks import rows
from benchmarks.progress import ProgressTracker
from benchmarks.report import Part, Plot, Table
from benchmarks.services import Services
from testkit.conflict_proxy import run_conflict_proxy
from testkit.engine import Engine

WRITERS = (1, 4, 16, 64)
SECONDS = 5.0

_INTRODUCTION = """\
Members toggle their upvotes of the same Dwipp as fast as they can. DynamoDB Local queues transactions on the same item,
and AWS refuses all but one of them. So there are two measurements. "Queued" is DynamoDB Local's behavior. "Refused"
is behind a proxy that refuses writes while a transaction on the item is in progress, for 10 ms (an assumption). The
repository retries a refused write until its write deadline. If it is refused even then, the member gets 503."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one measurement.

    Attributes:
        writers: the number of concurrent members.
        accepted: the number of changes that succeeded.
        refused: the number of changes that failed with 503.
        attempts: the number of transactions, including retries.
        is_exact: whether the count of upvotes equals the number of rows.
    """

    writers: int
    accepted: int
    refused: int
    attempts: int
    is_exact: bool

    @property
    def retries(self) -> int:
        """Return the number of attempts after the first attempt of each change."""
        return self.attempts - self.accepted - self.refused


def run(services: Services, tracker: ProgressTracker) -> Part:
    """Measure each number of writers with queued and with refused conflicts."""
    outcomes: dict[str, list[Outcome]] = {}
    with run_conflict_proxy(services.store, services.folder) as proxy:
        endpoints = {"queued": services.store.endpoint, "refused": proxy.endpoint}
        combinations = [(behavior, writers) for behavior in endpoints for writers in WRITERS]
        for behavior, writers in tracker.track(combinations, "Contention"):
            outcome = _measure(services.create_engine(), endpoints[behavior], writers)
            outcomes.setdefault(behavior, []).append(outcome)
    return _report(outcomes)


def _measure(engine: Engine, endpoint: str, writers: int) -> Outcome:
    with patch.dict(os.environ, {"AWS_ENDPOINT_URL_DYNAMODB": endpoint}):
        client = dynamodb_client(engine.settings.region)
    attempts = Counter[str]()
    client.meta.events.register("before-call.dynamodb", lambda model, **_: attempts.update([model.name]))
    repository = ReactionRepository(client, engine.settings.reactions_table, engine.settings.dwipps_table)
    dwipp_id = rows.make_old_id(0)
    rows.write(engine.client, engine.settings.dwipps_table, [rows.make_dwipp(dwipp_id, upvotes=0)])
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(writers) as threads:
        counters = threads.map(lambda _: _toggle_until(repository, dwipp_id, end), range(writers))
        results = sum(counters, Counter[bool]())
    upvotes = sum("upvoted_at" in row for row in engine.load_reactions())
    is_exact = int(engine.load_dwipps()[dwipp_id]["upvotes"]) == upvotes
    return Outcome(writers, results[True], results[False], attempts["TransactWriteItems"], is_exact)


def _toggle_until(repository: ReactionRepository, dwipp_id: str, end: float) -> Counter[bool]:
    """Toggle one member's upvote until the end. Count the changes that succeeded (True) and failed (False)."""
    member_id = str(uuid.uuid4())
    results = Counter[bool]()
    while time.monotonic() < end:
        member = Member(member_id, "a_member", now(), new_write_deadline())
        try:
            repository.change_upvote(member, dwipp_id, Change.TOGGLE)
        except UnavailableError:
            results[False] += 1
        else:
            results[True] += 1
    return results


def _report(outcomes: Mapping[str, Sequence[Outcome]]) -> Part:
    lines = [
        (
            behavior,
            str(outcome.writers),
            f"{outcome.accepted / SECONDS:.0f}",
            f"{outcome.retries}",
            f"{outcome.refused}",
            "yes" if outcome.is_exact else "NO",
        )
        for behavior, series in outcomes.items()
        for outcome in series
    ]
    columns = ("conflicts", "writers", "accepted per second", "retries", "failed with 503", "count equals rows")
    title = f"Writers to one Dwipp for {SECONDS:.0f} seconds, all in one process"
    plot = Plot("contention", "Upvotes per second of one Dwipp", lambda axes: _draw(axes, outcomes))
    return Part("Contention", _INTRODUCTION, [Table("contention", title, columns, lines)], [plot])


def _draw(axes: Any, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
    for behavior, series in outcomes.items():
        rates = [outcome.accepted / SECONDS for outcome in series]
        axes.plot([outcome.writers for outcome in series], rates, "o-", label=behavior)
    axes.set_xscale("log", base=2)
    axes.set_xticks(WRITERS, list(map(str, WRITERS)))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("writers")
    axes.set_ylabel("accepted per second")
    axes.legend(title="conflicts are", frameon=False)
