"""A walk through a snapshot shows each Dwipp that was visible throughout exactly once, in the order of the snapshot.

Meanwhile, members write, delete, upvote and block, moderators remove and restore, and jobs replace the snapshot. The
reader sends events of API Gateway. `tests/api/test_rankings.py` walks over both transports.
"""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.api_gateway import make_handler
from app.bootstrap import Container
from app.dwipps import listing
from app.dwipps.reactions import Change
from app.dwipps.schemas import FeedPage
from app.main import create_app
from app.rankings.schedule import RankingSchedule
from app.settings import Settings
from app.worker_bootstrap import build_renewal
from testkit.doubles import SETTINGS
from testkit.forged_tokens import make_valid_claims
from testkit.gateway import GatewayKind, make_event, to_response
from testkit.members import make_author, make_member
from testkit.moderation import Moderation
from testkit.rankings import NewDwipp, RankingTime, stop_time, write_dwipps

AUTHORS = ("kay", "lee", "max")
WRITES = ("create", "delete", "remove", "restore", "upvote", "block", "unblock", "renew")
READER_ID = make_valid_claims()["sub"]
# Sends a GET with these parameters, and returns the body of the response.
Send = Callable[[str, dict[str, Any]], Any]
# A write by name, and a number that chooses the Dwipp or the author.
Write = tuple[str, int]


class SnapshotReader:
    """A reader who walks through snapshots of a list, and the writes that change its Dwipps.

    Attributes:
        ranked: the ids of the latest snapshot, in order.
        visible: the ids of the Dwipps that the reader could see since the start of the walk.
        hidden: the ids of the Dwipps that the reader could not see since the start of the walk.
    """

    def __init__(self, container: Container, send: Send, time: RankingTime) -> None:
        self._container = container
        self._send = send
        self._renewal = build_renewal(container, RankingSchedule(container.snapshots))
        self._time = time
        self._moderation = Moderation(container.dwipps._client, container.dwipps)
        self._reader = make_member(READER_ID, "reader")
        self._dwipps: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._blocked: set[str] = set()
        self._removed: set[str] = set()
        self.ranked: list[str] = []
        self.visible: set[str] = set()
        self.hidden: set[str] = set()

    def write(self, name: str, number: int) -> None:
        if name in ("create", "renew"):
            getattr(self, f"_{name}")(number)
        elif name in ("block", "unblock"):
            getattr(self, f"_{name}")(AUTHORS[number % len(AUTHORS)])
        elif self._dwipps:
            getattr(self, f"_{name}")(list(self._dwipps)[number % len(self._dwipps)])
        visible = self._list_visible()
        self.visible &= visible
        self.hidden -= visible

    def start_walk(self) -> None:
        self.write("renew", 0)
        self.visible = self._list_visible() & set(self.ranked)
        self.hidden = set(self.ranked) - self.visible

    def get_page(self, limit: int, cursor: str | None) -> FeedPage:
        params = {"sort": "top", "limit": limit} | ({"cursor": cursor} if cursor else {})
        return FeedPage.model_validate(self._send("/v1/dwipps", params))

    def clear(self) -> None:
        for dwipp_id in list(self._dwipps):
            self._delete(dwipp_id)
        for author in list(self._blocked):
            self._unblock(author)

    def _create(self, upvotes: int) -> None:
        author = AUTHORS[upvotes % len(AUTHORS)]
        dwipp = NewDwipp(timedelta(minutes=1), upvotes % 4, author)
        (dwipp_id,) = write_dwipps(self._container.settings, [dwipp], self._time.value)
        self._dwipps[dwipp_id], self._counts[dwipp_id] = author, upvotes % 4

    def _delete(self, dwipp_id: str) -> None:
        self._container.dwipps.delete(make_author(self._dwipps.pop(dwipp_id)), dwipp_id)
        self._removed.discard(dwipp_id)

    def _remove(self, dwipp_id: str) -> None:
        self._moderation.remove(dwipp_id)
        self._removed.add(dwipp_id)

    def _restore(self, dwipp_id: str) -> None:
        if dwipp_id in self._removed:
            self._moderation.restore(dwipp_id)
            self._removed.discard(dwipp_id)

    def _upvote(self, dwipp_id: str) -> None:
        if dwipp_id not in self._removed:
            self._container.reactions.change_upvote(make_author("voter"), dwipp_id, Change.TOGGLE)
            self._counts[dwipp_id] += 1

    def _block(self, author: str) -> None:
        self._container.blocks.add(self._reader, author)
        self._blocked.add(author)

    def _unblock(self, author: str) -> None:
        self._container.blocks.remove(self._reader, author)
        self._blocked.discard(author)

    def _renew(self, _: int) -> None:
        self._time.pass_time(minutes=5)
        assert self._renewal.run("day", lambda: False).is_done
        ranked = self._dwipps.keys() - self._removed
        self.ranked = sorted(ranked, key=lambda dwipp_id: (self._counts[dwipp_id], dwipp_id), reverse=True)

    def _list_visible(self) -> set[str]:
        authors = set(AUTHORS) - self._blocked
        return {dwipp_id for dwipp_id, author in self._dwipps.items() if author in authors} - self._removed


