"""The documentation states the limits and settings of the packaged gateway."""

from typing import Any

import pytest

from devstack.paths import ROOT
from tests.infrastructure.packaging import copy_sources, package
from tests.infrastructure.rules.throttling import find_limits

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Any:
    template, _ = package(copy_sources(tmp_path_factory.mktemp("dev")), "dev")
    return template


def test_documented_sum_of_limits_is_that_of_the_stage(template: Any) -> None:
    limits = find_limits(template)
    text = f"{sum(limits.values()):,} requests per second"
    assert len(limits) == 28
    for file in ("deploy/limits.js", "docs/limits.md"):
        assert text in " ".join((ROOT / file).read_text().replace("//", "").split()), file
