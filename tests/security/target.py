"""What is attacked: an app on tables of its own, which trusts a key of the tests', and one member who has a Dwipp."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fastapi import FastAPI

from app.accounts.passwords import Passwords
from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.sessions import Sessions
from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier
from app.aws.clients import dynamodb_client
from app.bootstrap import Container
from app.cognito.user_pool import User, UserPool
from app.main import create_app
from app.me.deletion import Deletion
from app.me.export import Export
from app.members.directory import Directory
from app.settings import Settings
from devstack import stack
from testkit.doubles import SETTINGS
from testkit.forged_tokens import SUB
from testkit.key_endpoint import KeyEndpoint
from testkit.operations import Operation
from testkit.storage import Storage

HANDLE = "kay"


class OneUser(UserPool):
    """A pool of one, in whose name tokens are forged; does whatever it is asked to."""

    def find(self, name: str) -> User | None:
        return User(name, "kay@example.org", HANDLE, datetime.now(UTC), confirmed=True) if name == SUB else None

    def has_ended(self, access_token: str) -> bool:
        return not access_token

    def change_password(self, access_token: str, current: str, new: str) -> None: ...

    def log_out_everywhere(self, name: str) -> None: ...

    def delete(self, user_id: str) -> None: ...


@dataclass(frozen=True)
class Target:
    """The app, where it fetches keys, what it stores, and the Dwipp that is there to be spoiled."""

    app: FastAPI
    keys: KeyEndpoint
    stored: Storage
    dwipp_id: str

    @classmethod
    def at(cls, endpoint: str) -> "Target":
        made = stack.deploy(endpoint, SETTINGS.region, name=f"target-{uuid.uuid4().hex}")
        settings = replace(
            SETTINGS,
            dwipps_table=made.dwipps_table,
            reactions_table=made.reactions_table,
            members_table=made.members_table,
        )
        app, keys = create_app(settings), KeyEndpoint()
        services = app.state.container = _with_one_user(app.state.container, settings, keys)
        dwipp = services.dwipps.create(services.directory.get_or_create(SUB), "I was here.")
        return cls(app, keys, Storage(settings), dwipp.id)

    def url(self, operation: Operation) -> str:
        """Where the member would find themself, and that Dwipp."""
        return f"https://dwipper.test{operation.path.format(dwipp_id=self.dwipp_id, handle=HANDLE)}"


def _with_one_user(services: Container, settings: Settings, keys: KeyEndpoint) -> Container:
    client, pool = dynamodb_client(settings.region), OneUser(settings)
    return replace(
        services,
        token_verifier=TokenVerifier(settings, KeySet(keys.fetch, keys.clock)),
        user_pool=pool,
        sessions=Sessions(pool, PendingConfirmationRepository(client, settings.members_table)),
        passwords=Passwords(pool),
        directory=Directory(client, settings.members_table, pool),
        deletion=Deletion(client, settings.members_table, pool, services.personal_data),
        export=Export(pool, services.personal_data),
    )
