"""Mistakes in the limits of the stage and of the firewall."""

from collections.abc import Mapping

from tests.infrastructure.mistakes.mistake import Mistake
from tests.infrastructure.rules import gateway, throttling

MISTAKES: Mapping[str, Mistake] = {
    "limit-of-a-method-that-does-not-exist": Mistake(
        "deploy/limits.js",
        "replaceAll('/', '~1')",
        "slice(1)",
        throttling.check_method_limits,
    ),
    "more-logins-than-cognito-permits": Mistake(
        "deploy/limits.js",
        "POST: [100, 200]",
        "POST: [200, 200]",
        throttling.check_method_limits,
    ),
    "stage-accepts-any-flood": Mistake(
        "deploy/limits.js",
        "?? UNUSED",
        "?? DEFAULT",
        throttling.check_method_limits,
    ),
    "one-address-uses-up-a-limit": Mistake(
        "deploy/limits.js",
        "WRITES = [200, 400]",
        "WRITES = [150, 400]",
        throttling.check_method_limits,
    ),
    "burst-below-the-rate": Mistake(
        "deploy/limits.js",
        "[500, 1000]",
        "[500, 100]",
        throttling.check_method_limits,
    ),
    "no-firewall": Mistake(
        "serverless.yml",
        'firewall: "on"',
        'firewall: "off"',
        gateway.check_firewall,
    ),
    "firewall-only-counts": Mistake(
        "deploy/firewall.yml",
        "Block: {}",
        "Count: {}",
        gateway.check_firewall,
    ),
    "firewall-limit-too-high": Mistake(
        "deploy/firewall.yml",
        "Limit: 100",
        "Limit: 100000",
        gateway.check_firewall,
    ),
    "firewall-ignores-paths-below-a-stage": Mistake(
        "deploy/firewall.yml",
        "PositionalConstraint: CONTAINS",
        "PositionalConstraint: STARTS_WITH",
        gateway.check_firewall,
    ),
    "firewall-counts-refreshes-as-logins": Mistake(
        "deploy/firewall.yml",
        "SearchString: /v1/auth/refresh",
        "SearchString: /v1/auth/renew",
        gateway.check_firewall,
    ),
    "firewall-counts-preflights-as-logins": Mistake(
        "deploy/firewall.yml",
        "SearchString: OPTIONS",
        "SearchString: options",
        gateway.check_firewall,
    ),
    "firewall-without-a-bound-for-sessions": Mistake(
        "deploy/firewall.yml",
        "Limit: 2000",
        "Limit: 2000000",
        gateway.check_firewall,
    ),
    "firewall-without-a-bound-for-everything": Mistake(
        "deploy/firewall.yml",
        "Limit: 50000",
        "Limit: 5000000",
        gateway.check_requests_of_members,
    ),
    "samples-contain-tokens": Mistake(
        "deploy/firewall.yml",
        "SampledRequestsEnabled: false\n            Statement",
        "SampledRequestsEnabled: true\n            Statement",
        gateway.check_requests_of_members,
    ),
}
