"""An account that is deleted beside the account of another member, and the checks of the outcome."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

import pytest
from botocore.exceptions import ClientError

from app.aws.errors import error_code, is_transient
from app.aws.items import serialize
from app.aws.retries import WRITE_DRAIN_PERIOD
from app.aws.timestamps import now, to_text
from app.jobs import pending
from app.jobs.messages import DELETE_ACCOUNT, JobMessage
from devstack import clients
from testkit.api_client import PASSWORD, Api, MemberClient
from testkit.engine import Engine
from testkit.queue_control import QueueControl
from testkit.rankings import skip_renewals
from tests.resilience.retrying_client import RetryingClient, problem_slug

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Leaver:
    """A member who deletes the account.

    Attributes:
        engine: the tables, the user pool and the queue.
        member: the member.
        id: the id of the member.
        handle: the handle of the member.
    """

    engine: Engine
    member: MemberClient
    id: str
    handle: str

    @property
    def queue(self) -> QueueControl:
        """Return the queue of the jobs."""
        return QueueControl(self.engine.settings)

    @property
    def message(self) -> JobMessage:
        """Return the first message of the job."""
        return JobMessage(kind=DELETE_ACCOUNT, subject=self.id)

    @property
    def is_marked(self) -> bool:
        """Return True from the mark of the deletion on."""
        return "deleting_since" in self._load_row(self.engine.settings.members_table, _member_key(self.id))

    @property
    def is_over(self) -> bool:
        """Return True once nothing is left of the member."""
        return "is_over" in self._load_row(self.engine.settings.members_table, _member_key(self.id))

    def load_reactions(self) -> list[Any]:
        """Return the reactions of the leaver."""
        pages = self.engine.client.get_paginator("query").paginate(
            TableName=self.engine.settings.reactions_table,
            KeyConditionExpression="member_id = :id",
            ExpressionAttributeValues=serialize({":id": self.id}),
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]

    def backdate_mark(self) -> None:
        """Change the stored time of the mark, as if the drain period were over."""
        key, moment = _member_key(self.id), now() - WRITE_DRAIN_PERIOD
        self._set_time(self.engine.settings.members_table, key, "deleting_since", moment)

    def backdate_work(self) -> None:
        """Change the stored time of the last work on the job, so that the next sweep finds the job."""
        key, moment = _pending_key(self.id), now() - pending.STALE_AFTER - timedelta(seconds=1)
        self._set_time(self.engine.settings.safety_table, key, "touched_at", moment)

    def wait_until_over(self, seconds: float) -> None:
        """Wait until nothing is left of the member."""
        deadline = time.monotonic() + seconds
        while not self.is_over:
            assert time.monotonic() < deadline, "the deletion does not end"
            time.sleep(0.1)

    def _load_row(self, table: str, key: Any) -> Any:
        return self.engine.client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})

    def _set_time(self, table: str, key: Any, attribute: str, moment: Any) -> None:
        try:
            self.engine.client.update_item(
                TableName=table,
                Key=key,
                UpdateExpression=f"SET {attribute} = :moment",
                ConditionExpression=f"attribute_exists({attribute})",
                ExpressionAttributeValues=serialize({":moment": to_text(moment)}),
            )
        except self.engine.client.exceptions.ConditionalCheckFailedException:
            return  # The deletion is over, or never began.


@dataclass(frozen=True, slots=True)
class Departure(Leaver):
    """A member who deletes the account, beside another member, and the state before.

    Attributes:
        api: the API of both members.
        stayer: the other member.
        before: all rows and users before the request.
        others_before: the rows and the users that belong to others, before the request.
    """

    api: Api
    stayer: MemberClient
    before: dict[str, Any]
    others_before: dict[str, Any]

    @classmethod
    async def prepare(cls, api: Api, engine: Engine) -> Self:
        """Create both members, their Dwipps, and reactions of each to Dwipps of both."""
        handle = f"leaver_{next(_numbers)}"
        leaver, stayer = await api.create_member(handle), await api.create_member()
        of_leaver, of_stayer = [
            [f"/v1/dwipps/{(await author.post_dwipp(f'Thought {number}'))['id']}" for number in range(3)]
            for author in (leaver, stayer)
        ]
        for member in (leaver, stayer):
            await _react(member, f"{of_stayer[0]}/upvote", f"{of_stayer[1]}/favorite")
        await _react(leaver, f"{of_stayer[2]}/upvote", f"{of_stayer[2]}/favorite", f"{of_leaver[0]}/favorite")
        await _react(stayer, f"{of_leaver[1]}/upvote", f"{of_leaver[2]}/favorite")
        leaver_id = (await leaver.get("/v1/me"))["id"]
        skip_renewals(engine.client, engine.settings)  # A renewal would change rows of others.
        before = load_all(engine)
        others = select_others(before, leaver_id, handle)
        return cls(engine, leaver, leaver_id, handle, api, stayer, before, others)

    def after_writes(self) -> Self:
        """Return this departure with the current state as the one before the request. Call it after further writes."""
        before = load_all(self.engine)
        others = select_others(before, self.id, self.handle)
        return replace(self, before=before, others_before=others)

    async def assert_locked_out(self) -> None:
        """Assert that login and refresh are refused. The login has the same response as for an unknown email."""
        logins = [
            await self.api.http.post("/v1/auth/login", json={"email": email, "password": PASSWORD})
            for email in (self.member.email, "nobody@example.org")
        ]
        assert [login.status_code for login in logins] == [401, 401], logins[0].text
        problems = [{**login.json(), "request_id": ""} for login in logins]
        assert problems[0] == problems[1]
        body = {"refresh_token": self.member.tokens["refresh_token"]}
        refresh = await self.api.http.post("/v1/auth/refresh", json=body)
        assert (refresh.status_code, problem_slug(refresh)) == (401, "invalid-refresh-token")
        assert (await self.member.http.get("/v1/me")).status_code == 401

    async def assert_unchanged(self) -> None:
        """Assert that nothing was written, and that the member can log in."""
        assert load_all(self.engine) == self.before
        await self.api.login(self.member.email)

    async def assert_over(self) -> None:
        """Assert that nothing is left of the member, that nothing of others has changed, and that this stays so."""
        self._assert_erased()
        await self.assert_locked_out()
        assert (await self.member.http.delete("/v1/me")).status_code == 204
        after = load_all(self.engine)
        self.queue.send(self.message.to_json())
        await self.api.finish_jobs()
        assert load_all(self.engine) == after, "a message after the end has an effect"
        await self._assert_email_is_free()

    def _assert_erased(self) -> None:
        after, settings = load_all(self.engine), self.engine.settings
        self.engine.assert_counts_equal_rows()
        assert select_others(after, self.id, self.handle) == self.others_before
        assert all(row["author_handle"] != self.handle for row in after[settings.dwipps_table])
        assert all(row["member_id"] != self.id for row in after[settings.reactions_table])
        assert all(self.id not in str(row) for row in after[settings.safety_table]), "a job is pending"
        assert all(self.id not in str(user) for user in after["users"])
        rows = {row["pk"]: row for row in after[settings.members_table]}
        assert rows[f"handle#{self.handle}"].keys() == {"pk"}, "the handle is not reserved"
        assert rows[f"member#{self.id}"].keys() == {"pk", "deleting_since", "is_over", "expires_at"}
        for row in rows.values():
            assert self.id not in str(row) or "expires_at" in row, "a remaining row does not expire"

    async def _assert_email_is_free(self) -> None:
        body = {"email": self.member.email, "password": PASSWORD, "handle": self.handle}
        assert problem_slug(await self.api.http.post("/v1/auth/register", json=body)) == "handle-taken"
        handle = f"{self.handle}_2"
        await self.api.confirm(await self.api.register(self.member.email, handle=handle), self.member.email)
        session = self.api.open_session(self.member.email, await self.api.login(self.member.email))
        assert (await session.get("/v1/me"))["handle"] == handle


@contextmanager
def pending_jobs_are_stale() -> Iterator[None]:
    """Make each pending job stale at once for the sweep of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pending, "STALE_AFTER", timedelta(0))
        yield


