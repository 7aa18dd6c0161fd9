"""What a request asked for, in the words of its route: the path's template, and the operation's name; knows no log.

Templates are looked up when they are first needed, as FastAPI makes routes: all at once would take a cold start longer.
"""

from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.types import Scope

UNMATCHED = "unmatched"


class Templates:
    """The templates of an app's paths, whole: a route by itself lacks the part that its router begins with."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, scope: Scope) -> tuple[str, str | None]:
        """The template; and the operation's name, where there is one of that method."""
        route = scope.get("route")
        if route is None:
            return _by_path(scope)
        if id(route) not in self._known:
            self._known[id(route)] = _by_route(scope, route)
        return self._known[id(route)], _operation(scope, [route])


def _by_route(scope: Scope, route: Any) -> str:
    contexts = iter_route_contexts(scope["app"].routes)
    return next((str(context.path) for context in contexts if context.original_route is route), UNMATCHED)


def _by_path(scope: Scope) -> tuple[str, str | None]:
    """Of what was answered before it was routed, as preflights are, and of pages, whose routes leave no trace."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    found = [context for context in iter_route_contexts(scope["app"].routes) if context.path_regex.match(path)]
    return str(found[0].path) if found else UNMATCHED, _operation(scope, found)


def _operation(scope: Scope, routes: list[Any]) -> str | None:
    return next((route.name for route in routes if scope["method"] in (route.methods or ())), None)
