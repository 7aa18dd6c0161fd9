"""A login starts a session, a refresh continues it, and a logout revokes it."""

from testkit.api_client import PASSWORD, Api

INVALID_TOKEN = "urn:dwipper:problem:invalid-refresh-token"


async def test_wrong_password_and_unknown_email_have_the_same_response(api: Api) -> None:
    kay = await api.create_member()
    responses = [
        await api.http.post("/v1/auth/login", json={"email": email, "password": password})
        for email, password in (
            (kay.email, "not the password"),
            ("nobody@example.org", PASSWORD),
            (kay.email, "x"),
        )
    ]
    assert {response.status_code for response in responses} == {401}
    bodies = [{**response.json(), "request_id": None} for response in responses]
    assert bodies[0]["type"] == "urn:dwipper:problem:invalid-credentials"
    assert all(body == bodies[0] for body in bodies)


async def test_refresh_keeps_the_refresh_token(api: Api) -> None:
    kay = await api.create_member("kay")
    for _ in range(2):
        response = await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
        assert response.status_code == 200
        assert response.json()["refresh_token"] == kay.tokens["refresh_token"]
        assert (await api.open_session(kay.email, response.json()).get("/v1/me"))["handle"] == "kay"


async def test_invalid_refresh_token_is_401(api: Api) -> None:
    kay = await api.create_member()
    for token in ("", " ", "x", "a.b.c", kay.tokens["access_token"], "x" * 50_000, "\x00", "é"):
        response = await api.http.post("/v1/auth/refresh", json={"refresh_token": token})
        assert (response.status_code, response.json()["type"]) == (401, INVALID_TOKEN), token


async def test_logout_revokes_only_its_session(api: Api) -> None:
    kay = await api.create_member()
    other = await api.login(kay.email)

    for _ in range(2):
        response = await api.http.post("/v1/auth/logout", json={"refresh_token": kay.tokens["refresh_token"]})
        assert (response.status_code, response.content) == (204, b"")

    logged_out = await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
    remaining = await api.http.post("/v1/auth/refresh", json={"refresh_token": other["refresh_token"]})
    assert (logged_out.status_code, remaining.status_code) == (401, 200)
    assert await kay.get("/v1/dwipps")  # An access token is valid until it expires.


async def test_logout_with_an_invalid_token_is_204(api: Api) -> None:
    for token in ("", "x", "a.b.c", "x" * 50_000, "é"):
        response = await api.http.post("/v1/auth/logout", json={"refresh_token": token})
        assert response.status_code == 204, token


async def test_delete_sessions_revokes_all_sessions(api: Api) -> None:
    kay, lee = await api.create_member(), await api.create_member()
    other = await api.login(kay.email)

    assert (await kay.http.delete("/v1/me/sessions")).status_code == 204

    for tokens, status in ((kay.tokens, 401), (other, 401), (lee.tokens, 200)):
        response = await api.http.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert response.status_code == status
    assert await api.login(kay.email)  # The password is still valid.


async def test_password_grant_logs_in(api: Api) -> None:
    kay = await api.create_member("kay")
    form = {
        "grant_type": "password",
        "username": kay.email.upper(),
        "password": PASSWORD,
        "scope": "",
        "client_id": "x",
    }

    response = await api.http.post("/v1/auth/token", data=form)

    assert response.status_code == 200
    assert set(response.json()) == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert (await api.open_session(kay.email, response.json()).get("/v1/me"))["handle"] == "kay"


async def test_password_grant_errors_follow_rfc_6749(api: Api) -> None:
    kay = await api.create_member()
    unconfirmed = "unconfirmed@example.org"
    await api.register(unconfirmed)
    form = "grant_type={}&username={}&password={}".format
    password = PASSWORD.replace(" ", "+")
    for body, error in (
        ("", "invalid_request"),
        (f"username={kay.email}&password={password}", "invalid_request"),
        (form("client_credentials", kay.email, password), "unsupported_grant_type"),
        (f"grant_type=password&username={kay.email}", "invalid_request"),
        (f"grant_type=password&password={password}", "invalid_request"),
        (form("password", "no-email", password), "invalid_request"),
        (form("password", kay.email, password) + "&password=x", "invalid_request"),
        (form("password", kay.email, "wrong"), "invalid_grant"),
        (form("password", "nobody@example.org", password), "invalid_grant"),
        (form("password", unconfirmed, password), "invalid_grant"),
        ("%ff=%fe", "invalid_request"),
    ):
        response = await api.http.post(
            "/v1/auth/token", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        problem = response.json()
        assert (response.status_code, problem["error"]) == (400, error), body
        assert problem["type"].startswith("urn:dwipper:problem:")
    response = await api.http.post("/v1/auth/token", json={"grant_type": "password"})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
