"""The evaluation of policies follows the documented semantics of IAM."""

from typing import Any

import pytest

from tests.infrastructure.iam import ACCOUNT, Policies, Request, Template

_ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
_DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/secret"}
_OBJECT = "arn:aws:s3:::bucket/a"
_TAG = "aws:ResourceTag/stage"


def _allows(*statements: dict[str, Any], action: str = "s3:GetObject", resource: str = _OBJECT, **keys: str) -> bool:
    documents = [{"Version": "2012-10-17", "Statement": [statement]} for statement in statements]
    context = {name.replace("__", ":"): value for name, value in keys.items()}
    return Policies(documents).allows(Request(action, resource, context))


class TestStatement:
    @pytest.mark.parametrize(
        ("action", "resource", "is_allowed"),
        [
            ("s3:GetObject", _OBJECT, True),
            ("s3:getobject", _OBJECT, True),
            ("s3:PutObject", _OBJECT, False),
            ("s3:GetObject", "arn:aws:s3:::bucket", False),
            ("s3:GetObject", "arn:aws:s3:::Bucket/a", False),
            ("s3:GetObject", "arn:aws:s3:::bucket/a/b", True),
        ],
        ids=["match", "action-in-lowercase", "other-action", "other-resource", "resource-in-other-case", "slash"],
    )
    def test_request_must_match_action_and_resource(self, action: str, resource: str, is_allowed: bool) -> None:
        assert _allows(_ALLOW, action=action, resource=resource) == is_allowed

    @pytest.mark.parametrize("statements", [(_ALLOW, _DENY), (_DENY, _ALLOW)], ids=["deny-last", "deny-first"])
    def test_deny_of_any_policy_overrides(self, statements: tuple[dict[str, Any], ...]) -> None:
        assert _allows(*statements)
        assert not _allows(*statements, resource="arn:aws:s3:::bucket/secret")

    def test_nothing_is_allowed_without_a_statement(self) -> None:
        assert not _allows()

    def test_literal_asterisk_matches_only_an_asterisk(self) -> None:
        literal = {**_ALLOW, "Resource": "arn:aws:s3:::bucket/${*}"}
        assert _allows(literal, resource="arn:aws:s3:::bucket/*")
        assert not _allows(literal)
        assert not _allows({**_ALLOW, "Resource": _OBJECT}, resource="arn:aws:s3:::bucket/*")


class TestCondition:
    @pytest.mark.parametrize(
        ("operator", "expected", "if_dev", "if_prod", "if_absent"),
        [
            ("StringEquals", "dev", True, False, False),
            ("StringEquals", ["dev", "test"], True, False, False),
            ("StringNotEquals", "prod", True, False, True),
            ("StringNotEquals", ["prod", "test"], True, False, True),
            ("StringLike", "d*", True, False, False),
            ("ArnLike", "d*", True, False, False),
            ("StringEqualsIfExists", "dev", True, False, True),
            ("StringNotEqualsIfExists", "prod", True, False, True),
            ("ForAllValues:StringEquals", "dev", True, False, True),
            ("ForAnyValue:StringEquals", "dev", True, False, False),
            ("Null", "true", False, False, True),
            ("Null", "false", True, True, False),
        ],
    )
    def test_operator_applies_to_present_and_absent_keys(
        self, operator: str, expected: str | list[str], if_dev: bool, if_prod: bool, if_absent: bool
    ) -> None:
        statement = {**_ALLOW, "Condition": {operator: {_TAG: expected}}}
        policies = Policies([{"Statement": [statement]}])
        contexts: list[dict[str, str]] = [{_TAG: "dev"}, {_TAG: "prod"}, {}]
        results = [policies.allows(Request("s3:GetObject", _OBJECT, keys)) for keys in contexts]
        assert results == [if_dev, if_prod, if_absent]

    def test_all_keys_and_operators_must_hold(self) -> None:
        both = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Null": {"aws:c": "true"}}
        statement = {**_ALLOW, "Condition": both}
        assert _allows(statement, aws__a="1", aws__b="2")
        assert not _allows(statement, aws__a="1")
        assert not _allows(statement, aws__a="1", aws__b="2", aws__c="3")

    def test_names_of_keys_ignore_case(self) -> None:
        assert _allows({**_ALLOW, "Condition": {"StringEquals": {"AWS:A": "1"}}}, aws__a="1")


def test_template_is_resolved() -> None:
    content = {
        "Parameters": {"Stage": {}, "Domain": {"Default": ""}},
        "Conditions": {"HasDomain": {"Not": [{"Equals": [{"Ref": "Domain"}, ""]}]}},
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Sub": "${Stage}-role"}}}},
    }
    node = [{"If": ["HasDomain", {"Sub": "${Domain}/${!*}"}, {"Ref": "AWS::NoValue"}]}, {"GetAtt": "Role.Arn"}]
    role = f"arn:aws:iam::{ACCOUNT}:role/dev-role"
    assert Template(content, Stage="dev").resolve(node) == [role]
    assert Template(content, Stage="dev", Domain="a.org").resolve(node) == ["a.org/${*}", role]
