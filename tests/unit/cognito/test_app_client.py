"""The app client limits calls to Cognito that bypass the API with an access token or the client id.

Only a deployment to AWS verifies that Cognito enforces these settings, and that it takes the email from the username.
MiniStack lets a client write any attribute.
"""

import asyncio
from typing import Any

import pytest

from app.aws.clients import cognito_client
from app.settings import Settings
from devstack.paths import ROOT
from devstack.process import Service
from testkit.api_client import open_api
from testkit.templates import load_template

_DATA = load_template(ROOT / "deploy" / "data.yml")["Resources"]
_POOL, _CLIENT = _DATA["UserPool"]["Properties"], _DATA["UserPoolClient"]["Properties"]


def test_access_token_cannot_write_the_email() -> None:
    # Otherwise a stolen token would suffice to set another email and to reset the password by mail.
    assert _CLIENT["WriteAttributes"] == ["preferred_username"]


def test_new_email_requires_verification() -> None:
    settings = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert _POOL["UserAttributeUpdateSettings"] == settings


def test_passwords_are_accepted_through_the_api_only() -> None:
    assert _CLIENT["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert not {"AllowedOAuthFlows", "CallbackURLs", "SupportedIdentityProviders"} & _CLIENT.keys()


@pytest.fixture
def client(settings: Settings) -> Any:
    return cognito_client(settings.region)


def test_deployed_client_cannot_write_the_email(client: Any, settings: Settings) -> None:
    response = client.describe_user_pool_client(UserPoolId=settings.user_pool_id, ClientId=settings.user_pool_client_id)
    assert response["UserPoolClient"]["WriteAttributes"] == ["preferred_username"]


def test_registered_user_has_the_email(client: Any, settings: Settings, embedded: Service) -> None:
    async def register() -> None:
        async with open_api(settings, embedded.endpoint, "uvicorn") as api:
            await api.register("kay@example.org")

    asyncio.run(register())
    user = client.admin_get_user(UserPoolId=settings.user_pool_id, Username="kay@example.org")
    assert {"Name": "email", "Value": "kay@example.org"} in user["UserAttributes"]
