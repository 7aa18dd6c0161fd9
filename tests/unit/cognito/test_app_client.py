"""What whoever has an access token, or the app client's id, can do at Cognito itself, past the API.

That Cognito holds to it, and fills in the email of who signs up by one, only Amazon can show; MiniStack writes whatever
it is told to.
"""

import asyncio
from typing import Any

import pytest

from app.aws.clients import cognito_client
from app.settings import Settings
from devstack.process import Service
from testkit.api_client import open_api
from testkit.routes import template

_DATA = template("deploy/data.yml")["Resources"]
_POOL, _CLIENT = _DATA["UserPool"]["Properties"], _DATA["UserPoolClient"]["Properties"]


def test_an_access_token_writes_no_email() -> None:
    """Or whoever has one could make the account's address theirs, and reset the password by mail."""
    assert _CLIENT["WriteAttributes"] == ["preferred_username"]


def test_a_new_address_counts_only_when_its_owner_has_confirmed_it_whoever_writes_it() -> None:
    settings = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert _POOL["UserAttributeUpdateSettings"] == settings


def test_no_password_gets_in_past_the_api() -> None:
    assert _CLIENT["ExplicitAuthFlows"] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert not {"AllowedOAuthFlows", "CallbackURLs", "SupportedIdentityProviders"} & _CLIENT.keys()


@pytest.fixture
def client(settings: Settings) -> Any:
    return cognito_client(settings.region)


def test_the_client_that_is_made_is_so(client: Any, settings: Settings) -> None:
    made = client.describe_user_pool_client(UserPoolId=settings.user_pool_id, ClientId=settings.user_pool_client_id)
    assert made["UserPoolClient"]["WriteAttributes"] == ["preferred_username"]


def test_who_signs_up_has_the_email_all_the_same(client: Any, settings: Settings, embedded: Service) -> None:
    async def register() -> None:
        async with open_api(settings, embedded.endpoint, "uvicorn") as registering:
            await registering.register("kay@example.org")

    asyncio.run(register())
    user = client.admin_get_user(UserPoolId=settings.user_pool_id, Username="kay@example.org")
    assert {"Name": "email", "Value": "kay@example.org"} in user["UserAttributes"]
