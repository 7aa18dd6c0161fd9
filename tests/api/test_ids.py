"""Ids are case-insensitive wherever a client sends them, because some systems print UUIDs in capitals."""

from testkit.api_client import Api
from testkit.operations import ALL_OPERATIONS

DWIPP_OPERATIONS = sorted(
    (operation for operation in ALL_OPERATIONS if "{dwipp_id}" in operation.path),
    key=lambda operation: operation.name == "delete_dwipp",
)


def _respell(given: str) -> tuple[str, str]:
    """Return an id in capitals, and in capitals and small letters by turns."""
    by_turns = "".join(letter.upper() if index % 2 else letter for index, letter in enumerate(given))
    return given.upper(), by_turns


async def test_dwipp_id_is_case_insensitive_in_each_operation(api: Api) -> None:
    kay, lee = await api.create_member("kay"), await api.create_moderator()
    api.transcript.pause()  # Its placeholders are for ids in small letters.
    for spelling in (0, 1):
        dwipp = await kay.post_dwipp("I was here.")
        for operation in DWIPP_OPERATIONS:
            path = operation.path.format(dwipp_id=_respell(dwipp["id"])[spelling])
            # Members can neither report their own Dwipps nor decide on them.
            sender = lee if operation.name == "report_dwipp" or "/moderation/" in operation.path else kay
            response = await sender.http.request(operation.method, path, json=operation.body)
            assert response.is_success, operation
            if response.status_code != 204:
                body = response.json()
                assert body.get("id", body.get("dwipp_id")) == dwipp["id"], operation
        assert (await kay.http.get(f"/v1/dwipps/{dwipp['id']}")).status_code == 404
    api.transcript.resume()
    assert (await kay.get("/v1/dwipps"))["items"] == []
    assert len(DWIPP_OPERATIONS) >= 9


async def test_spellings_of_an_id_are_one_dwipp(api: Api) -> None:
    kay = await api.create_member("kay")
    dwipp = await kay.post_dwipp("Count me once")
    api.transcript.pause()
    for dwipp_id in (dwipp["id"], *_respell(dwipp["id"])):
        await kay.http.put(f"/v1/dwipps/{dwipp_id}/upvote")
        await kay.http.put(f"/v1/dwipps/{dwipp_id}/favorite")
    api.transcript.resume()
    expected = dwipp | {"upvotes": 1, "upvoted": True, "favorited": True}
    assert await kay.get("/v1/me/favorites") == {"items": [expected], "next_cursor": None}
    assert len((await kay.get("/v1/me/export"))["upvotes"]) == 1


async def test_registration_is_case_insensitive(api: Api) -> None:
    api.transcript.pause()
    for number in (0, 1):
        email = f"member{number}@example.org"
        registration = _respell(await api.register(email))[number]
        before = len(api.list_mails())
        resent = await api.http.post("/v1/auth/resend", json={"registration": registration})
        assert (resent.status_code, len(api.list_mails()) - before) == (202, 1)
        await api.confirm(registration, email)
    api.transcript.resume()
    for number in (0, 1):
        await api.login(f"member{number}@example.org")
