"""The groups of a user, from the claim `cognito:groups`.

Cognito writes a JSON list. A gateway turns it into text, in a form that no documentation states:

    ["a", "b"]   a token; a list is unambiguous, so its names may have any characters
    [a b]        an HTTP API, and MiniStack
    a,b          a REST API
    a            a REST API, for one group

Cognito permits commas and brackets in the name of a group, but no blanks:
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html
As text, one group named `a,moderators` or `[moderators]` looks like the group `moderators`. Only operators create
groups, so docs/operations.md forbids such names.
"""

import re
from typing import Any

# The group of the moderators, declared in deploy/data.yml.
MODERATORS = "moderators"

_NAME = r"[^\s,\[\]]+"
_BRACKETED = re.compile(rf"\[({_NAME}(?: {_NAME})*)\]")
_COMMA_SEPARATED = re.compile(rf"{_NAME}(?:,{_NAME})*")


def parse_groups(claim: Any) -> frozenset[str]:
    """Return the names of the groups in the claim `cognito:groups`.

    A claim of any other form names no group, and is no error: the token is valid, and gives its holder the rights of a
    member. So a new form takes rights away from moderators, and never gives them to others.
    """
    if isinstance(claim, list) and all(isinstance(name, str) for name in claim):
        return frozenset(claim)
    if not isinstance(claim, str):
        return frozenset()
    if bracketed := _BRACKETED.fullmatch(claim):
        return frozenset(bracketed[1].split(" "))
    return frozenset(claim.split(",")) if _COMMA_SEPARATED.fullmatch(claim) else frozenset()
