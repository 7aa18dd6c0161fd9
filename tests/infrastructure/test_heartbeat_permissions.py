"""Only a person can create the member of the heartbeat: with these permissions, any account could be taken over."""

from devstack.paths import ROOT
from testkit.templates import load_template
from tests.infrastructure import policies


def test_no_role_can_set_passwords_or_change_the_secret() -> None:
    allowed = {
        action
        for name in ("roles.yml", "role.yml", "github-oidc.yml")
        for action in policies.find_actions(load_template(ROOT / "deploy" / name)["Resources"])
    }
    forbidden = {"cognito-idp:AdminCreateUser", "cognito-idp:AdminSetUserPassword", "secretsmanager:PutSecretValue"}
    assert allowed & forbidden == set()


def test_boundary_permits_to_read_only_secrets_of_the_stage() -> None:
    boundary = load_template(ROOT / "deploy" / "roles.yml")["Resources"]["FunctionBoundary"]
    (statement,) = (each for each in policies.find_statements(boundary) if "secretsmanager" in str(each["Action"]))
    assert statement["Action"] == "secretsmanager:GetSecretValue"
    assert statement["Resource"]["Sub"].endswith(":secret:dwipper-${Stage}-*")
