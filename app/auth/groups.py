"""The groups of a user, from the claim `cognito:groups`.

Cognito writes a JSON list. A gateway turns it into text, in an undocumented form:

    ["a", "b"]   a token; a list is unambiguous, so its names may have any characters
    [a b]        an HTTP API, and MiniStack
    a,b          a REST API
    a            a REST API, for one group

Cognito permits commas and brackets in the name of a group, but no blanks:
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html
As text, a single group named `a,moderators` or `[moderators]` looks like membership in `moderators`. Only operators
create groups, so docs/operations.md forbids such names.
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

    The result is empty for a claim of an unknown form. That is not an error: the token is valid, and its holder has the
    rights of a member. So an unknown form can take rights away from moderators, but gives no rights to others.
    """
    if isinstance(claim, list) and all(isinstance(name, str) for name in claim):
        return frozenset(claim)
    if not isinstance(claim, str):
        return frozenset()
    if bracketed := _BRACKETED.fullmatch(claim):
        return frozenset(bracketed[1].split(" "))
    return frozenset(claim.split(",")) if _COMMA_SEPARATED.fullmatch(claim) else frozenset()
