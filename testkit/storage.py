"""The content of the tables and of the user pool, for comparisons before and after a request."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.aws.clients import cognito_client, dynamodb_client
from app.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient

Rows = dict[str, list[Any]]


class Storage:
    """The tables and the user pool of these settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def load_rows(self) -> Rows:
        """Return all rows by table."""
        return {name: self._scan(name) for name in self._settings.tables}

    def load_rows_and_users(self) -> Rows:
        """Return all rows by table, and all users under `users`."""
        response = self._cognito.list_users(UserPoolId=self._settings.user_pool_id)
        assert "PaginationToken" not in response, "the users do not fit on one page"
        return self.load_rows() | {"users": sorted(response["Users"], key=repr)}

    def get_user_id(self, email: str) -> str:
        """Return the `sub` of the user with this email."""
        user = self._cognito.admin_get_user(UserPoolId=self._settings.user_pool_id, Username=email)
        return next(each["Value"] for each in user["UserAttributes"] if each["Name"] == "sub")

    def _scan(self, table: str) -> list[Any]:
        response = self._dynamodb.scan(TableName=table, ConsistentRead=True)
        assert "LastEvaluatedKey" not in response, "the rows do not fit on one page"
        return sorted(response["Items"], key=repr)

    @cached_property
    def _dynamodb(self) -> "DynamoDBClient":
        return dynamodb_client(self._settings.region)

    @cached_property
    def _cognito(self) -> "CognitoIdentityProviderClient":
        return cognito_client(self._settings.region)
