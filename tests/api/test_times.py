"""Each time in a response is in UTC, with exactly three digits of fraction."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from testkit.api_client import Api

WHOLE_SECOND = datetime(2026, 11, 25, 20, 52, 49, tzinfo=UTC)
TIME_FIELDS = ("created_at", "edited_at", "joined_at", "at")


def _iter_times(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the fields with a time in a body. Skip nulls."""
    if isinstance(node, list):
        for value in node:
            yield from _iter_times(value)
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _iter_times(value)
            if name in TIME_FIELDS and value is not None:
                yield name, value


@pytest.mark.in_process
async def test_each_time_has_three_digits(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    kay = await api.create_member("kay")
    for microseconds, digits in ((0, "000"), (999, "000"), (1_000, "001"), (810_000, "810"), (999_999, "999")):
        moment = WHOLE_SECOND + timedelta(microseconds=microseconds)
        nanoseconds = int(WHOLE_SECOND.timestamp()) * 10**9 + microseconds * 1_000
        monkeypatch.setattr("app.dwipps.ids.time", SimpleNamespace(time_ns=lambda value=nanoseconds: value))
        for module in ("repository", "reactions"):
            monkeypatch.setattr(f"app.dwipps.{module}.now", lambda value=moment: value)
        monkeypatch.setattr("app.members.directory.from_text", lambda _, value=moment: value)

        dwipp = await kay.post_dwipp("On time")
        path = f"/v1/dwipps/{dwipp['id']}"
        bodies = [dwipp, (await kay.http.patch(path, json={"text": "In time"})).json()]
        for reaction in ("upvote", "favorite"):
            bodies += [
                (await kay.http.request(method, f"{path}/{reaction}")).json() for method in ("PUT", "POST", "PUT")
            ]
        bodies += [await kay.get(each) for each in (path, "/v1/me", "/v1/users/kay", "/v1/me/export")]
        bodies += [
            await kay.get(each)
            for each in ("/v1/dwipps", "/v1/me/dwipps", "/v1/me/favorites", "/v1/me/upvotes", "/v1/users/kay/dwipps")
        ]
        times = list(_iter_times(bodies))
        assert {name for name, _ in times} == set(TIME_FIELDS)
        assert {value for _, value in times} == {f"2026-11-25T20:52:49.{digits}Z"}
        for suffix in ("/upvote", "/favorite", ""):
            assert (await kay.http.delete(path + suffix)).is_success


async def test_time_of_a_dwipp_is_the_time_in_its_id(api: Api) -> None:
    kay = await api.create_member("kay")
    dwipp = await kay.post_dwipp("On time")
    milliseconds = int(dwipp["id"].replace("-", "")[:12], 16)
    assert dwipp["created_at"].endswith(f".{milliseconds % 1000:03}Z")
    assert datetime.fromisoformat(dwipp["created_at"]).timestamp() == milliseconds / 1000
