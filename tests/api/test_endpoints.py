"""The app and its key requests go to the endpoint that botocore's variables name."""

import pytest

from app.settings import Settings
from devstack.process import Service
from testkit.api_client import TRANSPORTS, Transport, open_api

SERVICE_VARIABLES = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")


@pytest.mark.parametrize("suffix", ["", "/"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_one_endpoint_for_all_services_suffices(
    transport: Transport, suffix: str, settings: Settings, embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SERVICE_VARIABLES:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded.endpoint + suffix)
    async with open_api(settings, embedded.endpoint, transport) as api:
        kay = await api.create_member("kay")
        assert (await kay.get("/v1/me"))["handle"] == "kay"
