"""The patterns of metric filters for JSON: comparisons with `=` and `!=`, joined by `&&` or by `||`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

Line = Mapping[str, str]

_COMPARISON = re.compile(r'\$\.(\w+) (!?=) "([^"]*)"')


class PatternError(Exception):
    """The model does not support the pattern."""


def parse_pattern(pattern: str) -> Callable[[Line], bool]:
    """Return a function that says whether a line of the log matches. A missing field matches no comparison.

    Raises:
        PatternError: if the pattern has another form.
    """
    inner = pattern.removeprefix("{").removesuffix("}").strip()
    operators = set(re.findall(r"&&|\|\|", inner))
    if f"{{ {inner} }}" != pattern or len(operators) > 1:
        raise PatternError(pattern)
    comparisons = [_parse_comparison(part) for part in re.split(r" (?:&&|\|\|) ", inner)]
    combine = any if operators == {"||"} else all
    return lambda line: combine(matches(line) for matches in comparisons)


def _parse_comparison(text: str) -> Callable[[Line], bool]:
    match = _COMPARISON.fullmatch(text)
    if match is None or set(match[3]) & set("?["):
        raise PatternError(text)
    name, operator, value = match.groups()
    return lambda line: name in line and fnmatchcase(line[name], value) is (operator == "=")
