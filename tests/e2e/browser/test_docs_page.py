"""A developer can try the API on its docs page, over uvicorn and below a stage of API Gateway."""

import pytest

from app.errors import InvalidCredentialsError
from devstack.seed_content import DEMO_HANDLE, PASSWORD, to_email
from testkit.operations import load_document
from tests.e2e.browser.browser import Browser
from tests.e2e.browser.docs_page import DocsPage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_log_in_create_upvote_read_the_feed_and_log_out(docs: DocsPage, browser: Browser, address: str) -> None:
    docs.take_screenshot("docs")
    assert "Authorized" in docs.log_in(to_email(DEMO_HANDLE), PASSWORD)

    created = docs.open_operation("dwipps-create_dwipp").execute()
    docs.take_screenshot("created")
    assert (created.status, created.body["author"]["handle"]) == (201, DEMO_HANDLE)

    upvote = docs.open_operation("reactions-set_upvote")
    assert upvote.get_parameter("dwipp_id") == created.body["id"]
    upvoted = upvote.execute()
    docs.take_screenshot("upvoted")
    assert (upvoted.status, upvoted.body["upvotes"]) == (200, 1)

    feed = docs.open_operation("dwipps-list_dwipps")
    first = feed.execute().body["items"][0]
    docs.take_screenshot("feed")
    assert (first["id"], first["upvotes"], first["upvoted"]) == (created.body["id"], 1, True)
    browser.assert_no_errors(address)

    docs.log_out()
    assert feed.execute().status == 401
    docs.take_screenshot("without-a-login")
    browser.assert_no_errors(address, "401")


def test_response_fills_open_forms_except_cursors(docs: DocsPage, browser: Browser) -> None:
    docs.log_in(to_email(DEMO_HANDLE), PASSWORD)
    read, feed = docs.open_operation("dwipps-read_dwipp"), docs.open_operation("dwipps-list_dwipps")
    read.fill_in("dwipp_id", "something else")
    created = docs.open_operation("dwipps-create_dwipp").execute().body
    assert read.get_parameter("dwipp_id") == created["id"]
    assert read.execute().body == created
    feed.fill_in("limit", "1")
    assert feed.execute().body["next_cursor"]
    assert feed.get_parameter("cursor") == ""
    assert browser.fetch_console_messages() == []


@pytest.mark.parametrize("name", ["since", "ids"])
def test_example_of_a_parameter_finds_dwipps(name: str, docs: DocsPage, browser: Browser) -> None:
    parameters = load_document()["paths"]["/v1/dwipps"]["get"]["parameters"]
    (example,) = next(parameter["schema"]["examples"] for parameter in parameters if parameter["name"] == name)
    docs.log_in(to_email(DEMO_HANDLE), PASSWORD)
    form = docs.open_operation("dwipps-list_dwipps")
    form.fill_in(name, example)
    response = form.execute()
    assert response.status == 200
    assert response.body["items"]
    assert browser.fetch_console_messages() == []


def test_wrong_password_shows_the_reason(docs: DocsPage, browser: Browser) -> None:
    text = docs.log_in(to_email(DEMO_HANDLE), "not the password")
    assert "Login Failed:" in text
    assert InvalidCredentialsError.detail in text
    assert "Authorized" not in text
    assert browser.get_visible_texts("//body | //*[contains(@class, 'errors-wrapper')]")[1:] == []
    assert docs.open_operation("members-read_me").execute().status == 401


def test_problem_type_links_its_explanation(docs: DocsPage, browser: Browser, address: str) -> None:
    form = docs.open_operation("dwipps-edit_dwipp")
    target = browser.get_link_target(f"{form.xpath}//tr[@data-code = '409']//a[. = 'Edit conflict']")
    assert target == f"{address}/problems#edit-conflict"
    gateway = browser.get_link_target(f"{form.xpath}//tr[@data-code = 'default']//a[. = 'Access denied']")
    assert gateway == f"{address}/problems#access-denied"
