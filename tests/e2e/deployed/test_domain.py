"""A custom domain serves the stage without a prefix, and outlasts it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from devstack import clients
from devstack.deployment import STAGE, Deployment
from devstack.paths import ROOT
from devstack.ports import LOOPBACK

pytestmark = pytest.mark.slow

_DOMAIN = "api.example.org"
_STACK = f"dwipper-{STAGE}-domain"
_PARAMETERS = {
    "DomainName": _DOMAIN,
    "CertificateArn": "arn:aws:acm:eu-central-1:000000000000:certificate/0b5ee52d-c5c8-41d1-b15e-3f0d2c7a9b64",
}


@pytest.fixture
def domain(deployed: Deployment) -> Iterator[str]:
    """Create the stack of the domain. Return the target of its DNS record."""
    cloudformation = clients.cloudformation_client(deployed.aws.endpoint, deployed.settings.region)
    cloudformation.create_stack(
        StackName=_STACK,
        TemplateBody=(ROOT / "deploy" / "domain.yml").read_text(),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in _PARAMETERS.items()],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=_STACK, WaiterConfig={"Delay": 1})
    (stack,) = cloudformation.describe_stacks(StackName=_STACK)["Stacks"]
    yield {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}["Target"]
    cloudformation.delete_stack(StackName=_STACK)


def _send(deployed: Deployment, path: str) -> httpx.Response:
    """Send a request to loopback with the domain as its host, as if the DNS record existed."""
    port = urlsplit(deployed.aws.endpoint).port
    return httpx.get(f"http://{LOOPBACK}:{port}{path}", headers={"Host": _DOMAIN}, timeout=30)


def test_domain_serves_the_stage_without_a_prefix(deployed: Deployment, domain: str, gateway: Any) -> None:
    assert domain
    api_id = urlsplit(deployed.url).netloc.partition(".")[0]
    # The mapping is part of the stack of the stage: `DomainMapping` in deploy/gateway.yml.
    gateway.create_base_path_mapping(domainName=_DOMAIN, restApiId=api_id, stage=STAGE)
    # MiniStack itself answers /health at a custom domain.
    assert _send(deployed, "/openapi.json").json()["info"]["title"] == "Dwipper"
    root = _send(deployed, "/")
    assert urljoin(f"https://{_DOMAIN}/", root.headers["location"]) == f"https://{_DOMAIN}/docs"
    assert _send(deployed, "/docs").status_code == 200
    assert _send(deployed, "/v1/me").status_code == 401

    gateway.delete_base_path_mapping(domainName=_DOMAIN, basePath="(none)")
    assert gateway.get_domain_name(domainName=_DOMAIN)["regionalDomainName"] == domain
    assert _send(deployed, "/openapi.json").status_code != 200
