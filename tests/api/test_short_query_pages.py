"""Lists are complete, even if DynamoDB returns short pages of a query."""

from datetime import timedelta
from typing import Any

import pytest

from app.aws.clients import dynamodb_client
from app.bootstrap import core
from app.me import deletions
from testkit.api_client import Api


class TestShortQueryPages:
    """DynamoDB may end a page of a query early. Only a missing LastEvaluatedKey ends a list."""

    @pytest.fixture(autouse=True)
    def short_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make DynamoDB return at most three items for each query."""

        def make_client(region: str) -> Any:
            client: Any = dynamodb_client(region)
            client.meta.events.register("before-parameter-build.dynamodb.Query", _limit_to_three)
            return client

        monkeypatch.setattr(core, "dynamodb_client", make_client)

    async def test_each_list_has_all_items(self, api: Api) -> None:
        kay = await api.create_member("kay")
        ids = [(await kay.post_dwipp(f"Thought {number}"))["id"] for number in range(10)]
        for dwipp_id in ids:
            await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
            await kay.http.put(f"/v1/dwipps/{dwipp_id}/favorite")
        for path in ("/v1/dwipps", "/v1/me/dwipps", "/v1/users/kay/dwipps", "/v1/me/favorites", "/v1/me/upvotes"):
            page = await kay.get(path, limit=8)
            assert [item["id"] for item in page["items"]] == ids[:1:-1], path
            assert all(item["upvoted"] and item["favorited"] for item in page["items"]), path
            assert [item["id"] for item in await kay.list_all(path, 4)] == ids[::-1], path
        export = await kay.get("/v1/me/export")
        assert [mark["dwipp_id"] for mark in export["upvotes"]] == ids
        assert export["next_cursor"] is None

    async def test_deletion_of_an_account_leaves_nothing(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deletions, "WRITE_DRAIN_PERIOD", timedelta(0))
        kay, lee = await api.create_member("kay"), await api.create_member("lee")
        for number in range(5):
            path = f"/v1/dwipps/{(await lee.post_dwipp(f'Thought {number}'))['id']}"
            await kay.http.put(f"{path}/upvote")
            await kay.post_dwipp(f"Thought {number}")
        assert (await kay.http.delete("/v1/me")).status_code == 202
        await api.finish_jobs()
        assert (await kay.http.delete("/v1/me")).status_code == 204
        page = await lee.get("/v1/dwipps")
        assert {(item["author"]["handle"], item["upvotes"]) for item in page["items"]} == {("lee", 0)}


def _limit_to_three(params: dict[str, Any], **_: Any) -> None:
    params["Limit"] = min(params.get("Limit", 3), 3)
