"""The objects that export and erase the data of a member."""

from app.bootstrap.core import Core
from app.bootstrap.jobs import Jobs
from app.dwipps.personal_data import DwippData, ReactionData
from app.me.deletion import Deletion
from app.me.deletions import DeletionRepository
from app.me.export import Export
from app.members.block_data import BlockData
from app.members.personal_data import ExemptRows, PersonalData
from app.members.suspension_data import SuspensionData
from app.safety.report_data import ReportData

_EXEMPT_ROWS = (
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


class Personal:
    """The export and the deletion of an account, and all stores of members' data."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        table, pool = core.settings.members_table, core.user_pool
        self.stores: tuple[PersonalData, ...] = (
            DwippData(core.feed, core.dwipps, core.dwipp_deletion, core.case_entries, core.cases),
            BlockData(core.blocks),
            ReportData(core.reports),
            SuspensionData(),
            ReactionData(core.reactions),
            *_EXEMPT_ROWS,
        )
        self.export = Export(pool, self.stores)
        self.deletions = DeletionRepository(core.client, table, jobs.pending)
        self.deletion = Deletion(self.deletions, jobs.queue, pool)
