"""A create repeated with its idempotency key is replayed. An edit that names an old or unknown version is 409."""

import asyncio

import pytest

from testkit.api_client import Api, MemberClient


def _make_key_header(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}


async def test_repeated_create_with_the_same_key_is_replayed(api: Api) -> None:
    kay = await api.create_member("kay")
    first = await kay.http.post("/v1/dwipps", json={"text": "Once"}, headers=_make_key_header("one"))
    assert first.status_code == 201
    assert "idempotent-replayed" not in first.headers
    location, path = first.headers["location"], f"/v1/dwipps/{first.json()['id']}"

    async def assert_replayed(text: str = "Once") -> None:
        response = await kay.http.post("/v1/dwipps", json={"text": text}, headers=_make_key_header("one"))
        assert (response.status_code, response.json()) == (201, first.json())
        assert response.headers["idempotent-replayed"] == "true"
        assert response.headers["location"] == location

    await assert_replayed()
    await assert_replayed(" Once\r\n")
    assert len((await kay.get("/v1/dwipps"))["items"]) == 1
    await kay.http.put(f"{path}/upvote")
    await kay.http.patch(path, json={"text": "Twice"})
    await assert_replayed()
    await kay.http.delete(path)
    await assert_replayed()
    assert (await kay.get("/v1/dwipps"))["items"] == []


async def test_key_reused_with_another_text_is_422(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.http.post("/v1/dwipps", json={"text": "Once"}, headers=_make_key_header("one"))
    for text in ("Twice", "once"):
        response = await kay.http.post("/v1/dwipps", json={"text": text}, headers=_make_key_header("one"))
        assert (response.status_code, response.json()["type"]) == (422, "urn:dwipper:problem:idempotency-key-reused")
    assert len((await kay.get("/v1/dwipps"))["items"]) == 1


async def test_key_belongs_to_one_member(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    for member, key in ((kay, "one"), (lee, "one"), (kay, "two"), (kay, "One")):
        response = await member.http.post("/v1/dwipps", json={"text": "Same"}, headers=_make_key_header(key))
        assert "idempotent-replayed" not in response.headers
    assert len((await kay.get("/v1/dwipps"))["items"]) == 4


async def _assert_invalid_keys_are_422(member: MemberClient, *keys: str) -> None:
    for key in keys:
        headers = {b"Idempotency-Key": key.encode()}
        response = await member.http.post("/v1/dwipps", json={"text": "x"}, headers=headers)
        assert response.status_code == 422, key
        assert [error["pointer"] for error in response.json()["errors"]] == ["header/Idempotency-Key"]


@pytest.mark.in_process
async def test_blank_key_is_422(api: Api) -> None:
    # A server trims blanks around a header value, so only a test in the process of the app can send such keys.
    await _assert_invalid_keys_are_422(await api.create_member("kay"), " ", "\t")


async def test_key_has_1_to_255_visible_ascii_characters(api: Api) -> None:
    kay = await api.create_member("kay")
    await _assert_invalid_keys_are_422(kay, "", "a b", "x" * 256, "é")
    repeated_header = [("Idempotency-Key", "x"), ("Idempotency-Key", "y")]
    assert (await kay.http.post("/v1/dwipps", json={"text": "x"}, headers=repeated_header)).status_code == 422
    for key in ("x", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "!~#"):
        assert (await kay.http.post("/v1/dwipps", json={"text": "x"}, headers=_make_key_header(key))).status_code == 201


async def test_fifty_concurrent_creates_with_one_key_make_one_dwipp(api: Api) -> None:
    kay = await api.create_member("kay")
    await kay.get("/v1/me")
    api.transcript.pause()
    requests = [kay.http.post("/v1/dwipps", json={"text": "Once"}, headers=_make_key_header("one")) for _ in range(50)]
    responses = await asyncio.gather(*requests)
    api.transcript.resume()
    assert {response.status_code for response in responses} == {201}
    assert len({response.text for response in responses}) == 1
    assert sum("idempotent-replayed" not in response.headers for response in responses) == 1
    assert len((await kay.get("/v1/dwipps"))["items"]) == 1


async def test_edit_with_another_version_is_409(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_member("lee")
    dwipp = await kay.post_dwipp("First")
    path = f"/v1/dwipps/{dwipp['id']}"
    second = await kay.http.patch(path, json={"text": "Second", "version": 1})
    assert (second.status_code, second.json()["version"]) == (200, 2)
    for version in (1, 3, 99):
        response = await kay.http.patch(path, json={"text": "Third", "version": version})
        assert (response.status_code, response.json()["type"]) == (409, "urn:dwipper:problem:edit-conflict")
    assert await kay.get(path) == second.json()
    assert (await lee.http.patch(path, json={"text": "Third", "version": 1})).status_code == 403
    assert (await kay.http.patch(path, json={"text": "Third", "version": 2})).json()["version"] == 3
    assert (await kay.http.patch(path, json={"text": "Fourth"})).json()["version"] == 4
    await lee.http.put(f"{path}/upvote")
    assert (await kay.get(path))["version"] == 4, "an upvote changed the version"
    for invalid_version in (0, -1, "4", 4.5, True, 2**53, [4], None):
        response = await kay.http.patch(path, json={"text": "x", "version": invalid_version})
        assert response.status_code == 422, invalid_version


async def test_exactly_one_concurrent_edit_with_the_same_version_wins(api: Api) -> None:
    kay = await api.create_member("kay")
    path = f"/v1/dwipps/{(await kay.post_dwipp('First'))['id']}"
    api.transcript.pause()
    edits = [kay.http.patch(path, json={"text": f"Edit {number}", "version": 1}) for number in range(10)]
    statuses = [response.status_code for response in await asyncio.gather(*edits)]
    assert sorted(statuses) == [200] + [409] * 9
    assert (await kay.get(path))["version"] == 2
