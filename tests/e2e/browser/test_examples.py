"""Every operation is tried from the docs page as it stands there, on the demo data, and succeeds.

What no example can know (the code's registration, a session's token) is in the form by then: answers fill forms in.
"""

from collections.abc import Mapping, Sequence

import pytest

from app.main import create_app
from devstack.seed_content import DEMO, PASSWORD, email
from testkit.doubles import SETTINGS
from tests.e2e.browser.browser import Browser
from tests.e2e.browser.docs_page import DocsPage

FOR_EVERYBODY = {
    "service": ("read_health",),
    "auth": (
        *("register", "resend", "confirm", "login", "refresh", "logout", "token"),
        *("forgot_password", "reset_password"),
    ),
}
FOR_MEMBERS = {
    "dwipps": ("list_dwipps", "read_dwipp", "edit_dwipp"),
    "reactions": tuple(f"{wish}_{what}" for what in ("upvote", "favorite") for wish in ("toggle", "set", "clear")),
    "members": (
        *("read_me", "export_me", "list_my_dwipps", "list_my_favorites"),
        *("read_member", "list_dwipps_of_member"),
    ),
}
# In this order, since what was created is what is deleted.
OF_ONE_S_OWN = {"dwipps": ("create_dwipp", "delete_dwipp")}
# By whom the examples register, so that the demo account is still there for other tests.
NEWCOMER = "kay@example.org"
LEADING_OUT = ("change_password", "log_out_everywhere", "delete_me")


def _ids(operations: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{tag}-{name}" for tag, names in operations.items() for name in names]


def _try(docs: DocsPage, names: list[str]) -> dict[str, int]:
    """What they answer that does not succeed."""
    answers = {}
    for name in names:
        operation = docs.operation(name)
        answers[name] = operation.execute().status
        operation.close()
    return {name: status for name, status in answers.items() if not 200 <= status < 300}


def test_none_is_left_out() -> None:
    paths = create_app(SETTINGS).openapi()["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]
    tried = [*_ids(FOR_EVERYBODY), *_ids(FOR_MEMBERS), *_ids(OF_ONE_S_OWN), *(f"members-{one}" for one in LEADING_OUT)]
    assert sorted(tried) == sorted(f"{one['tags'][0]}-{one['operationId']}" for one in operations)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_example_succeeds(docs: DocsPage, browser: Browser, address: str) -> None:
    assert _try(docs, _ids(FOR_EVERYBODY)) == {}
    docs.log_in(email(DEMO), PASSWORD)
    assert _try(docs, _ids(FOR_MEMBERS)) == {}
    assert _try(docs, _ids(OF_ONE_S_OWN)) == {}
    for name in LEADING_OUT:
        docs.log_out()
        docs.log_in(NEWCOMER, PASSWORD)
        assert _try(docs, [f"members-{name}"]) == {}
    browser.was_quiet(address)
