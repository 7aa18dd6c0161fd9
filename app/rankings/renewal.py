"""The job that renews a ranked list: it reads the Dwipps of the period, and writes a snapshot of the best."""

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from app.aws.concurrency import gather
from app.aws.retries import WriteConflictError, condition_results, new_write_deadline, retry_on_conflict
from app.aws.timestamps import now, to_milliseconds
from app.jobs.job import MustStop, Progress
from app.jobs.messages import RENEW_RANKING
from app.jobs.pending import PendingJobRepository
from app.rankings.candidates import Candidates
from app.rankings.feed_reader import FeedReader, position_at
from app.rankings.lists import LISTS, RankedList
from app.rankings.runs import Run, RunRepository
from app.rankings.schedule import RankingSchedule
from app.rankings.snapshots import Pointer, SnapshotRepository

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A run saves its state after this time of reading. A worker that dies loses no more.
PIECE_SECONDS = 10.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Piece(NamedTuple):
    """The result of reading a part of a shard: where the shard goes on, how many Dwipps were read, and the best."""

    shard: int
    position: str
    dwipps: int
    candidates: Candidates


class Renewal:
    """The renewal of a ranked list. It can stop at any point, because it resumes from the run that was saved.

    The steps of a run:

    1. Read the Dwipps of the period in pieces. After each piece that is not the last, save the run.
    2. Write the snapshot.
    3. Move the pointer to it, and delete the run and the pending row, in one transaction.

    The pointer only moves to a later `as_of`. So a late worker changes nothing, and of two workers one wins.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- one of each store
        self,
        client: "DynamoDBClient",
        reader: FeedReader,
        runs: RunRepository,
        snapshots: SnapshotRepository,
        schedule: RankingSchedule,
        pending: PendingJobRepository,
    ) -> None:
        self._client = client
        self._reader = reader
        self._runs = runs
        self._snapshots = snapshots
        self._schedule = schedule
        self._pending = pending

    def run(self, subject: str, must_stop: MustStop) -> Progress:
        """Begin or resume the run of a list.

        Args:
            subject: the name of the list.
            must_stop: returns True when no further piece may begin.

        Raises:
            KeyError: if there is no such list.
        """
        ranked = LISTS[subject]
        run = self._begin_or_resume(ranked)
        if run is None:
            self._pending.delete(RENEW_RANKING, subject)
            return Progress(is_done=True)
        end = position_at(run.as_of)
        while not must_stop():
            run = self._read_piece(ranked, run, must_stop)
            if all(position == end for position in run.positions.values()):
                self._publish(ranked, run)
                return Progress(is_done=True)
            if not self._runs.save(ranked, run):
                return Progress(is_done=True)  # Another worker goes on with this run, or with a later one.
        return Progress(is_done=False)

    def _begin_or_resume(self, ranked: RankedList) -> Run | None:
        """Return the run to work on. None if the list is not due, for example after a message that came twice."""
        pointer, run = self._snapshots.get_pointer(ranked.name), self._runs.get(ranked)
        if run is not None and (pointer is None or run.as_of > pointer.as_of):
            return run
        if not self._schedule.is_due(ranked, pointer):
            return None
        as_of = to_milliseconds(now())
        return Run(as_of, Candidates(ranked.score, as_of), positions={})

    def _read_piece(self, ranked: RankedList, run: Run, must_stop: MustStop) -> Run:
        """Read the next piece of all shards. Return the next step of the run."""
        ends_at = time.monotonic() + PIECE_SECONDS

        def must_pause() -> bool:
            return must_stop() or time.monotonic() >= ends_at

        start = position_at(run.as_of - ranked.period if ranked.period else _EPOCH)
        # The run may know more shards than this process, which then has an older setting.
        shards = {*self._reader.shards, *run.positions}
        pieces = gather(
            partial(self._read_shard, ranked, run, shard, run.positions.get(shard, start), must_pause)
            for shard in sorted(shards)
        )
        for piece in pieces:
            run.candidates.add(piece.candidates)
        return run._replace(
            positions={piece.shard: piece.position for piece in pieces},
            dwipps=run.dwipps + sum(piece.dwipps for piece in pieces),
            step=run.step + 1,
        )

    def _read_shard(self, ranked: RankedList, run: Run, shard: int, position: str, must_pause: MustStop) -> _Piece:
        """Read a shard until its end, or until `must_pause` returns True after a read."""
        candidates, dwipps = Candidates(ranked.score, run.as_of), 0
        for feed_slice in self._reader.iter_slices(shard, position, position_at(run.as_of)):
            candidates.add(feed_slice.dwipps)
            dwipps += len(feed_slice.dwipps)
            position = feed_slice.position
            if must_pause():
                break
        return _Piece(shard, position, dwipps, candidates)

    def _publish(self, ranked: RankedList, run: Run) -> None:
        """Write the snapshot of a finished run, and move the pointer to it, unless the pointer is at a later one."""
        self._snapshots.put(ranked.name, run.as_of, run.candidates.rank())
        retry_on_conflict(partial(self._move_pointer, ranked, run), new_write_deadline())

    def _move_pointer(self, ranked: RankedList, run: Run) -> None:
        before = self._snapshots.get_pointer(ranked.name)
        if before is not None and before.as_of >= run.as_of:
            return
        after = before.move_to(run.as_of, run.dwipps) if before else Pointer(run.as_of, run.dwipps)
        try:
            self._client.transact_write_items(
                TransactItems=[
                    {"Put": self._snapshots.move_request(ranked.name, before, after)},
                    {"Delete": self._runs.delete_request(ranked)},
                    {"Delete": self._pending.delete_request(RENEW_RANKING, ranked.name)},
                ]
            )
        except self._client.exceptions.TransactionCanceledException as error:
            condition_results(error)
            raise WriteConflictError from error
