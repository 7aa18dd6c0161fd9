"""Slices of the API: a slice is imported for the paths of its routes only."""

import json
import re

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Match

from app.main import create_app
from app.slices import Slice, iter_routes
from testkit.gateway import make_event
from tests.unit.test_lambda_handler import ENVIRONMENT, run_python

SLICES = [route for route in create_app().routes if isinstance(route, Slice)]
PARAMETERS = ("x", "0b8bc0a5-3f43-4a5e-8f0e-1d6f0b1c2d3e", "a\nb", "é 🦆", ".")


@pytest.mark.parametrize("slice_", SLICES, ids=lambda slice_: slice_.module)
def test_slice_covers_the_paths_of_its_routes(slice_: Slice) -> None:
    for route in slice_.routes:
        for parameter in PARAMETERS:
            assert slice_.may_match(re.sub(r"{\w+(:\w+)?}", parameter, route.path)), route.path


def _match(app: FastAPI, method: str, path: str, root_path: str = "") -> list[tuple[str, Match]]:
    """Return the modules of the slices that match a request."""
    scope = {"type": "http", "method": method, "path": root_path + path, "root_path": root_path}
    matches = [(route.module, route.matches(dict(scope))[0]) for route in app.routes if isinstance(route, Slice)]
    return [(module, match) for module, match in matches if match != Match.NONE]


@pytest.mark.parametrize("root_path", ["", "/prod"])
def test_method_of_a_later_route_wins_over_the_path_of_an_earlier_one(root_path: str) -> None:
    app = create_app()
    path = "/v1/dwipps/x"
    assert _match(app, "DELETE", path, root_path) == [("app.dwipps.router", Match.FULL)]
    assert _match(app, "BREW", path, root_path) == [("app.dwipps.router", Match.PARTIAL)]
    assert _match(app, "GET", f"{path}/", root_path) == []


def test_all_routes_are_listed_in_the_order_of_the_slices() -> None:
    paths = [route.path for route in iter_routes(create_app())]
    assert paths.index("/v1/dwipps/random") < paths.index("/v1/dwipps/{dwipp_id}")
    assert paths.index("/v1/moderation/cases") < paths.index("/v1/moderation/{rest:anything}")
    assert "/v1/me" in paths
    assert "/v1/me" not in {route.path for route in iter_routes(create_app(), "/v1/dwipps")}


LIST_SLICES = """
import json, sys
from app.lambda_handler import handler
for event in sys.argv[1:]:
    handler(json.loads(event), None)
print(sorted(name for name in sys.modules if name.startswith("app.") and name.endswith("router")))
"""
EVENTS = [
    json.dumps(make_event(httpx.Request("GET", f"https://dwipper.test{path}"), "rest"))
    for path in ("/health", "/v1/auth/login", "/v1/dwipps/x/upvote", "/v1/nothing")
]


def test_request_imports_only_its_slice() -> None:
    assert run_python(LIST_SLICES).stdout == "[]\n"
    result = run_python(LIST_SLICES, *EVENTS)
    assert result.stdout == "['app.accounts.router', 'app.dwipps.reactions_router']\n", result.stderr


def test_provisioned_function_imports_all_slices_before_its_first_request() -> None:
    """Nobody waits for such a start."""
    environment = ENVIRONMENT | {"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}
    result = run_python(LIST_SLICES, environment=environment)
    assert result.stdout == f"{sorted(slice_.module for slice_ in SLICES)}\n", result.stderr
