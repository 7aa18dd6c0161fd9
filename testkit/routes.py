"""The routes of serverless.yml, and the route that API Gateway's REST API selects for a request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devstack.paths import ROOT
from testkit.templates import load_template

_ANY = "ANY"
_FILE_REFERENCE = re.compile(r"\$\{file\((deploy/[\w.-]+)\)(?::\$\{param:\w+\})?\}")


def load_deployment() -> dict[str, Any]:
    """Return serverless.yml, with the resources of each file of the deployment by a key that names the file.

    The files are those that serverless.yml refers to, its plugins, and the stack of the data.
    """
    deployed = load_template(ROOT / "serverless.yml")
    others = ["deploy/data.yml", *(plugin.removeprefix("./") for plugin in deployed.get("plugins", ()))]
    references = [f"${{file({other})}}" for other in others if (ROOT / other).exists()]
    entries = enumerate([*deployed["resources"], *references], 1)
    deployed["resources"] = {f"{number}. {_get_file_name(entry)}": _load_resources(entry) for number, entry in entries}
    return deployed


def _get_file_name(entry: Any) -> str:
    """Return the file of an entry of `resources`, serverless.yml for inline resources.

    Raises:
        ValueError: if the entry is neither inline nor a reference to a file in `deploy`.
    """
    if isinstance(entry, Mapping):
        return "serverless.yml"
    if reference := _FILE_REFERENCE.fullmatch(entry):
        return reference[1]
    raise ValueError(f"unsupported entry of `resources`: {entry}")


def _load_resources(entry: Any) -> dict[str, Any]:
    """Return the resources of an entry, for all values of its parameters. Resources under `extensions` have no type.

    JavaScript is not run. It is searched for types of resources, and for names that osls gives to resources of events.
    """
    file = _get_file_name(entry)
    if file.endswith(".js"):
        text = (ROOT / file).read_text()
        types = {match: {"Type": match} for match in re.findall(r"AWS::\w+::\w+", text)}
        return types | {name: {} for name in re.findall(r"ApiGateway(?:Authorizer|Method|Resource)\w+", text)}
    loaded = entry if isinstance(entry, Mapping) else load_template(ROOT / file)
    variants = [loaded, *(value for value in loaded.values() if isinstance(value, Mapping))]
    extended: dict[str, Any] = {
        name: resource for variant in variants for name, resource in variant.get("extensions", {}).items()
    }
    return extended | {
        name: resource for variant in variants for name, resource in variant.get("Resources", {}).items()
    }


@dataclass(frozen=True, slots=True)
class Route:
    """A route: the segments of its path, its method or `ANY`, and the authorizer of its event."""

    segments: tuple[str, ...]
    method: str
    authorizer: Any

    @property
    def requires_member(self) -> bool:
        """Return True if the authorizer requires an access token of the user pool."""
        return isinstance(self.authorizer, Mapping) and (
            self.authorizer.get("type") == "COGNITO_USER_POOLS"
            and self.authorizer.get("authorizerId") == {"Ref": "Authorizer"}
            and self.authorizer.get("scopes") == ["aws.cognito.signin.user.admin"]
        )

    @property
    def rank(self) -> list[int]:
        """Return a sort key, the most specific route first: literal segments, parameters, greedy parameters."""
        return [2 if _is_greedy(segment) else int(_is_parameter(segment)) for segment in self.segments]

    def matches(self, segments: Sequence[str]) -> bool:
        """Return True if the route matches a path with these segments."""
        for number, segment in enumerate(self.segments):
            if number >= len(segments):
                return False
            if _is_greedy(segment):
                return True
            if not _is_parameter(segment) and segment != segments[number]:
                return False
        return len(segments) == len(self.segments)


# The function that serves HTTP, and the events that the other functions may have. No client can send these events.
_API = "api"
_INTERNAL_EVENTS = frozenset({"schedule", "sqs"})


def iter_routes(deployed: Mapping[str, Any]) -> Iterator[Route]:
    """Yield the routes of all functions.

    Raises:
        ValueError: if a function has a URL, if the API has an event other than `http`, or if another function has an
            event that a client could send. Each of these could bypass the authorizer.
    """
    for name, function in deployed["functions"].items():
        if "url" in function:
            raise ValueError("a function URL bypasses the authorizer")
        for event in function["events"]:
            if name != _API and len(event) == 1 and event.keys() <= _INTERNAL_EVENTS:
                continue
            if name != _API or list(event) != ["http"] or not isinstance(event["http"], Mapping):
                raise ValueError(f"unsupported event: {event}")
            http = event["http"]
            yield Route(_split_path(http["path"]), http["method"].upper(), http.get("authorizer"))


def select_route(all_routes: Sequence[Route], method: str, path: str) -> Route | None:
    """Return the route of a request. None if there is none.

    The most specific path wins, and then the method itself before `ANY`.
    """
    matching = [route for route in all_routes if route.matches(_split_path(path))]
    best = min((route.rank for route in matching), default=None)
    by_method = {route.method: route for route in matching if route.rank == best}
    return by_method.get(method, by_method.get(_ANY))


def _split_path(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _is_greedy(segment: str) -> bool:
    return segment.endswith("+}")
