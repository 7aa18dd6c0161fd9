"""A mistake in a file of the deployment."""

import re
from typing import NamedTuple

from tests.infrastructure.rules import Rule


class Mistake(NamedTuple):
    """A mistake in one file, and the rule that finds it."""

    file: str
    old: str | re.Pattern[str]
    new: str
    rule: Rule
