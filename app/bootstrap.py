"""What one process is made of: its settings, and one of each thing that talks to AWS or the pool's keys."""

from dataclasses import dataclass
from functools import partial
from os import environ
from typing import Annotated, Self

from fastapi import Depends, Request

from app.accounts.pending_confirmations import WaitingRepository
from app.accounts.registrations import RegistrationRepository
from app.accounts.sign_up import SignUp
from app.auth.jwks import KeySet, fetch_keys
from app.auth.tokens import TokenVerifier
from app.aws.clients import dynamodb_client
from app.cognito.user_pool import UserPool
from app.dwipps.feed import Feed
from app.dwipps.feed_cache import NewestDwipps
from app.dwipps.idempotency import IdempotentWriter
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.me.deletion import Deletion
from app.me.export import Export
from app.members.directory import Directory
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a request may need; made once, shared by all requests."""

    settings: Settings
    tokens: TokenVerifier
    pool: UserPool
    sign_up: SignUp
    directory: Directory
    deletion: Deletion
    export: Export
    dwipps: DwippRepository
    writer: IdempotentWriter
    reactions: ReactionRepository
    feed: Feed

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Make them all; nothing is called yet."""
        client = dynamodb_client(settings.region)
        pool = UserPool(settings)
        dwipps = DwippRepository(client, settings.dwipps_table, settings.feed_shards)
        reactions = ReactionRepository(client, settings.reactions_table, settings.dwipps_table)
        feed = Feed(dwipps, NewestDwipps(dwipps.newest, settings.feed_cache_seconds), reactions)
        return cls(
            settings=settings,
            tokens=TokenVerifier(settings, KeySet(partial(fetch_keys, _keys_url(settings)))),
            pool=pool,
            sign_up=SignUp(
                pool,
                RegistrationRepository(client, settings.members_table),
                WaitingRepository(client, settings.members_table),
            ),
            directory=Directory(client, settings.members_table, pool),
            deletion=Deletion(client, settings.members_table, pool, dwipps, reactions),
            export=Export(pool, feed, reactions),
            dwipps=dwipps,
            writer=IdempotentWriter(client, settings.members_table, dwipps),
            reactions=reactions,
            feed=feed,
        )


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


AppServices = Annotated[Services, Depends(_services)]


def _keys_url(settings: Settings) -> str:
    """Where the pool's keys are: at Cognito's endpoint, which botocore's own variable may move."""
    amazon = f"https://cognito-idp.{settings.region}.amazonaws.com"
    endpoint = environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", amazon).rstrip("/")
    return f"{endpoint}/{settings.user_pool_id}/.well-known/jwks.json"
