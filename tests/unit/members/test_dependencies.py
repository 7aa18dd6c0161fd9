"""Each route that refuses suspended members documents the refusal, and no other route does."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.main import create_app
from app.members import dependencies
from app.openapi.problem_responses import SLUGS_KEY
from app.slices import iter_routes

ROUTES = [route for route in iter_routes(create_app()) if isinstance(route, APIRoute) and route.include_in_schema]


def _iter_calls(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _iter_calls(each)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_refusal_of_suspended_members_is_documented(route: APIRoute) -> None:
    refuses = dependencies._active_member in _iter_calls(route.dependant)
    slugs = route.responses.get(403, {}).get(SLUGS_KEY, [])
    assert ("suspended" in slugs) is refuses, "Declare LIMITED_ACTIVE_MEMBER_ERRORS if the route needs an ActiveMember."
