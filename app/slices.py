"""Slices of the API: the routes of one router, whose module is imported when a request needs it.

A cold start of the Lambda function answers one request, which needs the routes, models and repositories of one slice.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import import_module

from fastapi import FastAPI
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send


class Slice(BaseRoute):
    """The routes of the variable `router` of a module.

    Args:
        module: the name of the module.
        paths: a regular expression that matches all paths of the routes, and few others.
    """

    def __init__(self, module: str, paths: str) -> None:
        self.module = module
        self._paths = re.compile(paths, re.DOTALL)

    @cached_property
    def routes(self) -> Sequence[Route]:
        """Return the routes. The first call imports the module."""
        routes: Sequence[Route] = import_module(self.module).router.routes
        return routes

    def may_match(self, path: str) -> bool:
        """Return False if no route has this path."""
        return self._paths.fullmatch(path) is not None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return the match of the first route with the path and the method, or else of the first one with the path."""
        best: tuple[Match, Scope] = Match.NONE, {}
        if scope["type"] == "http" and self.may_match(route_path(scope)):
            for route in self.routes:
                match, child_scope = route.matches(scope)
                if match.value > best[0].value:
                    best = match, child_scope
        return best

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the matched route answer the request."""
        await scope["route"].handle(scope, receive, send)


def import_slices(app: FastAPI) -> None:
    """Import all slices of an app now, so that no request waits for an import."""
    for route in app.routes:
        if isinstance(route, Slice):
            _ = route.routes


def route_path(scope: Scope) -> str:
    """Return the path of a request without the prefix that the app is served below."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def iter_routes(app: FastAPI, path: str | None = None) -> Iterator[Route]:
    """Yield the routes of an app in their order, those of its slices included.

    Args:
        app: the app.
        path: a path, to leave out slices that do not match it.
    """
    for route in app.routes:
        if isinstance(route, Route):
            yield route
        elif isinstance(route, Slice) and (path is None or route.may_match(path)):
            yield from route.routes
