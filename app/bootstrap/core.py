"""The objects that most requests need."""

from app.auth.jwks import KeySet, fetch_keys
from app.auth.tokens import TokenVerifier
from app.aws.clients import dynamodb_client
from app.cases.entries import CaseEntries
from app.cases.reports import ReportRepository
from app.cases.repository import CaseRepository
from app.cognito.user_pool import UserPool
from app.dwipps.deletion import DwippDeletion
from app.dwipps.feed import Feed
from app.dwipps.feed_cache import FeedPageCache
from app.dwipps.idempotency import IdempotentWriter
from app.dwipps.reaction_writer import ReactionWriter
from app.dwipps.reactions import ReactionRepository
from app.dwipps.repository import DwippRepository
from app.limits.counters import LimitCounters
from app.limits.policies import make_policies
from app.members.audience import Audiences
from app.members.blocks import BlockRepository
from app.members.directory import Directory
from app.members.suspensions import SuspensionRepository
from app.rankings.snapshots import SnapshotRepository
from app.settings import Settings


class Core:
    """The objects of members, Dwipps, reports and limits. Building them makes no call."""

    def __init__(self, settings: Settings) -> None:
        client = dynamodb_client(settings.region)
        self.settings = settings
        self.client = client
        self.user_pool = UserPool(settings)
        self.token_verifier = TokenVerifier(settings, KeySet(lambda: fetch_keys(self.user_pool.keys_url)))
        self.suspensions = SuspensionRepository(client, settings.members_table)
        self.directory = Directory(client, settings.members_table, self.user_pool, self.suspensions)
        self.blocks = BlockRepository(client, settings.members_table)
        self.audiences = Audiences(self.blocks, self.directory)
        self.limit_counters = LimitCounters(
            client, settings.region, settings.members_table, make_policies(settings.limits)
        )
        self.dwipps = DwippRepository(client, settings.dwipps_table, settings.feed_shards)
        self.writer = IdempotentWriter(client, settings.members_table, self.dwipps)
        self.reactions = ReactionRepository(client, settings.reactions_table, settings.dwipps_table)
        self.reaction_writer = ReactionWriter(self.dwipps, self.reactions, self.audiences)
        self.snapshots = SnapshotRepository(client, settings.safety_table)
        cache = FeedPageCache(self.dwipps.list_recent, settings.feed_cache_seconds)
        self.feed = Feed(self.dwipps, cache, self.reactions, self.audiences, self.snapshots)
        self.case_entries = CaseEntries(client, settings.safety_table)
        self.cases = CaseRepository(client, settings.safety_table, self.case_entries)
        self.reports = ReportRepository(client, settings.safety_table, self.cases)
        self.dwipp_deletion = DwippDeletion(self.dwipps, self.cases)
