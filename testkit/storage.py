"""Everything that is stored, so that a test can say that nothing changed."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.aws.clients import cognito_client, dynamodb_client
from app.settings import Settings

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient

Rows = dict[str, list[Any]]


class Storage:
    """What the tables and the pool of these settings hold."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def rows(self) -> Rows:
        """All rows of all tables."""
        names = (self._settings.dwipps_table, self._settings.reactions_table, self._settings.members_table)
        return {name: self._rows(name) for name in names}

    def rows_and_users(self) -> Rows:
        """The same, and all users."""
        answer = self._cognito.list_users(UserPoolId=self._settings.user_pool_id)
        assert "PaginationToken" not in answer, "there are more users than one page has"
        return self.rows() | {"users": sorted(answer["Users"], key=repr)}

    def user_id(self, email: str) -> str:
        """The `sub` of the user of an email."""
        answer = self._cognito.admin_get_user(UserPoolId=self._settings.user_pool_id, Username=email)
        return next(each["Value"] for each in answer["UserAttributes"] if each["Name"] == "sub")

    def _rows(self, name: str) -> list[Any]:
        answer = self._dynamodb.scan(TableName=name, ConsistentRead=True)
        assert "LastEvaluatedKey" not in answer, "there are more rows than one page has"
        return sorted(answer["Items"], key=repr)

    @cached_property
    def _dynamodb(self) -> "DynamoDBClient":
        return dynamodb_client(self._settings.region)

    @cached_property
    def _cognito(self) -> "CognitoIdentityProviderClient":
        return cognito_client(self._settings.region)
