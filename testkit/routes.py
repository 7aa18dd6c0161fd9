"""The routes of serverless.yml, and which of them API Gateway's REST API chooses for a request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).parents[1]

_ANY = "ANY"
_FILE = re.compile(r"\$\{file\((deploy/[\w.-]+)\)(?::\$\{param:\w+\})?\}")


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's own tags, such as `!Ref`, as `{tag: value}`."""


def _tagged(loader: Any, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    return {tag: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


def template(name: str) -> dict[str, Any]:
    """A file of the deployment."""
    loaded: dict[str, Any] = _Loader((_ROOT / name).read_text()).get_single_data()
    return loaded


def deployment() -> dict[str, Any]:
    """serverless.yml, with what the files that it names declare in the place of their names."""
    deployed = template("serverless.yml")
    entries = enumerate(deployed["resources"], 1)
    deployed["resources"] = {f"{number}. {_name(entry)}": _declared(entry) for number, entry in entries}
    return deployed


def _name(entry: Any) -> str:
    """The file that an entry of the resources names; what stands there itself has none.

    Raises:
        ValueError: where it is of any other kind, which nobody looks at here.
    """
    if isinstance(entry, Mapping):
        return "serverless.yml"
    if named := _FILE.fullmatch(entry):
        return named[1]
    raise ValueError(f"This is of a kind that is not looked at: {entry}")


def _declared(entry: Any) -> dict[str, Any]:
    """The resources that an entry declares, whatever a parameter chooses of them; without a type what it changes.

    JavaScript is not run, but read: a resource has a type, and what osls makes of an event has a name.
    """
    name = _name(entry)
    if name.endswith(".js"):
        text = (_ROOT / name).read_text()
        types = {found: {"Type": found} for found in re.findall(r"AWS::\w+::\w+", text)}
        return types | {found: {} for found in re.findall(r"ApiGateway(?:Authorizer|Method|Resource)\w+", text)}
    loaded = entry if isinstance(entry, Mapping) else template(name)
    variants = [loaded, *(value for value in loaded.values() if isinstance(value, Mapping))]
    changed: dict[str, Any] = {found: {} for variant in variants for found in variant.get("extensions", ())}
    return changed | {found: each for variant in variants for found, each in variant.get("Resources", {}).items()}


@dataclass(frozen=True, slots=True)
class Route:
    """A path of segments, a method or `ANY`, and what its event says of an authorizer."""

    segments: tuple[str, ...]
    method: str
    authorizer: Any

    @property
    def requires_member(self) -> bool:
        """Whether only who has an access token of the pool's passes."""
        return isinstance(self.authorizer, Mapping) and (
            self.authorizer.get("type") == "COGNITO_USER_POOLS"
            and self.authorizer.get("authorizerId") == {"Ref": "Authorizer"}
            and self.authorizer.get("scopes") == ["aws.cognito.signin.user.admin"]
        )

    @property
    def rank(self) -> list[int]:
        """What is written out comes before a parameter, a parameter before all that follows."""
        return [2 if _is_greedy(segment) else int(_is_parameter(segment)) for segment in self.segments]

    def takes(self, asked: Sequence[str]) -> bool:
        for number, segment in enumerate(self.segments):
            if number >= len(asked):
                return False
            if _is_greedy(segment):
                return True
            if not _is_parameter(segment) and segment != asked[number]:
                return False
        return len(asked) == len(self.segments)


def routes(deployed: Mapping[str, Any]) -> Iterator[Route]:
    """All of them, of all functions.

    Raises:
        ValueError: where a function is reached by anything else than `http`, which nobody looks at here.
    """
    for function in deployed["functions"].values():
        if "url" in function:
            raise ValueError("A function URL is in front of no authorizer.")
        for event in function["events"]:
            if list(event) != ["http"] or not isinstance(event["http"], Mapping):
                raise ValueError(f"This event is of a kind that is not looked at: {event}")
            http = event["http"]
            yield Route(_segments(http["path"]), http["method"].upper(), http.get("authorizer"))


def select_route(all_routes: Sequence[Route], method: str, path: str) -> Route | None:
    """The route that takes a request: the most specific path first, and then its own method before `ANY`."""
    taking = [route for route in all_routes if route.takes(_segments(path))]
    best = min((route.rank for route in taking), default=None)
    by_method = {route.method: route for route in taking if route.rank == best}
    return by_method.get(method, by_method.get(_ANY))


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _is_greedy(segment: str) -> bool:
    return segment.endswith("+}")
