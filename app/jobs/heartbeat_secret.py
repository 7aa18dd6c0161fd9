"""The credentials of the member that the heartbeat logs in, from Secrets Manager.

CloudFormation generates the password (deploy/data.yml). `make heartbeat` creates the member, and then adds its email to
the secret. So a secret without an email has no member yet.
"""

import json
from functools import cached_property
from typing import Any

from app.aws.clients import secrets_client


class MemberMissingError(Exception):
    """The heartbeat has no member yet: `make heartbeat` creates it."""


class HeartbeatSecret:
    """The secret with the email and the password. It is read once, because each read has a price.

    Args:
        region: the region of the secret.
        arn: the ARN of the secret.
    """

    def __init__(self, region: str, arn: str) -> None:
        self._region = region
        self._arn = arn
        self._credentials: dict[str, str] | None = None

    def read(self) -> dict[str, str]:
        """Return the email and the password.

        Raises:
            MemberMissingError: if the member was not created yet.
        """
        if self._credentials is None:
            values = json.loads(self._secrets_client.get_secret_value(SecretId=self._arn)["SecretString"])
            if not values.get("email"):
                raise MemberMissingError
            self._credentials = {name: values[name] for name in ("email", "password")}
        return self._credentials

    def forget(self) -> None:
        """Read the secret again the next time."""
        self._credentials = None

    @cached_property
    def _secrets_client(self) -> Any:
        return secrets_client(self._region)
