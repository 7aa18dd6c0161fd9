"""The target of attacks: an app with one member and one Dwipp, which trusts a signing key of the tests."""

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
from app.aws.items import serialize
from app.aws.timestamps import now, to_text
from app.bootstrap import Container
from app.cognito.models import User
from app.cognito.user_pool import UserPool
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
OTHER_HANDLE = "lee"


class SingleUserPool(UserPool):
    """A user pool with one user, the subject of the tests' tokens. Each write succeeds without an effect."""

    def get_user(self, name: str) -> User | None:
        return User(name, "kay@example.org", HANDLE, datetime.now(UTC), is_confirmed=True) if name == SUB else None

    def is_session_revoked(self, access_token: str) -> bool:
        return not access_token

    def change_password(self, access_token: str, current: str, new: str) -> None: ...

    def log_out_everywhere(self, name: str) -> None: ...

    def lock_out(self, user_id: str) -> None: ...


@dataclass(frozen=True)
class Target:
    """The app, the stand-in for the endpoint of its keys, its stored data, and the id of the member's Dwipp."""

    app: FastAPI
    keys: KeyEndpoint
    storage: Storage
    dwipp_id: str

    @classmethod
    def from_endpoint(cls, endpoint: str) -> "Target":
        """Create a target with new tables in the embedded AWS at this endpoint."""
        deployed = stack.deploy(endpoint, SETTINGS.region, name=f"target-{uuid.uuid4().hex}")
        settings = replace(
            SETTINGS,
            dwipps_table=deployed.dwipps_table,
            reactions_table=deployed.reactions_table,
            members_table=deployed.members_table,
            safety_table=deployed.safety_table,
            job_queue_url=deployed.job_queue_url,
        )
        app, keys = create_app(settings), KeyEndpoint()
        container = app.state.container = _with_single_user(app.state.container, settings, keys)
        other = {"pk": f"handle#{OTHER_HANDLE}", "member_id": str(uuid.uuid4()), "joined_at": to_text(now())}
        dynamodb_client(settings.region).put_item(TableName=settings.members_table, Item=serialize(other))
        dwipp = container.dwipps.create(container.directory.get_or_create(SUB), "I was here.")
        return cls(app, keys, Storage(settings), dwipp.id)

    def url(self, operation: Operation) -> str:
        """Return the URL of an operation, with the id of the member's Dwipp and the member's handle.

        A block has the other handle, because nobody can block themselves.
        """
        handle = OTHER_HANDLE if operation.path.endswith("/block") else HANDLE
        return f"https://dwipper.test{operation.path.format(dwipp_id=self.dwipp_id, handle=handle)}"


def _with_single_user(container: Container, settings: Settings, keys: KeyEndpoint) -> Container:
    client, pool = dynamodb_client(settings.region), SingleUserPool(settings)
    directory = Directory(client, settings.members_table, pool, container.suspensions)
    return replace(
        container,
        token_verifier=TokenVerifier(settings, KeySet(keys.fetch, keys.clock)),
        user_pool=pool,
        sessions=Sessions(pool, directory, PendingConfirmationRepository(client, settings.members_table)),
        passwords=Passwords(pool),
        directory=directory,
        deletion=Deletion(container.deletions, container.job_queue, pool),
        export=Export(pool, container.personal_data),
    )
