"""A member logs in, goes on, and logs out."""

from testkit.api_client import PASSWORD, Api

OVER = "urn:dwipper:problem:invalid-refresh-token"


async def test_a_wrong_password_and_an_unknown_email_are_one_and_the_same_answer(api: Api) -> None:
    kay = await api.member()
    answers = [
        await api.http.post("/v1/auth/login", json={"email": email, "password": password})
        for email, password in (
            (kay.email, "not the password"),
            ("nobody@example.org", PASSWORD),
            (kay.email, "x"),
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    bodies = [{**answer.json(), "request_id": None} for answer in answers]
    assert bodies[0]["type"] == "urn:dwipper:problem:invalid-credentials"
    assert all(body == bodies[0] for body in bodies)


async def test_a_session_goes_on_with_the_same_refresh_token(api: Api) -> None:
    kay = await api.member("kay")
    for _ in range(2):
        answer = await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
        assert answer.status_code == 200
        assert answer.json()["refresh_token"] == kay.tokens["refresh_token"]
        assert (await api.session(kay.email, answer.json()).get("/v1/me"))["handle"] == "kay"


async def test_what_is_no_refresh_token_goes_on_with_nothing(api: Api) -> None:
    kay = await api.member()
    for token in ("", " ", "x", "a.b.c", kay.tokens["access_token"], "x" * 5000, "\x00", "é"):
        answer = await api.http.post("/v1/auth/refresh", json={"refresh_token": token})
        assert (answer.status_code, answer.json()["type"]) == (401, OVER), token


async def test_a_logout_ends_that_session_alone(api: Api) -> None:
    kay = await api.member()
    other = await api.login(kay.email)

    for _ in range(2):
        answer = await api.http.post("/v1/auth/logout", json={"refresh_token": kay.tokens["refresh_token"]})
        assert (answer.status_code, answer.content) == (204, b"")

    ended = await api.http.post("/v1/auth/refresh", json={"refresh_token": kay.tokens["refresh_token"]})
    lives = await api.http.post("/v1/auth/refresh", json={"refresh_token": other["refresh_token"]})
    assert (ended.status_code, lives.status_code) == (401, 200)
    assert await kay.get("/v1/dwipps"), "an access token lives until it expires"


async def test_a_logout_of_no_session_is_none_the_worse(api: Api) -> None:
    for token in ("", "x", "a.b.c", "x" * 5000, "é"):
        answer = await api.http.post("/v1/auth/logout", json={"refresh_token": token})
        assert answer.status_code == 204, token


async def test_a_member_signs_out_everywhere(api: Api) -> None:
    kay, lee = await api.member(), await api.member()
    other = await api.login(kay.email)

    assert (await kay.http.delete("/v1/me/sessions")).status_code == 204

    for tokens, status in ((kay.tokens, 401), (other, 401), (lee.tokens, 200)):
        answer = await api.http.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert answer.status_code == status
    assert await api.login(kay.email), "and comes back by the password"


async def test_the_docs_page_logs_in_by_an_oauth2_form(api: Api) -> None:
    kay = await api.member("kay")
    form = {
        "grant_type": "password",
        "username": kay.email.upper(),
        "password": PASSWORD,
        "scope": "",
        "client_id": "x",
    }

    answer = await api.http.post("/v1/auth/token", data=form)

    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert (await api.session(kay.email, answer.json()).get("/v1/me"))["handle"] == "kay"


async def test_an_oauth2_form_is_refused_in_the_words_of_rfc_6749(api: Api) -> None:
    kay = await api.member()
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
        answer = await api.http.post(
            "/v1/auth/token", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        problem = answer.json()
        assert (answer.status_code, problem["error"]) == (400, error), body
        assert problem["type"].startswith("urn:dwipper:problem:")
    answer = await api.http.post("/v1/auth/token", json={"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
