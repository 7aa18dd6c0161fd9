"""The linters of the OpenAPI document."""

import json
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from devstack.paths import ROOT

_PROGRAMS = ROOT / "node_modules" / ".bin"

# The broken rules of each file, by file name.
Findings = dict[str, set[str]]


def run_spectral(*documents: Path) -> Findings:
    """Return the rules of .spectral.yaml that the documents break, hints included."""
    outputs = _run_linter("spectral", "lint", *map(str, documents), "--ruleset=.spectral.yaml", "--format=json")
    return _group_by_file((finding["source"], finding["code"]) for findings in outputs for finding in findings)


def run_redocly(*documents: Path) -> Findings:
    """Return the rules of redocly.yaml that the documents break, warnings included."""
    outputs = _run_linter("redocly", "lint", *map(str, documents), "--config=redocly.yaml", "--format=json")
    problems = (problem for output in outputs for problem in output["problems"])
    return _group_by_file((problem["location"][0]["source"]["ref"], problem["ruleId"]) for problem in problems)


def _group_by_file(rules: Iterable[tuple[str, str]]) -> Findings:
    findings: Findings = defaultdict(set)
    for file, rule in rules:
        findings[Path(file).name].add(rule)
    return findings


def _run_linter(name: str, *arguments: str) -> Iterator[Any]:
    """Run a linter, and yield the JSON values that it prints.

    Spectral prints one value and then text. Redocly prints one value for each document.
    """
    program = shutil.which(name, path=str(_PROGRAMS))
    assert program, f"{name} is missing. Run `npm ci`."
    result = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    # A linter that fails before it reads the documents prints no JSON.
    assert result.stdout.startswith(("[", "{")), result.stderr
    remaining = result.stdout
    while remaining.startswith(("[", "{")):
        value, end = json.JSONDecoder().raw_decode(remaining)
        yield value
        remaining = remaining[end:].lstrip()
