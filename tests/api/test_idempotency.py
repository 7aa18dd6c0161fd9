"""A client that did not hear the answer sends its Dwipp again, or its edit."""

import asyncio

import pytest

from testkit.api_client import Api, MemberClient


def _key(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}


async def test_the_same_key_and_text_give_the_first_answer_again(api: Api) -> None:
    kay = await api.member("kay")
    first = await kay.http.post("/v1/dwipps", json={"text": "Once"}, headers=_key("one"))
    assert first.status_code == 201
    assert "idempotent-replayed" not in first.headers
    path = first.headers["location"]

    async def again(text: str = "Once") -> None:
        answer = await kay.http.post("/v1/dwipps", json={"text": text}, headers=_key("one"))
        assert (answer.status_code, answer.json()) == (201, first.json())
        assert answer.headers["idempotent-replayed"] == "true"
        assert answer.headers["location"] == path

    await again()
    await again(" Once\r\n")
    assert len((await kay.get("/v1/dwipps"))["items"]) == 1
    await kay.http.put(f"{path}/upvote")
    await kay.http.patch(path, json={"text": "Twice"})
    await again()
    await kay.http.delete(path)
    await again()
    assert (await kay.get("/v1/dwipps"))["items"] == []


async def test_another_text_under_a_key_is_refused(api: Api) -> None:
    kay = await api.member("kay")
    await kay.http.post("/v1/dwipps", json={"text": "Once"}, headers=_key("one"))
    for text in ("Twice", "once"):
        answer = await kay.http.post("/v1/dwipps", json={"text": text}, headers=_key("one"))
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:dwipper:problem:idempotency-key-reused")
    assert len((await kay.get("/v1/dwipps"))["items"]) == 1


async def test_a_key_is_its_members_own(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    for member, key in ((kay, "one"), (lee, "one"), (kay, "two"), (kay, "One")):
        answer = await member.http.post("/v1/dwipps", json={"text": "Same"}, headers=_key(key))
        assert "idempotent-replayed" not in answer.headers
    assert len((await kay.get("/v1/dwipps"))["items"]) == 4


async def _are_refused(member: MemberClient, *keys: str) -> None:
    for key in keys:
        headers = {b"Idempotency-Key": key.encode()}
        answer = await member.http.post("/v1/dwipps", json={"text": "x"}, headers=headers)
        assert answer.status_code == 422, key
        assert [flaw["pointer"] for flaw in answer.json()["errors"]] == ["header/Idempotency-Key"]


@pytest.mark.in_process
async def test_a_key_of_nothing_but_blanks_which_http_cannot_carry_is_refused(api: Api) -> None:
    await _are_refused(await api.member("kay"), " ", "\t")


async def test_a_key_has_1_to_255_visible_ascii_characters(api: Api) -> None:
    kay = await api.member("kay")
    await _are_refused(kay, "", "a b", "x" * 256, "é")
    twice = [("Idempotency-Key", "x"), ("Idempotency-Key", "y")]
    assert (await kay.http.post("/v1/dwipps", json={"text": "x"}, headers=twice)).status_code == 422
    for key in ("x", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "!~#"):
        assert (await kay.http.post("/v1/dwipps", json={"text": "x"}, headers=_key(key))).status_code == 201


async def test_fifty_at_once_with_one_key_make_one_dwipp(api: Api) -> None:
    kay = await api.member("kay")
    await kay.get("/v1/me")
    api.transcript.pause()
    requests = [kay.http.post("/v1/dwipps", json={"text": "Once"}, headers=_key("one")) for _ in range(50)]
    answers = await asyncio.gather(*requests)
    api.transcript.resume()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len((await kay.get("/v1/dwipps"))["items"]) == 1


async def test_an_edit_of_another_version_is_refused(api: Api) -> None:
    kay, lee = await api.member("kay"), await api.member("lee")
    dwipp = await kay.post_dwipp("First")
    path = f"/v1/dwipps/{dwipp['id']}"
    second = await kay.http.patch(path, json={"text": "Second", "version": 1})
    assert (second.status_code, second.json()["version"]) == (200, 2)
    for version in (1, 3, 99):
        answer = await kay.http.patch(path, json={"text": "Third", "version": version})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:dwipper:problem:edit-conflict")
    assert await kay.get(path) == second.json()
    assert (await lee.http.patch(path, json={"text": "Third", "version": 1})).status_code == 403
    assert (await kay.http.patch(path, json={"text": "Third", "version": 2})).json()["version"] == 3
    assert (await kay.http.patch(path, json={"text": "Fourth"})).json()["version"] == 4
    await lee.http.put(f"{path}/upvote")
    assert (await kay.get(path))["version"] == 4, "an upvote is no edit"
    for wrong in (0, -1, "4", 4.5, True, 2**53, [4]):
        answer = await kay.http.patch(path, json={"text": "x", "version": wrong})
        assert answer.status_code == 422, wrong


async def test_of_many_edits_of_one_version_one_wins(api: Api) -> None:
    kay = await api.member("kay")
    path = f"/v1/dwipps/{(await kay.post_dwipp('First'))['id']}"
    api.transcript.pause()
    edits = [kay.http.patch(path, json={"text": f"Edit {number}", "version": 1}) for number in range(10)]
    statuses = [answer.status_code for answer in await asyncio.gather(*edits)]
    assert sorted(statuses) == [200] + [409] * 9
    assert (await kay.get(path))["version"] == 2
