"""The composition root of the worker. Only its entry points import it."""

from app.aws.clients import dynamodb_client
from app.bootstrap import Container
from app.jobs.heartbeat import Heartbeat
from app.jobs.heartbeat_secret import HeartbeatSecret
from app.jobs.messages import DECIDE_DWIPPS, DELETE_ACCOUNT, RENEW_RANKING
from app.jobs.worker import Worker
from app.me.erasure import Erasure
from app.moderation.bulk_job import BulkJob
from app.rankings.feed_reader import FeedReader
from app.rankings.renewal import Renewal
from app.rankings.runs import RunRepository
from app.rankings.schedule import RankingSchedule
from app.settings import Settings


def build_worker(settings: Settings) -> Worker:
    """Build the worker with all jobs. This makes no call."""
    container = Container(settings)
    jobs, moderation, personal = container.jobs, container.moderation, container.personal
    erasure = Erasure(personal.deletions, container.suspensions, container.user_pool, personal.stores)
    bulk_job = BulkJob(
        moderation.bulk_decisions,
        container.suspensions,
        moderation.dwipp_removals,
        moderation.case_states,
        moderation.decision_writer,
    )
    schedule = RankingSchedule(container.snapshots)
    return Worker(
        jobs.queue,
        jobs.pending,
        {DELETE_ACCOUNT: erasure, DECIDE_DWIPPS: bulk_job, RENEW_RANKING: build_renewal(container, schedule)},
        {RENEW_RANKING: schedule.iter_due},
    )


def build_heartbeat(settings: Settings) -> Heartbeat:
    """Build the heartbeat. This makes no call."""
    return Heartbeat(settings.heartbeat_url, HeartbeatSecret(settings.region, settings.heartbeat_secret_arn))


def build_renewal(container: Container, schedule: RankingSchedule) -> Renewal:
    """Build the job that renews the ranked lists."""
    settings = container.settings
    client = dynamodb_client(settings.region)
    reader = FeedReader(client, settings.dwipps_table, settings.feed_shards)
    runs = RunRepository(client, settings.safety_table)
    return Renewal(client, reader, runs, container.snapshots, schedule, container.jobs.pending)
