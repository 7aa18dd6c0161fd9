"""Stories: programs in which a member uses the API through a generated client."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from testkit.processes import run_command
from tests.e2e.clients.conftest import RunningApi


def run_story(command: Sequence[str | Path], api: RunningApi) -> None:
    """Run a story with a new email. Raises AssertionError if a step fails."""
    email = f"{secrets.token_hex(6)}@example.org"
    assert run_command([*command, api.url, api.code, api.reset_code, email]) == "done\n"


def plant_mistake(source: Path, target: Path, mistake: tuple[str, str]) -> None:
    """Copy a story, with its first text replaced by the second. Raises AssertionError if the story lacks the text."""
    correct, wrong = mistake
    story = source.read_text()
    assert correct in story
    target.write_text(story.replace(correct, wrong))
