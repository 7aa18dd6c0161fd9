"""Each body in the document has an example that matches its schema and the app's models."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from app.accounts import schemas as accounts
from app.accounts.password_grant import PasswordGrant
from app.dwipps.ids import creation_time
from app.dwipps.schemas import DwippDraft, DwippEdit, DwippPage, DwippView
from app.me.schemas import AccountView, ExportView
from app.members.schemas import ProfileView
from testkit.operations import ALL_OPERATIONS, load_document
from tests.contract.document import Spec, find_example_errors, iter_bodies, merge_properties, resolve, resolve_choices

RESPONSE_MODELS: tuple[type[BaseModel], ...] = (
    *(DwippView, DwippPage, ProfileView, AccountView, ExportView),
    *(accounts.RegistrationView, accounts.SessionView),
)
REQUEST_MODELS: tuple[type[BaseModel], ...] = (
    *(DwippDraft, DwippEdit, accounts.RegisterRequest, accounts.ConfirmRequest, accounts.ResendRequest),
    *(accounts.LoginRequest, accounts.RefreshRequest, accounts.ForgotRequest, accounts.ResetRequest),
    accounts.ChangePasswordRequest,
)

# A form for a person has no scope. The time of a decision is that of no decision in the demo data.
_LEFT_OUT = {"scope", "if_decided_at"}

DWIPP_OPERATIONS = (
    *("create_dwipp", "edit_dwipp", "toggle_upvote", "set_upvote", "clear_upvote"),
    *("toggle_favorite", "set_favorite", "clear_favorite"),
)


def _get_example(spec: Spec, name: str) -> dict[str, Any]:
    value: dict[str, Any] = spec["components"]["examples"][name]["value"]
    return value


def test_each_body_has_a_valid_example() -> None:
    spec = load_document()
    assert list(find_example_errors(spec)) == []
    assert len(list(iter_bodies(spec))) > 200


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: _get_example(spec, "DwippView").update(version="1"),
        lambda spec: _get_example(spec, "DwippView").update(created_at="yesterday"),
        lambda spec: _get_example(spec, "DwippView").update(id="1"),
        lambda spec: _get_example(spec, "DwippPage").pop("next_cursor"),
        lambda spec: _get_example(spec, "LoginRequest").update(email="no address"),
        lambda spec: _get_example(spec, "LoginRequest").update(remember=True),
        lambda spec: _get_example(spec, "PasswordGrant").update(grant_type="code"),
        lambda spec: _get_example(spec, "edit-conflict").update(type="urn:dwipper:problem:handle-taken"),
        lambda spec: _get_example(spec, "edit-conflict").pop("request_id"),
        lambda spec: _get_example(spec, "invalid-request").update(errors=["text"]),
        lambda spec: spec["paths"]["/v1/dwipps"]["post"]["requestBody"]["content"]["application/json"].pop("examples"),
        lambda spec: spec["components"]["responses"]["edit-conflict"]["content"]["application/problem+json"].pop(
            "examples"
        ),
        lambda spec: spec["components"]["headers"]["Link"].update(example="/v1/dwipps"),
    ],
    ids=[
        "wrong value type",
        "invalid date",
        "invalid UUID",
        "missing field",
        "invalid email",
        "extra field",
        "invalid constant in a form",
        "wrong problem type",
        "problem without a request id",
        "invalid list of errors",
        "request without an example",
        "problem without an example",
        "invalid header value",
    ],
)
def test_invalid_example_is_found(change: Callable[[Spec], object]) -> None:
    spec = copy.deepcopy(load_document())
    change(spec)
    assert any(find_example_errors(spec))


def test_single_example_has_all_properties() -> None:
    spec = load_document()
    for owner, body in iter_bodies(spec):
        for example in body["examples"].values():
            for schema in resolve_choices(spec, body["schema"]):
                declared, present = (
                    set(merge_properties(spec, schema)) - _LEFT_OUT,
                    set(resolve(spec, example)["value"]),
                )
                assert present <= declared | _LEFT_OUT | {"error", "errors", "until", "reason"}, owner
                assert present >= declared or len(body["examples"]) > 1, owner


@pytest.mark.parametrize("model", RESPONSE_MODELS, ids=lambda model: str(model.__name__))
def test_response_example_round_trips_through_its_model(model: type[BaseModel]) -> None:
    example = _get_example(load_document(), model.__name__)
    assert json.loads(model.model_validate(example).model_dump_json()) == example


@pytest.mark.parametrize("model", REQUEST_MODELS, ids=lambda model: str(model.__name__))
def test_request_example_is_accepted(model: type[BaseModel]) -> None:
    model.model_validate(_get_example(load_document(), model.__name__))


def test_times_in_the_document_have_three_digits() -> None:
    times = re.findall(r"\d{4}-\d\d-\d\dT[^\"` ]*", json.dumps(load_document()))
    assert len(times) > 10
    assert [time for time in times if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)] == []


def test_token_request_example_is_accepted() -> None:
    PasswordGrant.model_validate(_get_example(load_document(), "PasswordGrant"))


@pytest.mark.parametrize("operation", DWIPP_OPERATIONS)
def test_dwipp_example_fits_its_operation(operation: str) -> None:
    dwipp = DwippView.model_validate(_get_example(load_document(), operation))
    assert dwipp.created_at == creation_time(dwipp.id)
    assert (dwipp.version > 1) is (dwipp.edited_at is not None) is (operation == "edit_dwipp")
    assert dwipp.upvoted is (operation in ("toggle_upvote", "set_upvote"))
    assert operation in {documented.name for documented in ALL_OPERATIONS}
