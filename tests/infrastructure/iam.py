"""The policies of a CloudFormation template, evaluated like IAM does.

MiniStack's engine evaluates statements and conditions. It knows no policy variables, so this module replaces `${*}`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_evaluator as engine  # type: ignore[import-untyped]

ACCOUNT = "123456789012"
REGION = "eu-central-1"

_PSEUDO_PARAMETERS = {"AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::Region": REGION}
_NO_VALUE = object()
# An asterisk that is no wildcard: in a request, or `${*}` in a policy.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
_ASTERISK = "\N{ASTERISK OPERATOR}"


@dataclass(frozen=True)
class Request:
    """A request of AWS, as the policies see it.

    Attributes:
        action: the action, such as `s3:GetObject`.
        resource: the ARN of the resource. An asterisk in it is no wildcard, except in the ARN `*`.
        keys: the condition keys of the request. A missing key is absent.
    """

    action: str
    resource: str
    keys: Mapping[str, str] = field(default_factory=dict)


class Template:
    """A template with values for its parameters.

    Args:
        content: the content, as `load_template` returns it.
        parameters: the values of the parameters that do not have their defaults.
    """

    def __init__(self, content: Mapping[str, Any], **parameters: str) -> None:
        self._content = content
        defaults = {name: each.get("Default", "") for name, each in content.get("Parameters", {}).items()}
        self._values = {**_PSEUDO_PARAMETERS, **defaults, **parameters}

    def find_documents(self, *resources: str) -> Iterator[dict[str, Any]]:
        """Yield the policy documents of roles and managed policies, by their logical ids."""
        for name in resources:
            properties = self._content["Resources"][name]["Properties"]
            documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
            for document in documents:
                yield self.resolve(document)
            attached = [each["Ref"] for each in properties.get("ManagedPolicyArns", []) if "Ref" in each]
            yield from self.find_documents(*attached)

    def resolve(self, node: Any) -> Any:
        """Return a part of the template without functions of CloudFormation."""
        if isinstance(node, list):
            return [value for value in map(self.resolve, node) if value is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if set(node) == {"If"}:
            condition, then, otherwise = node["If"]
            return self.resolve(then if self._holds(self._content["Conditions"][condition]) else otherwise)
        return self._get_value(node) if set(node) & {"GetAtt", "Ref", "Sub"} else self._resolve_members(node)

    def _resolve_members(self, node: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self.resolve(value) for key, value in node.items()}

    def _get_value(self, node: Mapping[str, str]) -> Any:
        """Return the value of a reference or a substitution."""
        ((function, argument),) = node.items()
        if function == "Sub":
            filled = re.sub(r"\$\{([^!}]+)\}", lambda match: self._values[match[1]], argument)
            return filled.replace("${!", "${")
        name = argument.partition(".")[0]
        if name == "AWS::NoValue":
            return _NO_VALUE
        return self._values[name] if name in self._values else self._get_arn(name)

    def _holds(self, condition: Mapping[str, Any]) -> bool:
        if "Not" in condition:
            return not self._holds(condition["Not"][0])
        left, right = condition["Equals"]
        return bool(self.resolve(left) == self.resolve(right))

    def _get_arn(self, name: str) -> str:
        """Return the ARN of a role or a managed policy. Without a name of its own, it has its logical id as name."""
        resource = self._content["Resources"][name]
        kind = "role" if resource["Type"] == "AWS::IAM::Role" else "policy"
        properties = resource["Properties"]
        given = properties.get("RoleName") or properties.get("ManagedPolicyName") or name
        return f"arn:aws:iam::{ACCOUNT}:{kind}/{self.resolve(given)}"


class Policies:
    """The policies of a principal.

    Args:
        documents: the policy documents.
    """

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        texts = (json.dumps(document, ensure_ascii=False).replace("${*}", _ASTERISK) for document in documents)
        self._parsed = [engine.parse_policy_document(text) for text in texts]

    def allows(self, request: Request) -> bool:
        """Return True if the policies together allow a request."""
        resource = request.resource if request.resource == "*" else request.resource.replace("*", _ASTERISK)
        keys = {name.lower(): value for name, value in request.keys.items()}
        context = engine.EvalContext(
            principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/test",
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=request.action,
            resource_arn=resource,
            region=REGION,
            service_context={"aws:tagkeys": None, **keys},
        )
        return bool(engine.evaluate(context, self._parsed).decision == "Allow")
