"""An audience sees no blocked members and none of their Dwipps. Only authors and moderators see removed Dwipps."""

from unittest.mock import Mock

import pytest

from app.aws.timestamps import now
from app.dwipps.ids import new_id
from app.dwipps.models import Dwipp, Removal
from app.members.audience import Audience, Audiences
from app.members.blocks import BlockRepository
from app.members.directory import Directory

_BLOCKED = frozenset({"lee"})


def _make_dwipp(author: str, *, is_removed: bool) -> Dwipp:
    removed = Removal(now(), "spam") if is_removed else None
    return Dwipp(new_id(), "Hm.", author, version=1, upvotes=0, edited_at=None, removed=removed)


@pytest.mark.parametrize(
    ("audience", "dwipps", "removed_dwipps"),
    [
        (Audience(), {"kay", "lee", "max"}, set()),
        (Audience(_BLOCKED), {"kay", "max"}, set()),
        (Audience(_BLOCKED, own_handle="kay"), {"kay", "max"}, {"kay"}),
        (Audience(own_handle="lee"), {"kay", "lee", "max"}, {"lee"}),
        (Audience(is_moderator=True), {"kay", "lee", "max"}, {"kay", "lee", "max"}),
        (Audience(_BLOCKED, is_moderator=True), {"kay", "max"}, {"kay", "max"}),
    ],
    ids=["anybody", "blocker", "author and blocker", "author", "moderator", "moderator and blocker"],
)
def test_audience_sees_dwipps_by(audience: Audience, dwipps: set[str], removed_dwipps: set[str]) -> None:
    for is_removed, expected in ((False, dwipps), (True, removed_dwipps)):
        authors = ("kay", "lee", "max")
        visible = {author for author in authors if _make_dwipp(author, is_removed=is_removed).is_visible_to(audience)}
        assert visible == expected


class TestAudienceForRemovedDwipps:
    DIRECTORY = Mock(Directory, **{"get_handle.return_value": "kay"})

    def test_handle_of_the_caller_is_read(self) -> None:
        audiences = Audiences(Mock(BlockRepository), self.DIRECTORY)
        audience = audiences.with_removed_dwipps(Audience(_BLOCKED), "id", is_moderator=False)
        assert audience == Audience(_BLOCKED, own_handle="kay")

    def test_moderator_needs_no_read(self) -> None:
        directory = Mock(Directory)
        audiences = Audiences(Mock(BlockRepository), directory)
        audience = audiences.with_removed_dwipps(Audience(_BLOCKED), "id", is_moderator=True)
        assert audience == Audience(_BLOCKED, is_moderator=True)
        assert not directory.mock_calls
