"""The workflows do what they say and nothing else, and a mistake in one would be found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devstack.api import ROOT
from tests.infrastructure import linters, workflows

_SOUND = """\
name: Seeded
on:
  issues:
    types: [opened]
permissions: {}
concurrency:
  group: seeded
  cancel-in-progress: false
jobs:
  only:
    name: Only
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    environment: dev
    permissions:
      contents: read # to check out
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - run: echo "$TITLE"
        env:
          TITLE: ${{ github.event.issue.title }}
"""
_UNPINNED = ("08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "v5")
_INJECTED = ('echo "$TITLE"', 'echo "${{ github.event.issue.title }}"')
_KEPT = ("persist-credentials: false", "fetch-depth: 1")
_EVERYTHING = ("permissions: {}\n", "permissions: write-all\n")
_UNNAMED = ("    permissions:\n      contents: read # to check out\n", "")
_SIGNED = ("    environment: dev\n    permissions:\n", "    permissions:\n      id-token: write # to sign\n")

_RULES: dict[Callable[[dict[str, Any]], list[str]], tuple[str, str]] = {
    workflows.not_pinned: _UNPINNED,
    workflows.permitted: _EVERYTHING,
    workflows.endless: ("    timeout-minutes: 5\n", ""),
    workflows.interpolated: _INJECTED,
    workflows.keeping_credentials: _KEPT,
    workflows.ungated: _SIGNED,
    workflows.interruptible: ("cancel-in-progress: false", "cancel-in-progress: true"),
}


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: str(rule.__name__))
class TestRule:
    @pytest.mark.parametrize("file", workflows.FILES, ids=lambda file: file.name)
    def test_every_workflow_keeps_it(self, rule: Callable[[dict[str, Any]], list[str]], file: Path) -> None:
        assert rule(workflows.load(file.read_text())) == []

    def test_a_breach_would_be_found(self, rule: Callable[[dict[str, Any]], list[str]]) -> None:
        assert rule(workflows.load(_SOUND)) == []
        assert rule(workflows.load(_SOUND.replace(*_RULES[rule]))) != []


def test_a_job_that_does_not_say_what_it_needs_would_be_found() -> None:
    assert workflows.permitted(workflows.load(_SOUND.replace(*_UNNAMED))) == ["only"]


def test_beside_every_digest_stands_the_version() -> None:
    assert [line for file in workflows.FILES for line in workflows.without_version(file.read_text())] == []
    assert workflows.without_version(_SOUND.replace(" # v5.0.0", "")) != []


@pytest.mark.slow
class TestZizmor:
    def test_it_finds_nothing(self) -> None:
        assert linters.zizmor(ROOT / ".github") == []

    @pytest.mark.parametrize(
        ("mistake", "rule"),
        [
            (_UNPINNED, "unpinned-uses"),
            (_INJECTED, "template-injection"),
            (_KEPT, "artipacked"),
            (_EVERYTHING, "excessive-permissions"),
            (("permissions: {}\n", ""), "excessive-permissions"),
        ],
    )
    def test_it_would_find(self, mistake: tuple[str, str], rule: str, tmp_path: Path) -> None:
        assert linters.zizmor(workflows.write(tmp_path, _SOUND).parent) == []
        assert rule in linters.zizmor(workflows.write(tmp_path, _SOUND.replace(*mistake)).parent)


@pytest.mark.slow
class TestActionlint:
    def test_it_finds_nothing(self) -> None:
        assert linters.actionlint(*workflows.FILES) == []

    @pytest.mark.parametrize(
        ("mistake", "said"),
        [
            (("timeout-minutes", "timeout-minuets"), "timeout-minuets"),
            (("ubuntu-24.04", "ubuntu-24.40"), "ubuntu-24.40"),
            (("github.event", "github.evnt"), "evnt"),
            (('"$TITLE"', "$TITLE"), "SC2086"),
            (("    steps:", "    needs: nobody\n    steps:"), "nobody"),
        ],
    )
    def test_it_would_find(self, mistake: tuple[str, str], said: str, tmp_path: Path) -> None:
        assert linters.actionlint(workflows.write(tmp_path, _SOUND)) == []
        (found, *_) = linters.actionlint(workflows.write(tmp_path, _SOUND.replace(*mistake)))
        assert said in found
