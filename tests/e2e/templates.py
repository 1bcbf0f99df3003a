"""Templates as CloudFormation would see them: transformed by SAM, with parameters put in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from maskinfra.stacks import API, Stack

Resource = dict[str, Any]

STACK = "maskcheck"
PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}
_ABSENT = object()


class Evaluator:
    """Works out conditions and intrinsic functions; what only a deployment knows stays as it is."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        defaults = {name: told.get("Default") for name, told in template.get("Parameters", {}).items()}
        self.values = {**PSEUDO, **defaults, **parameters}
        self.conditions: Mapping[str, Any] = template.get("Conditions", {})

    def holds(self, name: str) -> bool:
        return bool(self.of(self.conditions[name]))

    def of(self, value: Any) -> Any:
        """Return a value with everything worked out that can be."""
        if isinstance(value, list):
            return [worked for item in value if (worked := self.of(item)) is not _ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            method = getattr(self, f"_{function.rpartition(':')[2].lower()}", None)
            if method is not None:
                return method(argument)
        worked_out = {key: self.of(item) for key, item in value.items()}
        return {key: item for key, item in worked_out.items() if item is not _ABSENT}

    def _ref(self, name: str) -> Any:
        return _ABSENT if name == "AWS::NoValue" else self.values.get(name, {"Ref": name})

    def _if(self, argument: list[Any]) -> Any:
        return self.of(argument[1] if self.holds(argument[0]) else argument[2])

    def _condition(self, name: str) -> Any:
        return self.holds(name)

    def _equals(self, argument: list[Any]) -> bool:
        first, second = self.of(argument)
        return bool(str(first) == str(second))

    def _not(self, argument: list[Any]) -> bool:
        return not self.of(argument[0])

    def _and(self, argument: list[Any]) -> bool:
        return all(self.of(item) for item in argument)

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(self.of(argument[1]))

    def _split(self, argument: list[Any]) -> Any:
        return str(self.of(argument[1])).split(argument[0])

    def _select(self, argument: list[Any]) -> Any:
        return self.of(argument[1])[int(argument[0])]

    def _sub(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else (argument[0], self.of(argument[1]))
        for name, value in {**self.values, **own}.items():
            text = text.replace(f"${{{name}}}", str(value))
        return str(text)


def read(path: Path) -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse(path.read_text())
    return template


def resources(path: Path, **parameters: str | int) -> dict[str, Resource]:
    """The resources of a template without SAM's resources."""
    return _worked_out(read(path), parameters)


def deployed(stack: Stack = API, **parameters: str | int) -> dict[str, Resource]:
    """The resources of a stack's template as SAM hands them to CloudFormation."""
    template = read(stack.template)
    template["Resources"][stack.function]["Properties"]["CodeUri"] = "s3://bucket/key"  # as after an upload
    told = {name: parameter["Default"] for name, parameter in template["Parameters"].items()} | parameters
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", PSEUDO["AWS::Region"])
        translated: dict[str, Any] = Translator({}, Parser()).translate(template, told)
    return _worked_out(translated, parameters)


def _worked_out(template: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Resource]:
    evaluator = Evaluator(template, parameters)
    kept = {
        name: resource
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or evaluator.holds(resource["Condition"])
    }
    return {name: evaluator.of(resource) for name, resource in kept.items()}


def of_type(found: Mapping[str, Resource], kind: str) -> dict[str, Any]:
    """The properties of the one resource of a type."""
    (resource,) = (resource for resource in found.values() if resource["Type"] == kind)
    properties: dict[str, Any] = resource["Properties"]
    return properties


def statements(found: Mapping[str, Resource]) -> list[dict[str, Any]]:
    """Every statement of every policy that the template itself writes."""
    roles = [resource["Properties"] for resource in found.values() if resource["Type"] == "AWS::IAM::Role"]
    policies = [policy for role in roles for policy in role.get("Policies", ())]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def properties(found: Mapping[str, Resource], name: str) -> dict[str, Any]:
    """The properties of a resource by its name."""
    told: dict[str, Any] = found[name]["Properties"]
    return told


def actions(statement: Mapping[str, Any]) -> list[str]:
    """The actions of a statement, be it one or several."""
    told = statement["Action"]
    return [told] if isinstance(told, str) else told


def places(statement: Mapping[str, Any]) -> list[str]:
    """The resources of a statement, be it one or several; references as text."""
    told = statement["Resource"]
    return [str(place) for place in (told if isinstance(told, list) else [told])]


def known(variables: Mapping[str, Any]) -> dict[str, str]:
    """Those environment variables whose value is known before a deployment."""
    return {name: value for name, value in variables.items() if isinstance(value, str)}
