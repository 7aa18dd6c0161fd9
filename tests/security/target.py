"""The target of attacks: an app with one member and one Dwipp, which trusts a signing key of the tests."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fastapi import FastAPI

from app.auth.jwks import KeySet
from app.auth.tokens import TokenVerifier
from app.bootstrap import Container
from app.cognito.models import User
from app.cognito.user_pool import UserPool
from app.main import create_app
from app.members.directory import Directory
from devstack import stack
from testkit.doubles import SETTINGS
from testkit.forged_tokens import SUB
from testkit.key_endpoint import KeyEndpoint
from testkit.operations import Operation
from testkit.storage import Storage

HANDLE = "kay"
OTHER_HANDLE = "lee"
OTHER_ID = "7c1f0b52-9d3e-4c1b-8a64-2e7b1f9d0c99"


class SingleUserPool(UserPool):
    """A user pool with one user, the subject of the tests' tokens. Each write succeeds without an effect."""

    def get_user(self, name: str) -> User | None:
        handle = {SUB: HANDLE, OTHER_ID: OTHER_HANDLE}.get(name)
        if handle is None:
            return None
        return User(name, f"{handle}@example.org", handle, datetime.now(UTC), is_confirmed=True)

    def is_in_group(self, user_id: str, group: str) -> bool:
        return not (user_id and group)

    def is_session_revoked(self, access_token: str) -> bool:
        return not access_token

    def change_password(self, access_token: str, current: str, new: str) -> None: ...

    def log_out_everywhere(self, name: str) -> None: ...

    def lock_out(self, user_id: str) -> None: ...


@dataclass(frozen=True)
class Target:
    """The app, the stand-in for the endpoint of its keys, its stored data, and the ids of two Dwipps.

    Another member wrote the second Dwipp.
    """

    app: FastAPI
    keys: KeyEndpoint
    storage: Storage
    dwipp_id: str
    others_dwipp_id: str

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
        container = app.state.container
        _use_single_user(container, keys)
        dwipps = [
            container.dwipps.create(container.directory.get_or_create(member_id), "I was here.")
            for member_id in (SUB, OTHER_ID)
        ]
        return cls(app, keys, Storage(settings), *(dwipp.id for dwipp in dwipps))

    def url(self, operation: Operation) -> str:
        """Return the URL of an operation, with the id of the member's Dwipp and the member's handle.

        An operation that is for others only has those of the other member.
        """
        is_for_others = operation.path.endswith(("/block", "/report")) or "/moderation/" in operation.path
        dwipp_id, handle = (self.others_dwipp_id, OTHER_HANDLE) if is_for_others else (self.dwipp_id, HANDLE)
        return f"https://dwipper.test{operation.path.format(dwipp_id=dwipp_id, handle=handle)}"


def _use_single_user(container: Container, keys: KeyEndpoint) -> None:
    """Replace the user pool of a new container, and what was built with it."""
    settings = container.settings
    container.user_pool = SingleUserPool(settings)
    container.directory = Directory(
        container.client, settings.members_table, container.user_pool, container.suspensions
    )
    container.token_verifier = TokenVerifier(settings, KeySet(keys.fetch, keys.clock))
