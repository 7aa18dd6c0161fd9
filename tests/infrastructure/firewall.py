"""A model of AWS WAF: which requests the rate rules of a web ACL block.

It knows the statements that deploy/firewall.yml uses, and fails on others.
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
"""

import posixpath
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

# https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html
_TRANSFORMATIONS: Mapping[str, Callable[[str], str]] = {
    "NONE": str,
    "LOWERCASE": str.lower,
    "NORMALIZE_PATH": lambda path: posixpath.normpath(path).replace("//", "/"),
    "URL_DECODE": unquote,
}
_CONSTRAINTS: Mapping[str, Callable[[str, str], bool]] = {
    "CONTAINS": str.__contains__,
    "ENDS_WITH": str.endswith,
    "EXACTLY": str.__eq__,
    "STARTS_WITH": str.startswith,
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the firewall sees it.

    Attributes:
        path: the path, encoded, with the stage.
        second: the time in seconds.
    """

    method: str
    path: str
    address: str = "203.0.113.7"
    second: float = 0.0


class Firewall:
    """The rate rules of a web ACL. Call `blocks` once for each request, in the order of their times."""

    def __init__(self, rules: Iterable[Mapping[str, Any]]) -> None:
        self._rules = [_RateRule(rule) for rule in sorted(rules, key=lambda rule: rule["Priority"])]

    def blocks(self, request: Request) -> bool:
        """Count a request. Return True if a rule blocks it. The rules after that one do not count it."""
        return any(rule.blocks(request) for rule in self._rules)

    def count_blocked(self, requests: Iterable[Request]) -> int:
        """Return the number of these requests that are blocked."""
        return sum(self.blocks(request) for request in requests)


class _RateRule:
    """A rate rule, with the times of the requests that it counts, by address."""

    def __init__(self, rule: Mapping[str, Any]) -> None:
        rate = rule["Statement"]["RateBasedStatement"]
        assert rate["AggregateKeyType"] == "IP"
        self._is_blocking = rule["Action"] == {"Block": {}}
        self._window: float = rate["EvaluationWindowSec"]
        self._limit: int = rate["Limit"]
        self._scope = rate.get("ScopeDownStatement")
        self._counted: dict[str, deque[float]] = {}

    def blocks(self, request: Request) -> bool:
        if self._scope and not matches(self._scope, request):
            return False
        times = self._counted.setdefault(request.address, deque())
        while times and times[0] <= request.second - self._window:
            times.popleft()
        times.append(request.second)
        return self._is_blocking and len(times) > self._limit


def matches(statement: Mapping[str, Any], request: Request) -> bool:
    """Return True if a request matches a statement that is no rate rule."""
    ((kind, content),) = statement.items()
    if kind == "AndStatement":
        return all(matches(each, request) for each in content["Statements"])
    if kind == "OrStatement":
        return any(matches(each, request) for each in content["Statements"])
    if kind == "NotStatement":
        return not matches(content["Statement"], request)
    assert kind == "ByteMatchStatement", f"the model does not know {kind}"
    return _matches_bytes(content, request)


def _matches_bytes(content: Mapping[str, Any], request: Request) -> bool:
    (field,) = content["FieldToMatch"]
    value = {"UriPath": request.path, "Method": request.method}[field]
    for transformation in sorted(content["TextTransformations"], key=lambda each: each["Priority"]):
        value = _TRANSFORMATIONS[transformation["Type"]](value)
    return _CONSTRAINTS[content["PositionalConstraint"]](value, content["SearchString"])
