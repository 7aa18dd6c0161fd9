"""Every body in the document has an example that its schema takes, and that the app would take and give."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from app.accounts import schemas as accounts
from app.accounts.password_grant import PasswordGrant
from app.dwipps.ids import creation_time
from app.dwipps.schemas import DwippDraft, DwippEdit, DwippPage, DwippView
from app.me.schemas import ExportView
from app.members.schemas import OwnProfileView, ProfileView
from testkit.operations import ALL_OPERATIONS, document
from tests.contract.document import Spec, flaws, media, resolved

GIVEN: tuple[type[BaseModel], ...] = (
    *(DwippView, DwippPage, ProfileView, OwnProfileView, ExportView),
    *(accounts.RegisterResponse, accounts.TokenResponse),
)
TAKEN: tuple[type[BaseModel], ...] = (
    *(DwippDraft, DwippEdit, accounts.RegisterRequest, accounts.ConfirmRequest, accounts.ResendRequest),
    *(accounts.LoginRequest, accounts.RefreshRequest, accounts.ForgotRequest, accounts.ResetRequest),
    accounts.ChangePasswordRequest,
)

OPERATIONS_ON_A_DWIPP = (
    *("create_dwipp", "edit_dwipp", "toggle_upvote", "set_upvote", "clear_upvote"),
    *("toggle_favorite", "set_favorite", "clear_favorite"),
)


def _example(spec: Spec, name: str) -> dict[str, Any]:
    value: dict[str, Any] = spec["components"]["examples"][name]["value"]
    return value


def test_every_body_has_an_example_and_its_schema_takes_it() -> None:
    spec = document()
    assert list(flaws(spec)) == []
    assert len(list(media(spec))) > 200


@pytest.mark.parametrize(
    "mistake",
    [
        lambda spec: _example(spec, "DwippView").update(version="1"),
        lambda spec: _example(spec, "DwippView").update(created_at="yesterday"),
        lambda spec: _example(spec, "DwippView").update(id="1"),
        lambda spec: _example(spec, "DwippPage").pop("next_cursor"),
        lambda spec: _example(spec, "LoginRequest").update(email="no address"),
        lambda spec: _example(spec, "LoginRequest").update(remember=True),
        lambda spec: _example(spec, "token").update(grant_type="code"),
        lambda spec: _example(spec, "edit-conflict").update(type="urn:dwipper:problem:handle-taken"),
        lambda spec: _example(spec, "edit-conflict").pop("request_id"),
        lambda spec: _example(spec, "invalid-request").update(errors=["text"]),
        lambda spec: spec["paths"]["/v1/dwipps"]["post"]["requestBody"]["content"]["application/json"].pop("examples"),
        lambda spec: spec["components"]["responses"]["edit-conflict"]["content"]["application/problem+json"].pop(
            "examples"
        ),
        lambda spec: spec["components"]["headers"]["Link"].update(example="/v1/dwipps"),
    ],
)
def test_a_mistake_would_be_found(mistake: Callable[[Spec], object]) -> None:
    spec = copy.deepcopy(document())
    mistake(spec)
    assert list(flaws(spec))


def test_an_example_shows_all_that_there_can_be() -> None:
    spec = document()
    for whose, body in media(spec):
        for example in body["examples"].values():
            for schema in _choices(spec, body["schema"]):
                named, shown = set(schema["properties"]) - {"scope"}, set(resolved(spec, example)["value"])
                assert shown <= named | {"error", "errors"}, whose
                assert shown >= named or len(body["examples"]) > 1, whose


def _choices(spec: Spec, schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [resolved(spec, choice) for choice in schema.get("oneOf", [schema])]


@pytest.mark.parametrize("model", GIVEN, ids=lambda model: str(model.__name__))
def test_an_answer_is_as_the_app_writes_it(model: type[BaseModel]) -> None:
    example = _example(document(), model.__name__)
    assert json.loads(model.model_validate(example).model_dump_json()) == example


@pytest.mark.parametrize("model", TAKEN, ids=lambda model: str(model.__name__))
def test_a_request_is_one_that_the_app_takes(model: type[BaseModel]) -> None:
    model.model_validate(_example(document(), model.__name__))


def test_the_token_form_is_one_that_the_app_takes() -> None:
    PasswordGrant.model_validate(_example(document(), "token"))


@pytest.mark.parametrize("operation", OPERATIONS_ON_A_DWIPP)
def test_a_dwipp_is_as_its_operation_leaves_it(operation: str) -> None:
    dwipp = DwippView.model_validate(_example(document(), operation))
    assert dwipp.created_at == creation_time(dwipp.id)
    assert (dwipp.version > 1) is (dwipp.edited_at is not None) is (operation == "edit_dwipp")
    assert dwipp.upvoted is (operation in ("toggle_upvote", "set_upvote"))
    assert operation in {each.name for each in ALL_OPERATIONS}
