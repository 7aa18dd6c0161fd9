"""The deployed worker reads the secret of the heartbeat by a permission of its role, and never fails its schedule."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.jobs.lambda_events import HEARTBEAT_EVENT
from devstack import clients
from devstack.deployment import WORKER_FUNCTION, Deployment
from devstack.state import StateFolder
from tests.e2e.deployed.operators import Operator

pytestmark = pytest.mark.slow

POLICY = "heartbeat"


@pytest.fixture
def beat(deployed: Deployment, state_folder: StateFolder) -> Callable[[], str]:
    """Return a function that invokes the heartbeat, and returns the outcome of its login.

    The URL of the deployment is that of AWS, so the health check fails.
    """

    def list_beats() -> list[dict[str, Any]]:
        logs = sorted(state_folder.path.glob(f"{WORKER_FUNCTION}.*.log"))
        lines = [line for log in logs for line in log.read_text().splitlines() if '"message":"heartbeat"' in line]
        return sorted(map(json.loads, lines), key=lambda line: str(line["time"]))

    def invoke() -> str:
        earlier = len(list_beats())
        assert Operator(deployed).invoke_worker(HEARTBEAT_EVENT) is None
        (line,) = list_beats()[earlier:]
        assert line["Heartbeats"] == 0
        return str(line["login"])

    return invoke


def test_role_may_read_the_secret_which_has_no_member_yet(beat: Callable[[], str]) -> None:
    assert beat() == "not-set-up"


def test_secret_cannot_be_read_without_the_permission(beat: Callable[[], str], deployed: Deployment) -> None:
    iam = clients.iam_client(deployed.aws.endpoint, deployed.settings.region)
    (role,) = (role["RoleName"] for role in iam.list_roles()["Roles"] if "WorkerRole" in role["RoleName"])
    document = json.dumps(iam.get_role_policy(RoleName=role, PolicyName=POLICY)["PolicyDocument"])
    iam.delete_role_policy(RoleName=role, PolicyName=POLICY)
    try:
        assert beat() == "AccessDeniedException"
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=document)
