"""The workflows, and our rules for them beyond those of the linters. Each rule, `find_…`, returns its violations."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from devstack.paths import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))

_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_LOCAL_PREFIX = "./.github/workflows/"


def parse_workflow(text: str) -> dict[str, Any]:
    """Parse a workflow. In YAML 1.1, its key `on` becomes `True`."""
    workflow: dict[str, Any] = yaml.safe_load(text)
    return workflow


def load_jobs(file: str) -> dict[str, Any]:
    """Return the jobs of one of our workflows."""
    jobs: dict[str, Any] = parse_workflow((FOLDER / file).read_text())["jobs"]
    return jobs


def find_unpinned_actions(workflow: dict[str, Any]) -> list[str]:
    """Return the actions and workflows of other repositories that are not pinned by the hash of a commit."""
    called = [job["uses"] for job in workflow["jobs"].values() if "uses" in job]
    used = [*called, *(step["uses"] for step in _find_steps(workflow) if "uses" in step)]
    return [name for name in used if not _PINNED.fullmatch(name) and not name.startswith(_LOCAL_PREFIX)]


def find_unversioned_digests(text: str) -> list[str]:
    """Return the lines that name an action without a pinned commit and its version in a comment.

    Dependabot updates this comment.
    """
    lines = [line for line in text.splitlines() if re.search(r"uses: \S+@", line)]
    return [line.strip() for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]


def find_broad_permissions(workflow: dict[str, Any]) -> list[str]:
    """Return "all jobs" if the workflow grants permissions to all jobs, and the names of the jobs that declare none."""
    for_all = [] if workflow["permissions"] == {} else ["all jobs"]
    return for_all + [name for name, job in workflow["jobs"].items() if "permissions" not in job]


def find_jobs_without_timeout(workflow: dict[str, Any]) -> list[str]:
    """Return the jobs without a timeout. A called workflow has its own timeouts."""
    return [name for name, job in workflow["jobs"].items() if "steps" in job and "timeout-minutes" not in job]


def find_interpolated_scripts(workflow: dict[str, Any]) -> list[str]:
    """Return the scripts that contain a `${{ }}` expression.

    GitHub inserts the value of the expression into the script, so the value can be a command. Scripts must read it from
    the environment instead.
    """
    return [step["run"] for step in _find_steps(workflow) if "${{" in step.get("run", "")]


def find_persisted_credentials(workflow: dict[str, Any]) -> list[str]:
    """Return the checkouts that keep the token on the disk for later steps."""
    checkouts = [step for step in _find_steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    return [step["uses"] for step in checkouts if step.get("with", {}).get("persist-credentials") is not False]


def find_ungated_id_tokens(workflow: dict[str, Any]) -> list[str]:
    """Return the jobs that can request an ID token, but have no environment to restrict their runs.

    A job that calls a workflow is no violation, because the jobs of that workflow have the environment.
    """
    jobs = {name: job for name, job in workflow["jobs"].items() if "id-token" in job.get("permissions", {})}
    return [name for name, job in jobs.items() if "environment" not in job and "uses" not in job]


def find_cancellable_deployments(workflow: dict[str, Any]) -> list[str]:
    """Return all jobs of a workflow with an environment, if another run can cancel them halfway.

    A workflow without a concurrency group is a violation too.
    """
    groups = [workflow.get("concurrency", {}), *(job.get("concurrency", {}) for job in workflow["jobs"].values())]
    deploys = any("environment" in job for job in workflow["jobs"].values())
    is_cancellable = not any(groups) or any(group.get("cancel-in-progress", False) for group in groups)
    return sorted(workflow["jobs"]) if deploys and is_cancellable else []


def write_workflow(folder: Path, text: str) -> Path:
    """Write a workflow to a folder, as its only workflow. Return the file."""
    target = folder / ".github" / "workflows" / "seeded.yml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target


def _find_steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])
