"""The objects of moderators."""

from app.bootstrap.core import Core
from app.bootstrap.jobs import Jobs
from app.dwipps.removals import DwippRemovals
from app.moderation.bulk_decisions import BulkDecisions
from app.moderation.case_pages import CasePages
from app.moderation.case_states import CaseStates
from app.moderation.decision_writer import DecisionWriter
from app.moderation.decisions import Decisions
from app.moderation.log import ModerationLog
from app.moderation.records import Records
from app.moderation.sanctions import Sanctions


class Moderation:
    """The objects that decide cases, suspend members and log both."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        settings, client = core.settings, core.client
        self.dwipp_removals = DwippRemovals(client, settings.dwipps_table, settings.feed_shards)
        self.case_states = CaseStates(core.dwipps, core.cases)
        self.case_pages = CasePages(core.case_entries, self.case_states)
        self.decision_writer = DecisionWriter(client, self.dwipp_removals, core.cases)
        self.log = ModerationLog(client, settings.safety_table)
        self.decisions = Decisions(self.case_states, self.decision_writer, self.log)
        self.bulk_decisions = BulkDecisions(jobs.pending, jobs.queue)
        self.records = Records(core.directory, self.dwipp_removals, core.case_entries, self.case_states)
        self.sanctions = Sanctions(
            client, core.directory, core.suspensions, self.bulk_decisions, self.log, core.user_pool
        )
