"""A walk through a snapshot shows each Dwipp that was visible throughout exactly once, in the order of the snapshot.

Meanwhile, members write, delete, upvote and block, moderators remove and restore, and jobs replace the snapshot. The
reader sends events of API Gateway. `tests/api/test_rankings.py` walks over both transports.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.api_gateway import make_handler
from app.bootstrap import Container
from app.dwipps.reactions import Change
from app.dwipps.schemas import FeedPage
from app.main import create_app
from app.rankings.schedule import RankingSchedule
from app.settings import Settings
from app.worker_bootstrap import build_renewal
from testkit.doubles import SETTINGS
from testkit.forged_tokens import make_valid_claims
from testkit.gateway import GatewayKind, make_event, to_response
from testkit.hypothesis_settings import without_deadline
from testkit.members import make_author, make_member
from testkit.moderation import Moderation
from testkit.rankings import NewDwipp, RankingTime, stop_time, write_dwipps
from tests.resilience.list_walk import ListWalk, draw_walks, lower_read_bounds

AUTHORS = ("kay", "lee", "max")
WRITES = ("create", "delete", "remove", "restore", "upvote", "block", "unblock", "renew")
READER_ID = make_valid_claims()["sub"]
# Sends a GET with these parameters, and returns the body of the response.
Send = Callable[[str, dict[str, Any]], Any]


class SnapshotReader:
    """A reader of a ranked list, and the writes that change its Dwipps and its snapshots.

    Attributes:
        walked: the ids of the snapshot in which the walk began, in order.
    """

    def __init__(self, container: Container, send: Send, time: RankingTime) -> None:
        self._container = container
        self._send = send
        self._renewal = build_renewal(container, RankingSchedule(container.snapshots))
        self._time = time
        self._moderation = Moderation(container.dwipps._client, container.moderation.dwipp_removals)
        self._reader = make_member(READER_ID, "reader")
        self._dwipps: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._blocked: set[str] = set()
        self._removed: set[str] = set()
        self._latest: list[str] = []  # The ids of the latest snapshot.
        self._as_of: datetime | None = None  # The time on the first page of the walk.
        self.walked: list[str] = []
        self.visible: set[str] = set()
        self.hidden: set[str] = set()

    def write(self, name: str, number: int) -> None:
        """Carry out a write.

        Args:
            name: the name of the write.
            number: chooses the Dwipp or the author.
        """
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
        self.walked, self._as_of = self._latest, None
        self.visible = self._list_visible() & set(self.walked)
        self.hidden = set(self.walked) - self.visible

    def get_page(self, limit: int, cursor: str | None) -> FeedPage:
        params = {"sort": "top", "limit": limit} | ({"cursor": cursor} if cursor else {})
        page = FeedPage.model_validate(self._send("/v1/dwipps", params))
        assert self._as_of in (None, page.as_of), "the walk has left its snapshot"
        self._as_of = page.as_of
        return page

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
        self._latest = sorted(ranked, key=lambda dwipp_id: (self._counts[dwipp_id], dwipp_id), reverse=True)

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
    lower_read_bounds(monkeypatch)
    settings = _with_tables(new_settings(), feed_shards)
    app = create_app(settings)
    handler, claims = make_handler(app), make_valid_claims()

    def send(path: str, params: dict[str, Any]) -> Any:
        request = httpx.Request("GET", f"https://dwipper.test{path}", params=params)
        response = to_response(handler(make_event(request, kind, claims), None))
        assert response.status_code == 200, response.text
        return response.json()

    creations = st.tuples(st.just("create"), st.integers(0, 11))
    writes = st.tuples(st.sampled_from(WRITES), st.integers(0, 11))

    @hypothesis_settings(without_deadline, max_examples=40)
    @given(draw_walks(creations, writes))
    def run(list_walk: ListWalk) -> None:
        reader = SnapshotReader(app.state.container, send, time)
        shown = list_walk.check(reader)
        assert shown == [dwipp_id for dwipp_id in reader.walked if dwipp_id in shown], "another order"

    with stop_time() as time:
        run()


def _with_tables(settings: Settings, feed_shards: int) -> Settings:
    """Return the settings of the test claims with the tables of other settings."""
    tables = {name: getattr(settings, name) for name in ("dwipps_table", "reactions_table", "members_table")}
    return dataclasses.replace(SETTINGS, **tables, safety_table=settings.safety_table, feed_shards=feed_shards)