@pytest.mark.parametrize(
    ("kind", "feed_shards"),
    [
        ("rest", 2),
        pytest.param("http-1.0", 1, marks=pytest.mark.slow),
        pytest.param("http-2.0", 1, marks=pytest.mark.slow),
    ],
)
def test_any_order_of_pages_and_writes_shows_each_visible_dwipp_once(
    kind: GatewayKind, feed_shards: int, new_settings: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FURTHER_READ_ROWS", 2)
    monkeypatch.setattr(listing, "MAX_FURTHER_READS", 2)
    settings = _with_tables(new_settings(), feed_shards)
    app = create_app(settings)
    handler, claims = make_handler(app), make_valid_claims()

    def send(path: str, params: dict[str, Any]) -> Any:
        request = httpx.Request("GET", f"https://dwipper.test{path}", params=params)
        response = to_response(handler(make_event(request, kind, claims), None))
        assert response.status_code == 200, response.text
        return response.json()

    writes = st.tuples(st.sampled_from(WRITES), st.integers(0, 11))

    @hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        upvotes=st.lists(st.integers(0, 11), max_size=12),
        writes_before=st.lists(writes, max_size=6),
        limit=st.integers(1, 4),
        writes_after_each_page=st.lists(st.lists(writes, max_size=3), max_size=8),
    )
    def run(
        upvotes: list[int], writes_before: list[Write], limit: int, writes_after_each_page: list[list[Write]]
    ) -> None:
        reader = SnapshotReader(app.state.container, send, time)
        try:
            for number in upvotes:
                reader.write("create", number)
            for write in writes_before:
                reader.write(*write)
            reader.start_walk()
            ranked = reader.ranked
            shown = _walk(reader, limit, writes_after_each_page)
            assert shown == [dwipp_id for dwipp_id in ranked if dwipp_id in shown], "another order, or shown twice"
            assert reader.visible <= set(shown)
            assert reader.hidden.isdisjoint(shown)
        finally:
            reader.clear()

    with stop_time() as time:
        run()


def _with_tables(settings: Settings, feed_shards: int) -> Settings:
    """Return the settings of the test claims with the tables of other settings."""
    tables = {name: getattr(settings, name) for name in ("dwipps_table", "reactions_table", "members_table")}
    return dataclasses.replace(SETTINGS, **tables, safety_table=settings.safety_table, feed_shards=feed_shards)


def _walk(reader: SnapshotReader, limit: int, writes_after_each_page: list[list[Write]]) -> list[str]:
    """Walk through a list, and carry out a batch of writes after each page. Return the ids of the shown Dwipps."""
    shown: list[str] = []
    cursor: str | None = None
    batches = iter(writes_after_each_page)
    as_of = None
    while True:
        page = reader.get_page(limit, cursor)
        assert as_of in (None, page.as_of), "the walk has left its snapshot"
        as_of = page.as_of
        assert len(page.items) <= limit
        shown += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return shown
        for write in next(batches, []):
            reader.write(*write)
