"""Parameters that do not go together are named, with the reason."""

from typing import Any

from app.dwipps.listing_query import ListingQuery
from testkit.operations import load_document

_ID = "01890a5d-ac96-774b-bcce-b302099a8057"


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
