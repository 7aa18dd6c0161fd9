"""The stack of a custom domain has the TLS policy of the API, and creates what its parameters ask for."""

import json
from typing import Any

import pytest

from devstack.paths import ROOT
from testkit.templates import to_json
from tests.infrastructure.rules.domain import TLS_POLICY


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    template: dict[str, Any] = json.loads(to_json(ROOT / "deploy" / "domain.yml"))
    return template


def test_domain_is_regional_and_has_the_tls_policy_of_the_api(template: dict[str, Any]) -> None:
    domain = template["Resources"]["Domain"]["Properties"]
    assert domain["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert (domain["SecurityPolicy"], domain["EndpointAccessMode"]) == (TLS_POLICY, "STRICT")


def test_domain_uses_the_given_certificate_or_a_new_one(template: dict[str, Any]) -> None:
    assert template["Conditions"]["CreatesCertificate"] == {"Fn::Equals": [{"Ref": "CertificateArn"}, ""]}
    assert template["Resources"]["Certificate"]["Condition"] == "CreatesCertificate"
    assert template["Resources"]["Domain"]["Properties"]["RegionalCertificateArn"] == {
        "Fn::If": ["CreatesCertificate", {"Ref": "Certificate"}, {"Ref": "CertificateArn"}]
    }


def test_certificate_or_hosted_zone_is_required(template: dict[str, Any]) -> None:
    """Without a hosted zone, nobody would create the record that validates a new certificate."""
    (assertion,) = template["Rules"]["Certificate"]["Assertions"]
    are_empty = [{"Fn::Equals": [{"Ref": name}, ""]} for name in ("HostedZoneId", "CertificateArn")]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::And": are_empty}]}


def test_record_points_to_the_regional_endpoint(template: dict[str, Any]) -> None:
    address = template["Resources"]["Address"]
    assert address["Condition"] == "HasHostedZone"
    assert address["Properties"]["AliasTarget"] == {
        "DNSName": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]},
        "HostedZoneId": {"Fn::GetAtt": ["Domain", "RegionalHostedZoneId"]},
    }
