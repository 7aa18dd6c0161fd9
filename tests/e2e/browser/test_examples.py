"""Every operation succeeds on the docs page with its example and the demo data.

Examples cannot contain values of this run, such as a registration or a token. The page takes these from earlier
responses.
"""

from collections.abc import Mapping, Sequence

import pytest

from app.main import create_app
from devstack.seed_content import DEMO_HANDLE, MODERATOR_EMAIL, PASSWORD, to_email
from testkit.doubles import SETTINGS
from tests.e2e.browser.browser import Browser
from tests.e2e.browser.docs_page import DocsPage

PUBLIC_OPERATIONS = {
    "service": ("read_health",),
    "auth": (
        *("register", "resend", "confirm", "login", "refresh", "logout", "token"),
        *("forgot_password", "reset_password"),
    ),
}
MEMBER_OPERATIONS = {
    "dwipps": ("list_dwipps", "read_random_dwipp", "read_dwipp", "edit_dwipp"),
    "reactions": tuple(
        f"{change}_{reaction}" for reaction in ("upvote", "favorite") for change in ("toggle", "set", "clear")
    ),
    "members": (
        *("read_me", "export_me", "list_my_dwipps", "list_my_favorites", "list_my_upvotes"),
        *("read_member", "list_dwipps_of_member"),
    ),
    "safety": ("report_dwipp", "withdraw_report", "block_member", "list_my_blocks", "unblock_member"),
}
MODERATOR_OPERATIONS = {
    "moderation": (
        *("list_cases", "read_case", "decide_case", "list_log"),
        *("suspend_member", "read_record", "lift_suspension"),
    ),
}
# In this order, because the second operation deletes the Dwipp of the first one.
OWN_DWIPP_OPERATIONS = {"dwipps": ("create_dwipp", "delete_dwipp")}
# The examples register this email, so that the demo account remains for other tests.
NEWCOMER = "kay@example.org"
# Each of these operations ends the session.
SESSION_ENDING_OPERATIONS = ("change_password", "log_out_everywhere", "delete_me")


def _list_ids(operations: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{tag}-{name}" for tag, names in operations.items() for name in names]


def _find_failures(docs: DocsPage, names: list[str]) -> dict[str, int]:
    """Execute operations, and return the statuses of those that failed."""
    statuses = {}
    for name in names:
        form = docs.open_operation(name)
        statuses[name] = form.execute().status
        form.close()
    return {name: status for name, status in statuses.items() if not 200 <= status < 300}


def test_every_operation_is_tried() -> None:
    paths = create_app(SETTINGS).openapi()["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]
    tried = [*_list_ids(PUBLIC_OPERATIONS), *_list_ids(MEMBER_OPERATIONS), *_list_ids(OWN_DWIPP_OPERATIONS)]
    tried += _list_ids(MODERATOR_OPERATIONS)
    tried += [f"members-{name}" for name in SESSION_ENDING_OPERATIONS]
    assert sorted(tried) == sorted(f"{operation['tags'][0]}-{operation['operationId']}" for operation in operations)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_example_succeeds(docs: DocsPage, browser: Browser, address: str) -> None:
    assert _find_failures(docs, _list_ids(PUBLIC_OPERATIONS)) == {}
    docs.log_in(to_email(DEMO_HANDLE), PASSWORD)
    assert _find_failures(docs, _list_ids(MEMBER_OPERATIONS)) == {}
    assert _find_failures(docs, _list_ids(OWN_DWIPP_OPERATIONS)) == {}
    docs.log_out()
    docs.log_in(MODERATOR_EMAIL, PASSWORD)
    assert _find_failures(docs, _list_ids(MODERATOR_OPERATIONS)) == {}
    for name in SESSION_ENDING_OPERATIONS:
        docs.log_out()
        docs.log_in(NEWCOMER, PASSWORD)
        assert _find_failures(docs, [f"members-{name}"]) == {}
    browser.assert_no_errors(address)
