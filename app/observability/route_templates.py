"""Route templates: the path template and the operation of a request.

FastAPI builds routes on first use. Templates are therefore resolved on first use too, which keeps cold starts short.
"""

from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.types import Scope

UNMATCHED = "unmatched"


class RouteTemplates:
    """The full path templates of requests. A route alone lacks the prefix of its router."""

    def __init__(self) -> None:
        self._templates: dict[int, str] = {}

    def resolve(self, scope: Scope) -> tuple[str, str | None]:
        """Return the path template and the operation's name, None if no operation has the method."""
        route = scope.get("route")
        if route is None:
            return _by_path(scope)
        if id(route) not in self._templates:
            self._templates[id(route)] = _by_route(scope, route)
        return self._templates[id(route)], _operation(scope, [route])


def _by_route(scope: Scope, route: Any) -> str:
    contexts = iter_route_contexts(scope["app"].routes)
    return next((str(context.path) for context in contexts if context.original_route is route), UNMATCHED)


def _by_path(scope: Scope) -> tuple[str, str | None]:
    """Resolve requests without a route: those that middleware responds to, such as preflights, and pages."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path.endswith("\n"):  # Such a path is 404, although a parameter of a path can match a line feed.
        return UNMATCHED, None
    matches = [context for context in iter_route_contexts(scope["app"].routes) if context.path_regex.fullmatch(path)]
    return str(matches[0].path) if matches else UNMATCHED, _operation(scope, matches)


def _operation(scope: Scope, routes: list[Any]) -> str | None:
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return next((route.name for route in routes if method in (route.methods or ())), None)
