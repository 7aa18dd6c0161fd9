"""Each write of a member has a limit, and each route with a limit documents the error beyond it."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.limits import dependencies
from app.main import create_app
from app.openapi.problem_responses import SLUGS_KEY
from app.slices import iter_routes

# Accounts and sessions have the limits of Cognito and of the firewall.
UNLIMITED_PREFIXES = ("/v1/auth/", "/v1/me")
ROUTES = [route for route in iter_routes(create_app()) if isinstance(route, APIRoute) and route.path.startswith("/v1/")]


def _iter_calls(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _iter_calls(each)


def _has_limit(route: APIRoute) -> bool:
    return any(getattr(call, "__module__", "") == dependencies.__name__ for call in _iter_calls(route.dependant))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_write_has_a_documented_limit(route: APIRoute) -> None:
    # A route without methods refuses all of them.
    is_write = bool((route.methods or set()) - {"GET"}) and not route.path.startswith(UNLIMITED_PREFIXES)
    assert _has_limit(route) is is_write, "Write in `with limit.count_write():` (app/limits/dependencies.py)."
    slugs = route.responses.get(429, {}).get(SLUGS_KEY, [])
    assert ("rate-limited" in slugs) is is_write, "Declare LIMITED_MEMBER_ERRORS in the route's responses."
