"""Members who turn their upvotes of one and the same Dwipp over, as fast as they can.

DynamoDB Local lets transactions on one item wait for each other; Amazon refuses all but one of them. So each is
measured twice: as DynamoDB Local does it, and behind a stand-in that refuses what meets a transaction of 10 ms. What
was refused is tried again by the repository until its time is over; what is refused even then is 503 for the member.
"""

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
from benchmarks.environment import Stage
from benchmarks.progress import Steps
from benchmarks.report import Part, Plot, Table
from testkit.conflict_proxy import run_conflict_proxy
from testkit.engine import Engine

WRITERS = (1, 4, 16, 64)
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of so many writers."""

    writers: int
    accepted: int
    refused: int
    attempts: int
    is_exact: bool

    @property
    def retried(self) -> int:
        """Attempts beyond one for each wish."""
        return self.attempts - self.accepted - self.refused


def part(stage: Stage, steps: Steps) -> Part:
    """Let all numbers of writers contend on both stores."""
    outcomes: dict[str, list[Outcome]] = {}
    with run_conflict_proxy(stage.store, stage.folder) as proxy:
        stores = {"queued": stage.store.endpoint, "refused": proxy.endpoint}
        planned = [(store, writers) for store in stores for writers in WRITERS]
        for store, writers in steps.of(planned, "Contention"):
            outcomes.setdefault(store, []).append(_contend(stage.engine(), stores[store], writers))
    return _told(outcomes)


def _contend(engine: Engine, endpoint: str, writers: int) -> Outcome:
    with patch.dict(os.environ, {"AWS_ENDPOINT_URL_DYNAMODB": endpoint}):
        client = dynamodb_client(engine.settings.region)
    attempts = Counter[str]()
    client.meta.events.register("before-call.dynamodb", lambda model, **_: attempts.update([model.name]))
    repository = ReactionRepository(client, engine.settings.reactions_table, engine.settings.dwipps_table)
    dwipp_id = rows.old_id(0)
    rows.write(engine.client, engine.settings.dwipps_table, [rows.dwipp(dwipp_id, upvotes=0)])
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(writers) as threads:
        answers = sum(threads.map(lambda _: _press(repository, dwipp_id, end), range(writers)), Counter[bool]())
    upvotes = sum("upvoted_at" in row for row in engine.reactions())
    counted = int(engine.dwipps()[dwipp_id]["upvotes"])
    return Outcome(writers, answers[True], answers[False], attempts["TransactWriteItems"], counted == upvotes)


def _press(repository: ReactionRepository, dwipp_id: str, end: float) -> Counter[bool]:
    """Turn one member's upvote over until the end; how often it was accepted, and how often refused."""
    member_id = str(uuid.uuid4())
    answers = Counter[bool]()
    while time.monotonic() < end:
        member = Member(member_id, "a_member", now(), new_write_deadline())
        try:
            repository.upvote(member, dwipp_id, Change.TOGGLE)
        except UnavailableError:
            answers[False] += 1
        else:
            answers[True] += 1
    return answers


def _told(outcomes: Mapping[str, Sequence[Outcome]]) -> Part:
    lines = [
        (
            store,
            str(each.writers),
            f"{each.accepted / SECONDS:.0f}",
            f"{each.retried}",
            f"{each.refused}",
            "yes" if each.is_exact else "NO",
        )
        for store, those in outcomes.items()
        for each in those
    ]
    columns = ("conflicts", "writers", "accepted a second", "retried", "refused", "count equals rows")
    title = f"Writers at one Dwipp for {SECONDS:.0f} seconds, all in one process"
    plot = Plot("contention", "Upvotes a second on one Dwipp", lambda axes: _draw(axes, outcomes))
    return Part(
        "Contention",
        " ".join((__doc__ or "").split()),
        [Table("contention", title, columns, lines)],
        [plot],
    )


def _draw(axes: Any, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
    for store, those in outcomes.items():
        axes.plot([each.writers for each in those], [each.accepted / SECONDS for each in those], "o-", label=store)
    axes.set_xscale("log", base=2)
    axes.set_xticks(WRITERS, list(map(str, WRITERS)))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("writers")
    axes.set_ylabel("accepted a second")
    axes.legend(title="conflicts are", frameon=False)
