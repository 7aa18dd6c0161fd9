"""The content of the seed is valid, and agrees with the documentation."""

from datetime import timedelta
from itertools import chain

from app.members.handles import is_handle, is_reserved
from app.openapi import examples
from app.rankings.lists import LISTS, RankedList
from devstack.seed_content import MEMBERS, MODERATOR_HANDLE, PASSWORD, THOUGHTS, to_email


def test_texts_are_unique_and_valid() -> None:
    texts = [thought.text for thought in THOUGHTS]
    assert len(set(texts)) == len(texts) >= 12
    assert all(1 <= len(text) <= 280 and text == text.strip() for text in texts)


def test_authors_and_reactions_are_members_and_upvotes_are_unique() -> None:
    for thought in THOUGHTS:
        assert thought.author in MEMBERS
        assert set(chain(thought.upvoted_by, thought.favorited_by)) <= set(MEMBERS)
        assert len(set(thought.upvoted_by)) == len(thought.upvoted_by)


def test_demo_login_is_as_documented() -> None:
    assert (MEMBERS[0], PASSWORD) == ("demo", "shower-thoughts")


def test_examples_of_the_openapi_document_exist() -> None:
    authors = {thought.dwipp_id: thought.author for thought in THOUGHTS if thought.dwipp_id}
    assert authors == {examples.DWIPP_ID: "demo", examples.OTHERS_DWIPP_ID: examples.BLOCKED_HANDLE}


def test_another_dwipp_leads_each_ranking() -> None:
    leaders = [_find_leader(ranked) for ranked in LISTS.values()]
    assert len(set(leaders)) == len(leaders)


def _find_leader(ranked: RankedList) -> str:
    """Return the text of the best Dwipp of a ranked list, at the moment of the seed."""
    scores = {
        thought.text: ranked.score(len(thought.upvoted_by), thought.age / timedelta(hours=1))
        for thought in THOUGHTS
        if ranked.period is None or (thought.dwipp_id is None and thought.age < ranked.period)
    }
    best, second, *_ = sorted(scores, key=scores.__getitem__, reverse=True)
    assert scores[best] > scores[second]
    return best


def test_dwipps_are_in_order_of_their_ages() -> None:
    ages = [thought.age for thought in THOUGHTS if thought.dwipp_id is None]
    assert ages == sorted(set(ages), reverse=True)


def test_each_member_gets_the_handle_of_the_seed() -> None:
    assert all(is_handle(handle) and not is_reserved(handle) for handle in MEMBERS)
    assert MODERATOR_HANDLE in MEMBERS
    assert to_email(MODERATOR_HANDLE) == "moderator@example.org"
