"""What somebody does who opens the docs page: over uvicorn, and below a stage through API Gateway and Lambda."""

import pytest

from devstack.seed_content import DEMO, PASSWORD, email
from tests.e2e.browser.browser import Browser
from tests.e2e.browser.docs_page import DocsPage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_log_in_write_upvote_see_it_in_the_feed_and_log_out(docs: DocsPage, browser: Browser, address: str) -> None:
    docs.keep("docs")
    assert "Authorized" in docs.log_in(email(DEMO), PASSWORD)

    created = docs.operation("dwipps-create_dwipp").execute()
    docs.keep("created")
    assert (created.status, created.body["author"]["handle"]) == (201, DEMO)

    upvote = docs.operation("reactions-set_upvote")
    assert upvote.parameter("dwipp_id") == created.body["id"]
    upvoted = upvote.execute()
    docs.keep("upvoted")
    assert (upvoted.status, upvoted.body["upvotes"]) == (200, 1)

    feed = docs.operation("dwipps-list_dwipps")
    first = feed.execute().body["items"][0]
    docs.keep("feed")
    assert (first["id"], first["upvotes"], first["upvoted"]) == (created.body["id"], 1, True)
    browser.was_quiet(address)

    docs.log_out()
    assert feed.execute().status == 401
    docs.keep("without-a-login")
    browser.was_quiet(address, "401")


def test_an_answer_fills_in_forms_that_are_open_already_but_leads_no_list_on(docs: DocsPage, browser: Browser) -> None:
    docs.log_in(email(DEMO), PASSWORD)
    read, feed = docs.operation("dwipps-read_dwipp"), docs.operation("dwipps-list_dwipps")
    read.give("dwipp_id", "something else")
    created = docs.operation("dwipps-create_dwipp").execute().body
    assert read.parameter("dwipp_id") == created["id"]
    assert read.execute().body == created
    feed.give("limit", "1")
    assert feed.execute().body["next_cursor"]
    assert feed.parameter("cursor") == ""
    assert browser.complaints() == []


def test_who_gives_a_wrong_password_is_told_and_not_let_in(docs: DocsPage) -> None:
    said = docs.log_in(email(DEMO), "not the password")
    assert "invalid_grant" in said
    assert "Authorized" not in said
    assert docs.operation("members-read_me").execute().status == 401
