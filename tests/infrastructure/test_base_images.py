"""The base images are pinned by digest, in the form that Dependabot renews, and fit both architectures."""

import re

import pytest
import yaml

from devstack.paths import ROOT
from testkit.templates import load_template
from tests.infrastructure import workflows

_DOCKERFILE = (ROOT / "Dockerfile").read_text()
_DEPENDABOT = (ROOT / ".github" / "dependabot.yml").read_text()
# Dependabot reads literal names only: https://github.com/dependabot/dependabot-core/blob/main/docker
_PINNED = re.compile(r"[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}")


def _find_unpinned_images(dockerfile: str) -> list[str]:
    """Return the images that a Dockerfile uses, except for its own stages and for those with a tag and a digest."""
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", dockerfile, re.MULTILINE))
    used = re.findall(r"^FROM (\S+)|--from=(\S+)", dockerfile, re.MULTILINE)
    images = {image or source for image, source in used} - stages
    return sorted(image for image in images if not _PINNED.fullmatch(image))


def test_every_base_image_has_a_tag_and_a_digest() -> None:
    assert len(set(re.findall(r"@sha256:[0-9a-f]{64}", _DOCKERFILE))) == 2
    assert _find_unpinned_images(_DOCKERFILE) == []


@pytest.mark.parametrize(
    ("pattern", "replacement", "image"),
    [
        pytest.param(r"(slim)@sha256:\w+", r"\1", "docker.io/library/python:3.13-slim", id="tag-only"),
        pytest.param(r"FROM \S*lambda\S+", "FROM ${BASE_IMAGE}", "${BASE_IMAGE}", id="argument"),
        pytest.param(r"--from=server-contents", "--from=busybox", "busybox", id="copied-from-a-tag"),
    ],
)
def test_seeded_image_without_a_digest_is_found(pattern: str, replacement: str, image: str) -> None:
    assert _find_unpinned_images(re.sub(pattern, replacement, _DOCKERFILE, count=1)) == [image]


def test_dependabot_renews_digests_weekly_but_not_the_python_version() -> None:
    (docker,) = [each for each in yaml.safe_load(_DEPENDABOT)["updates"] if each["package-ecosystem"] == "docker"]
    assert (docker["directory"], docker["schedule"]["interval"]) == ("/", "weekly")
    (ignored,) = docker["ignore"]
    assert ignored["update-types"] == ["version-update:semver-major", "version-update:semver-minor"]


class TestArchitecture:
    def test_ci_builds_each_image_on_the_base_images_of_both(self) -> None:
        images = workflows.load_jobs("ci.yml")["images"]
        matrix = {"target": ["function", "server"], "runner": ["ubuntu-24.04-arm", "ubuntu-24.04"]}
        assert images["strategy"]["matrix"] == matrix
        assert images["runs-on"] == "${{ matrix.runner }}"

    def test_variable_of_github_selects_runner_image_and_functions(self) -> None:
        image = workflows.load_jobs("deploy.yml")["image"]
        assert image["runs-on"] == "${{ vars.ARCHITECTURE == 'x86_64' && 'ubuntu-24.04' || 'ubuntu-24.04-arm' }}"
        (build,) = [step for step in image["steps"] if "deploy/image.sh" in step.get("run", "")]
        assert build["env"]["ARCHITECTURE"] == "${{ vars.ARCHITECTURE }}"
        stage = workflows.load_jobs("stage.yml")["deploy"]
        assert stage["env"]["ARCHITECTURE"] == "${{ vars.ARCHITECTURE || 'arm64' }}"

    def test_parameter_of_codepipeline_selects_image_and_functions(self) -> None:
        resources = load_template(ROOT / "pipeline.yml")["Resources"]
        for project in ("ImageProject", "DevProject", "ProdProject"):
            variables = resources[project]["Properties"]["Environment"]["EnvironmentVariables"]
            assert {"Name": "ARCHITECTURE", "Value": {"Ref": "Architecture"}} in variables
