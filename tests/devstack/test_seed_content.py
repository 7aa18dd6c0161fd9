from itertools import chain

from app.openapi import examples
from devstack.seed_content import EXAMPLE_ID, MEMBERS, PASSWORD, THOUGHTS


def test_every_text_is_a_dwipp_of_its_own() -> None:
    texts = [thought.text for thought in THOUGHTS]
    assert len(set(texts)) == len(texts) >= 12
    assert all(1 <= len(text) <= 280 and text == text.strip() for text in texts)


def test_only_members_think_and_react_and_each_once() -> None:
    for thought in THOUGHTS:
        assert thought.author in MEMBERS
        assert set(chain(thought.upvoted_by, thought.favorited_by)) <= set(MEMBERS)
        assert len(set(thought.upvoted_by)) == len(thought.upvoted_by)


def test_the_demo_login_is_as_documented() -> None:
    assert (MEMBERS[0], PASSWORD) == ("demo", "shower-thoughts")


def test_the_documents_examples_are_about_a_dwipp_that_there_is() -> None:
    assert EXAMPLE_ID == examples.DWIPP_ID
    assert [thought.dwipp_id for thought in THOUGHTS if thought.dwipp_id] == [EXAMPLE_ID]