async def revive_and_finish(api: Api) -> None:
    """Sweep for lost jobs, and do the work of all messages that are due."""
    await asyncio.sleep(0.001)  # The last work was earlier than now.
    with pending_jobs_are_stale():
        await api.finish_jobs()


async def finish_jobs_despite_faults(api: Api, client: RetryingClient) -> None:
    """Run the worker with the faults of the client's first attempt, and a second time without faults."""
    try:
        with client.around_first_attempt():
            await api.finish_jobs()
    except Exception as error:
        if not _is_expected_failure(error):
            raise
    await revive_and_finish(api)


def _is_expected_failure(error: Exception) -> bool:
    """Return True if the error shows that a message, or a call to the queue, failed in a run of the worker."""
    # SQS allows a second deletion of a message, but MiniStack refuses it.
    is_second_deletion = isinstance(error, ClientError) and error_code(error) == "ReceiptHandleIsInvalid"
    return str(error) == "a job failed" or is_transient(error) or is_second_deletion


def load_all(engine: Engine) -> dict[str, Any]:
    """Return all rows by table, and all users under `users`."""
    cognito = clients.cognito_client(engine.aws, engine.settings.region)
    pages = cognito.get_paginator("list_users").paginate(UserPoolId=engine.settings.user_pool_id)
    users = [user for page in pages for user in page["Users"]]
    rows = {table: sorted(engine.scan(table), key=repr) for table in engine.settings.tables}
    return {**rows, "users": sorted(users, key=repr)}


def select_others(everything: dict[str, Any], member_id: str, handle: str) -> dict[str, Any]:
    """Return the rows and the users that do not belong to this member.

    The counts of upvotes are left out. `Engine.assert_counts_equal_rows` checks them. Idempotency keys are left out,
    because their rows do not name their member, and expire.
    """
    marks = (member_id, f"'{handle}'", f"'handle#{handle}'", "'idempotency#")
    return {
        name: [
            {key: value for key, value in row.items() if key != "upvotes"}
            for row in rows
            if not any(mark in str(row) for mark in marks)
        ]
        for name, rows in everything.items()
    }


async def _react(member: MemberClient, *paths: str) -> None:
    for path in paths:
        assert (await member.http.put(path)).is_success


def _member_key(member_id: str) -> Any:
    return serialize({"pk": f"member#{member_id}"})


def _pending_key(member_id: str) -> Any:
    return serialize({"pk": f"pending#{DELETE_ACCOUNT}", "sk": member_id})
