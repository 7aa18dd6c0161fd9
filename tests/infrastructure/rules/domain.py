"""Rules for the custom domain of a stage, and for the TLS of its endpoint."""

from collections.abc import Iterator

from tests.infrastructure.rules.resources import Template, get_properties

# TLS 1.2 or 1.3, with forward secrecy and without CBC:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
TLS_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"


def check_tls(template: Template) -> Iterator[str]:
    """Check the TLS policy of the API, which applies to its default endpoint and to its custom domain."""
    api = get_properties(template, "ApiGatewayRestApi")
    if (api.get("SecurityPolicy"), api.get("EndpointAccessMode")) != (TLS_POLICY, "STRICT"):
        yield f"ApiGatewayRestApi: {api.get('SecurityPolicy')}, {api.get('EndpointAccessMode')}"


def check_domain(template: Template) -> Iterator[str]:
    """Check that a domain name maps the domain to the stage, is the URL, and turns the default endpoint off."""
    if template["Conditions"].get("HasDomainName") != {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]}:
        yield f"HasDomainName: {template['Conditions'].get('HasDomainName')}"
    disabled = get_properties(template, "ApiGatewayRestApi").get("DisableExecuteApiEndpoint")
    if disabled != {"Fn::If": ["HasDomainName", True, False]}:
        yield f"ApiGatewayRestApi: the default endpoint is disabled if {disabled}"
    expected = {"DomainName": "DomainName", "RestApiId": "ApiGatewayRestApi", "Stage": "ApiStage"}
    mapping = template["Resources"].get("DomainMapping", {})
    if mapping.get("Condition") != "HasDomainName":
        yield "DomainMapping: exists without a domain name"
    if mapping.get("Properties") != {name: {"Ref": value} for name, value in expected.items()}:
        yield f"DomainMapping: {mapping.get('Properties')}"
    condition, with_domain, _ = template["Outputs"]["ApiUrl"]["Value"].get("Fn::If", [None] * 3)
    if (condition, with_domain) != ("HasDomainName", {"Fn::Sub": "https://${DomainName}"}):
        yield "ApiUrl: is not the domain"
