"""Route templates: the path template and the operation of a request."""

from collections.abc import Iterable

from starlette.routing import Route
from starlette.types import Scope

from app.slices import iter_routes, route_path

UNMATCHED = "unmatched"


def resolve_template(scope: Scope) -> tuple[str, str | None]:
    """Return the path template and the operation's name, None if no operation has the method."""
    routes = [scope["route"]] if "route" in scope else _find_routes(scope)
    return str(routes[0].path) if routes else UNMATCHED, _operation(scope, routes)


def _find_routes(scope: Scope) -> list[Route]:
    """Find the routes of a request that middleware responded to, such as a preflight, or of a page."""
    path = route_path(scope)
    if path.endswith("\n"):  # Such a path is 404, although a parameter of a path can match a line feed.
        return []
    return [route for route in iter_routes(scope["app"], path) if route.path_regex.fullmatch(path)]


def _operation(scope: Scope, routes: Iterable[Route]) -> str | None:
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return next((route.name for route in routes if method in (route.methods or ())), None)
