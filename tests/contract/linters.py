"""The linters of the document, as a shell would start them in this repository; what they find, by document."""

import json
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from devstack.api import ROOT

_PROGRAMS = ROOT / "node_modules" / ".bin"

Findings = dict[str, set[str]]


def spectral(*documents: Path) -> Findings:
    """Which rules of .spectral.yaml documents break, hints included, by the name of the file."""
    found = _printed("spectral", "lint", *map(str, documents), "--ruleset=.spectral.yaml", "--format=json")
    return _by_file((finding["source"], finding["code"]) for findings in found for finding in findings)


def redocly(*documents: Path) -> Findings:
    """Which rules of redocly.yaml documents break, warnings included, by the name of the file."""
    found = _printed("redocly", "lint", *map(str, documents), "--config=redocly.yaml", "--format=json")
    problems = (problem for of_document in found for problem in of_document["problems"])
    return _by_file((problem["location"][0]["source"]["ref"], problem["ruleId"]) for problem in problems)


def _by_file(found: Iterable[tuple[str, str]]) -> Findings:
    findings: Findings = defaultdict(set)
    for file, rule in found:
        findings[Path(file).name].add(rule)
    return findings


def _printed(name: str, *words: str) -> Iterator[Any]:
    """What is printed as JSON: by Spectral once, and then words; by Redocly once for each document."""
    program = shutil.which(name, path=str(_PROGRAMS))
    assert program, f"{name} is missing: npm ci brings it."
    done = subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    # A linter that does not come as far as linting prints no JSON.
    assert done.stdout.startswith(("[", "{")), done.stderr
    printed = done.stdout
    while printed.startswith(("[", "{")):
        value, end = json.JSONDecoder().raw_decode(printed)
        yield value
        printed = printed[end:].lstrip()
