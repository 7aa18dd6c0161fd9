"""The clients of the deployment that the tests of this folder share."""

from typing import Any

import pytest

from devstack import clients
from devstack.deployment import Deployment


@pytest.fixture
def gateway(deployed: Deployment) -> Any:
    """Return a client for API Gateway."""
    return clients.apigateway_client(deployed.aws.endpoint, deployed.settings.region)
