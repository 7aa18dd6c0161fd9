"""What we want of every workflow beyond what linters ask: each rule says what it finds, in words."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from devstack.api import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))

_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_OURS = "./.github/workflows/"


def load(text: str) -> dict[str, Any]:
    """A workflow, as YAML has it: `on` is `True`."""
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def jobs(file: str) -> dict[str, Any]:
    """The jobs of one of our workflows."""
    found: dict[str, Any] = load((FOLDER / file).read_text())["jobs"]
    return found


def not_pinned(workflow: dict[str, Any]) -> list[str]:
    """Whatever can change under its name."""
    called = [job["uses"] for job in workflow["jobs"].values() if "uses" in job]
    used = [*called, *(step["uses"] for step in _steps(workflow) if "uses" in step)]
    return [name for name in used if not _PINNED.fullmatch(name) and not name.startswith(_OURS)]


def without_version(text: str) -> list[str]:
    """Digests beside which nobody reads of what; Dependabot goes by that too."""
    lines = [line for line in text.splitlines() if re.search(r"uses: \S+@", line)]
    return [line.strip() for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]


def permitted(workflow: dict[str, Any]) -> list[str]:
    """What is permitted to all jobs together, or to one that does not say what it needs."""
    found = [] if workflow["permissions"] == {} else ["all jobs"]
    return found + [name for name, job in workflow["jobs"].items() if "permissions" not in job]


def endless(workflow: dict[str, Any]) -> list[str]:
    """Jobs that may run for hours; one that calls a workflow of ours is timed there."""
    return [name for name, job in workflow["jobs"].items() if "steps" in job and "timeout-minutes" not in job]


def interpolated(workflow: dict[str, Any]) -> list[str]:
    """Scripts into which GitHub writes something: a value is handed over by the environment, or it may be a command."""
    return [step["run"] for step in _steps(workflow) if "${{" in step.get("run", "")]


def keeping_credentials(workflow: dict[str, Any]) -> list[str]:
    """Checkouts that leave the token behind for later steps."""
    checkouts = [step for step in _steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    return [step["uses"] for step in checkouts if step.get("with", {}).get("persist-credentials") is not False]


def ungated(workflow: dict[str, Any]) -> list[str]:
    """Jobs that can say to others who they are, with no environment that says who may run them."""
    signed = {name: job for name, job in workflow["jobs"].items() if "id-token" in job.get("permissions", {})}
    return [name for name, job in signed.items() if "environment" not in job and "uses" not in job]


def interruptible(workflow: dict[str, Any]) -> list[str]:
    """Jobs of an environment that another run may stop halfway."""
    held = [workflow.get("concurrency", {}), *(job.get("concurrency", {}) for job in workflow["jobs"].values())]
    deploys = any("environment" in job for job in workflow["jobs"].values())
    stopped = not any(held) or any(group.get("cancel-in-progress", False) for group in held)
    return sorted(workflow["jobs"]) if deploys and stopped else []


def _steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])


def write(folder: Path, text: str) -> Path:
    """A workflow in a repository of its own."""
    target = folder / ".github" / "workflows" / "seeded.yml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target
