"""The documentation and the gateway's responses state the limits and settings of the packaged template."""

import json
from typing import Any

import pytest

from devstack.paths import ROOT
from tests.infrastructure.packaging import copy_sources, package
from tests.infrastructure.rules import find_violations
from tests.infrastructure.rules.resources import get_properties
from tests.infrastructure.rules.throttling import find_limits

pytestmark = pytest.mark.slow

_SETTINGS = {"DOMAIN_NAME": "api.example.org", "API_CONCURRENCY": "50", "ARCHITECTURE": "x86_64"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the template of prod with all optional settings of the gateway and the functions."""
    folder = copy_sources(tmp_path_factory.mktemp("prod"))
    template, _ = package(folder, "prod", **_SETTINGS)
    return template


def test_optional_settings_are_defaults_of_parameters(template: Any) -> None:
    assert find_violations(template) == []
    names = ("DomainName", "ApiConcurrency", "Architecture")
    assert [template["Parameters"][name]["Default"] for name in names] == list(_SETTINGS.values())


def test_documented_sum_of_limits_is_that_of_the_stage(template: Any) -> None:
    limits = find_limits(template)
    text = f"{sum(limits.values()):,} requests per second"
    assert len(limits) == 28
    for file in ("deploy/limits.js", "docs/limits.md"):
        assert text in " ".join((ROOT / file).read_text().replace("//", "").split()), file


def test_blocked_client_is_told_to_wait_for_the_window_of_any_rule(template: Any) -> None:
    rules = get_properties(template, "WebAcl")["Rules"]
    response = get_properties(template, "ResponseWafFiltered")
    windows = {str(rule["Statement"]["RateBasedStatement"]["EvaluationWindowSec"]) for rule in rules}
    assert {response["ResponseParameters"]["gatewayresponse.header.Retry-After"]} == {f"'{each}'" for each in windows}
    detail = json.loads(response["ResponseTemplates"]["application/json"])["detail"]
    assert detail == "Your address sent too many requests. Try again later.", "two of the rules are not about all paths"
