"""The composition root: builds the objects of a process once. Only entry points import it."""

from dataclasses import dataclass

from app.accounts.passwords import Passwords
from app.accounts.pending_confirmations import PendingConfirmationRepository
from app.accounts.registrations import RegistrationRepository
from app.accounts.removals import RemovalRepository
from app.accounts.sessions import Sessions
from app.accounts.sign_up import SignUp
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
from app.dwipps.personal_data import DwippData, ReactionData
from app.dwipps.reaction_writer import ReactionWriter
from app.dwipps.reactions import ReactionRepository
from app.dwipps.removals import DwippRemovals
from app.dwipps.repository import DwippRepository
from app.jobs.pending import PendingJobRepository
from app.jobs.queue import JobQueue
from app.limits.counters import LimitCounters
from app.limits.policies import make_policies
from app.me.deletion import Deletion
from app.me.deletions import DeletionRepository
from app.me.export import Export
from app.members.audience import Audiences
from app.members.block_data import BlockData
from app.members.blocks import BlockRepository
from app.members.directory import Directory
from app.members.personal_data import ExemptRows, PersonalData
from app.members.suspensions import SuspensionData, SuspensionRepository
from app.moderation.bulk_decisions import BulkDecisions
from app.moderation.case_pages import CasePages
from app.moderation.case_states import CaseStates
from app.moderation.decision_writer import DecisionWriter
from app.moderation.decisions import Decisions
from app.moderation.log import ModerationLog
from app.moderation.records import Records
from app.moderation.sanctions import Sanctions
from app.rankings.snapshots import SnapshotRepository
from app.safety.report_data import ReportData
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Container:
    """The objects of one process. All requests share them. A route gets each by `provided(name)`."""

    settings: Settings
    token_verifier: TokenVerifier
    user_pool: UserPool
    sign_up: SignUp
    sessions: Sessions
    passwords: Passwords
    directory: Directory
    suspensions: SuspensionRepository
    blocks: BlockRepository
    audiences: Audiences
    dwipps: DwippRepository
    dwipp_removals: DwippRemovals
    writer: IdempotentWriter
    reactions: ReactionRepository
    reaction_writer: ReactionWriter
    snapshots: SnapshotRepository
    feed: Feed
    dwipp_deletion: DwippDeletion
    case_entries: CaseEntries
    cases: CaseRepository
    reports: ReportRepository
    case_states: CaseStates
    case_pages: CasePages
    decision_writer: DecisionWriter
    decisions: Decisions
    bulk_decisions: BulkDecisions
    records: Records
    sanctions: Sanctions
    moderation_log: ModerationLog
    limit_counters: LimitCounters
    personal_data: tuple[PersonalData, ...]
    export: Export
    deletion: Deletion
    deletions: DeletionRepository
    pending_jobs: PendingJobRepository
    job_queue: JobQueue


def build_container(settings: Settings) -> Container:
    """Build all objects. This makes no call."""
    client = dynamodb_client(settings.region)
    pool = UserPool(settings)
    suspensions = SuspensionRepository(client, settings.members_table)
    directory = Directory(client, settings.members_table, pool, suspensions)
    registrations = RegistrationRepository(client, settings.members_table)
    removals = RemovalRepository(client, settings.members_table)
    pending_confirmations = PendingConfirmationRepository(client, settings.members_table)
    dwipps = DwippRepository(client, settings.dwipps_table, settings.feed_shards)
    dwipp_removals = DwippRemovals(client, settings.dwipps_table, settings.feed_shards)
    reactions = ReactionRepository(client, settings.reactions_table, settings.dwipps_table)
    entries = CaseEntries(client, settings.safety_table)
    cases = CaseRepository(client, settings.safety_table, entries)
    case_states = CaseStates(dwipps, cases)
    decision_writer = DecisionWriter(client, dwipp_removals, cases)
    dwipp_deletion = DwippDeletion(dwipps, cases)
    reports = ReportRepository(client, settings.safety_table, cases)
    log = ModerationLog(client, settings.safety_table)
    blocks = BlockRepository(client, settings.members_table)
    audiences = Audiences(blocks, directory)
    snapshots = SnapshotRepository(client, settings.safety_table)
    cache = FeedPageCache(dwipps.list_recent, settings.feed_cache_seconds)
    feed = Feed(dwipps, cache, reactions, audiences, snapshots)
    personal_data: tuple[PersonalData, ...] = (
        DwippData(feed, dwipps, dwipp_deletion, entries, cases),
        BlockData(blocks),
        ReportData(reports),
        SuspensionData(),
        ReactionData(reactions),
        ExemptRows(
            "profile", frozenset({"member", "handle"}), "Each export has the profile, and the erasure removes it last."
        ),
        ExemptRows(
            "expiring",
            frozenset({"idempotency", "limit", "registrant", "registration", "replacement", "waiting"}),
            "The rows hold random ids, hashes and counts, and expire within a day.",
        ),
        ExemptRows(
            "cases",
            frozenset({"case", "cases"}),
            "A case belongs to its Dwipp, and is closed with it. It expires 90 days after that.",
        ),
        ExemptRows(
            "moderation log",
            frozenset({"log"}),
            "The log shows for a year what moderators decided, and names members by their handles only.",
        ),
        ExemptRows(
            "pending jobs",
            frozenset({"pending"}),
            "A row has the id and perhaps the handle of a member, or the name of a list. It is deleted after its job.",
        ),
        ExemptRows(
            "snapshots",
            frozenset({"snapshot"}),
            "A snapshot holds ids of Dwipps only, which lead nowhere once the Dwipps are gone, and expires.",
        ),
    )
    pending_jobs = PendingJobRepository(client, settings.safety_table)
    deletions = DeletionRepository(client, settings.members_table, pending_jobs)
    job_queue = JobQueue(settings.region, settings.job_queue_url)
    bulk_decisions = BulkDecisions(pending_jobs, job_queue)
    return Container(
        settings=settings,
        token_verifier=TokenVerifier(settings, KeySet(lambda: fetch_keys(pool.keys_url))),
        user_pool=pool,
        sign_up=SignUp(pool, directory, registrations, removals, pending_confirmations),
        sessions=Sessions(pool, directory, pending_confirmations),
        passwords=Passwords(pool),
        directory=directory,
        suspensions=suspensions,
        blocks=blocks,
        audiences=audiences,
        dwipps=dwipps,
        dwipp_removals=dwipp_removals,
        writer=IdempotentWriter(client, settings.members_table, dwipps),
        reactions=reactions,
        reaction_writer=ReactionWriter(dwipps, reactions, audiences),
        snapshots=snapshots,
        feed=feed,
        dwipp_deletion=dwipp_deletion,
        case_entries=entries,
        cases=cases,
        reports=reports,
        case_states=case_states,
        case_pages=CasePages(entries, case_states),
        decision_writer=decision_writer,
        decisions=Decisions(case_states, decision_writer, log),
        bulk_decisions=bulk_decisions,
        records=Records(directory, dwipp_removals, entries, case_states),
        sanctions=Sanctions(client, directory, suspensions, bulk_decisions, log, pool),
        moderation_log=log,
        limit_counters=LimitCounters(client, settings.region, settings.members_table, make_policies(settings.limits)),
        personal_data=personal_data,
        export=Export(pool, personal_data),
        deletion=Deletion(deletions, job_queue, pool),
        deletions=deletions,
        pending_jobs=pending_jobs,
        job_queue=job_queue,
    )
