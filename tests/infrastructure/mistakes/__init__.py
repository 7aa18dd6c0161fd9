"""Mistakes by subject. One of the rules finds each of them."""

from collections.abc import Mapping

from tests.infrastructure.mistakes import data, gateway, jobs, limits, monitoring, permissions, releases
from tests.infrastructure.mistakes.mistake import Mistake

SUBJECTS = (data, gateway, jobs, limits, monitoring, permissions, releases)
MISTAKES: Mapping[str, Mistake] = {name: mistake for subject in SUBJECTS for name, mistake in subject.MISTAKES.items()}
