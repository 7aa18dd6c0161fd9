"""Parameters choose the list, over each kind of API Gateway. Parameters that do not go together are named."""

from typing import Any
from unittest.mock import ANY, Mock, call

import httpx
import pytest

from app.api_gateway import make_handler
from app.dwipps.feed import Feed
from app.dwipps.listing_query import ListingQuery
from app.dwipps.schemas import DwippPage
from app.main import create_app
from app.pagination.cursors import PageRequest
from testkit.doubles import SETTINGS
from testkit.forged_tokens import make_valid_claims
from testkit.gateway import GATEWAY_KINDS, GatewayKind, make_event, to_response
from testkit.operations import load_document

_ID, _OTHER_ID = "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058"


@pytest.mark.parametrize("kind", GATEWAY_KINDS)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=3", call.list_recent(ANY, PageRequest(3))),
        ("sort=new&cursor=x", call.list_recent(ANY, PageRequest(20, "x"))),
        (f"since={_ID.upper()}&cursor=x", call.list_since(ANY, _ID, PageRequest(20, "x"))),
        (f"ids={_ID.upper()},{_OTHER_ID}", call.list_by_ids(ANY, [_ID, _OTHER_ID])),
        (f"ids={_ID}%2C{_OTHER_ID}", call.list_by_ids(ANY, [_ID, _OTHER_ID])),
        (f"ids={_ID}&ids={_OTHER_ID}", None),
        (f"ids={_ID}&limit=3", None),
        ("sort=top", call.list_ranked(ANY, "day", PageRequest(20))),
        ("sort=top&period=all&limit=3&cursor=x", call.list_ranked(ANY, "all", PageRequest(3, "x"))),
        ("sort=hot", call.list_ranked(ANY, "hot", PageRequest(20))),
        ("sort=hot&period=day", None),
        (f"sort=top&since={_ID}", None),
    ],
)
def test_parameters_choose_the_list(query: str, expected: Any, kind: GatewayKind) -> None:
    app, feed, page = create_app(SETTINGS), Mock(Feed), DwippPage(items=[], next_cursor=None)
    for method in (feed.list_recent, feed.list_since, feed.list_by_ids, feed.list_ranked):
        method.return_value = page
    app.state.container.feed = feed
    request = httpx.Request("GET", f"https://dwipper.test/v1/dwipps?{query}")
    response = to_response(make_handler(app)(make_event(request, kind, make_valid_claims()), None))
    assert response.status_code == (200 if expected else 422)
    assert feed.mock_calls == ([expected] if expected else [])


def test_since_needs_the_order_by_time() -> None:
    top: Any = "top"
    query = ListingQuery.model_construct(sort=top, since=_ID)
    assert dict(query.find_conflicts(["sort", "since"])) == {"since": "This parameter is allowed with `sort=new` only."}


def test_parameters_beside_ids_are_named_once() -> None:
    query = ListingQuery(ids=_ID)
    assert [name for name, _ in query.find_conflicts(["x", "ids", "a", "x"])] == ["a", "x"]
    assert not list(query.find_conflicts(["ids"]))


def test_document_has_no_defaults_and_no_null() -> None:
    operation = load_document()["paths"]["/v1/dwipps"]["get"]
    for parameter in operation["parameters"]:
        assert parameter["schema"].keys().isdisjoint({"default", "anyOf"}), parameter["name"]
