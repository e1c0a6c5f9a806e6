"""A finished request as infrastructure code: what was made or changed, for those who keep their organization in a repository. Pure.

Resources are declared by the operation; the lines for the AWS CLI are the calls that its steps send, so that both say what was done.
Source: Terraform AWS Provider, "aws_organizations_…"; AWS CloudFormation User Guide, "Import AWS resources into a CloudFormation
stack" (DeletionPolicy), "Dynamic references"; AWS CLI User Guide, "Specifying parameter values", "AWS CLI skeletons".
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

from operations.aws.client import Answer, Aws
from operations.core import hcl
from operations.core.hcl import Document
from operations.core.steps import Shared, Step, World
from operations.snapshot.names import capital, joined

TERRAFORM, CLOUDFORMATION, CLI = "OpenTofu / Terraform", "CloudFormation", "AWS CLI"
INTRINSIC = re.compile(r"Ref|Fn::.*")
DYNAMIC = "{{resolve:"
# The AWS CLI puts what it finds there in place of a value that begins so.
LOADED = ("file://", "fileb://", "http://", "https://")
LONGEST_LINE = 100
IN_YOUR_CODE = "Already in your code? Change only {changed} there, and leave the import block out."
WITHOUT_REST = "Change {changed} where your code has it; the other arguments stay as they are."


@dataclass(frozen=True)
class Template:
    """What CloudFormation knows a resource as: its type, the properties by which it is imported, and its properties."""

    type: str
    identifier: Mapping[str, str]
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource of Terraform's AWS provider, and of CloudFormation where that has it.

    `name` is what people call it, `id` that by which it is imported; without an `id` only the changed `arguments` are given.
    `changed` has a comment, or none, for each argument that was changed, `ignored` what a plan is not to compare.
    """

    type: str
    name: str
    id: str
    arguments: Mapping[str, Any]
    changed: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    template: Template | None = None


@dataclass(frozen=True)
class Code:
    """What an operation declares: its resources, and a sentence on what is to be minded."""

    resources: tuple[Resource, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Written:
    """One tool's text, whole, and the end of its name as a file."""

    label: str
    text: str
    suffix: str


def gone(kind: str, identity: str) -> Code:
    """Of what was removed there is no code; what is to be done where it stands in some."""
    return Code(
        note=f"If your code has the `{kind}` with the id `{identity}`, remove it there too: the next apply would create it again."
    )


def was(value: object) -> str:
    """The comment behind an argument that was changed."""
    return f"was {hcl.value(value)}"


def written(code: Code, sent: Iterable[Call]) -> tuple[Written, ...]:
    """The texts of the tools that have something to say, each one valid as it is; `sent` is what was sent to AWS."""
    found = (
        Written(TERRAFORM, terraform(code.resources), "tf"),
        Written(CLOUDFORMATION, cloudformation(code.resources), "template.json"),
        Written(CLI, "\n".join(map(command, sent)), "sh"),
    )
    return tuple(one for one in found if one.text)


def note(code: Code) -> str:
    """What is to be minded, in one paragraph; empty where nothing is."""
    advice = (_advice(resource) for resource in code.resources if resource.changed)
    return " ".join(filter(None, (code.note, *advice)))


def _advice(resource: Resource) -> str:
    words = IN_YOUR_CODE if resource.id else WITHOUT_REST
    return words.format(changed=joined(f"`{name}`" for name in resource.changed))


def terraform(resources: Iterable[Resource]) -> str:
    """An import block and a resource block for each."""
    blocks, taken = list[str](), set[str]()
    for resource in resources:
        label = _free(hcl.label(resource.name, f"{resource.type.rpartition('_')[2]}_{resource.id}"), taken)
        blocks += [*([_import(resource, label)] if resource.id else []), _block(resource, label)]
    return "\n\n".join(blocks)


def _free(label: str, taken: set[str]) -> str:
    """The label, with a number where another resource has it already."""
    names = (label, *(f"{label}_{number}" for number in range(2, len(taken) + 2)))
    free = next(name for name in names if name not in taken)
    taken.add(free)
    return free


def _import(resource: Resource, label: str) -> str:
    return hcl.block("import", {"to": f"{resource.type}.{label}", "id": hcl.quoted(resource.id)}, {})


def _block(resource: Resource, label: str) -> str:
    arguments = {name: hcl.value(given) for name, given in resource.arguments.items()}
    ignored = {"ignore_changes": f"[{', '.join(resource.ignored)}]"}
    lifecycle = [hcl.block("lifecycle", ignored, {})] if resource.ignored else []
    return hcl.block(f'resource "{resource.type}" "{label}"', arguments, resource.changed, *lifecycle)


def cloudformation(resources: Iterable[Resource]) -> str:
    """A template that imports those that CloudFormation has, as JSON; empty when it has none, or would read more into a text."""
    known = [(resource.name, resource.template) for resource in resources if resource.template]
    made = {_logical(name, template): _declared(template) for name, template in known}
    text = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": made}, indent=2, ensure_ascii=False)
    return text if made and DYNAMIC not in text else ""


def _declared(template: Template) -> dict[str, Any]:
    properties = {name: _property(given) for name, given in template.properties.items()}
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}  # An import wants the first.
    return {"Type": template.type, **kept, "Properties": properties}


def _property(given: Any) -> Any:
    """A document as its text where one of its keys would mean something to CloudFormation."""
    if not isinstance(given, Document):
        return given
    return given.text if _has_intrinsic(given.value()) else given.value()


def _has_intrinsic(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(INTRINSIC.fullmatch, value)) or any(map(_has_intrinsic, value.values()))
    return isinstance(value, list) and any(map(_has_intrinsic, value))


def _logical(name: str, template: Template) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    kind = template.type.rpartition("::")[2]
    found = "".join(map(capital, words)) or "".join(
        re.findall("[A-Za-z0-9]", f"{kind}{[*template.identifier.values()]}")
    )
    return (found if found[0].isalpha() else f"{kind}{found}")[:255]


def identifiers(resources: Iterable[Resource]) -> str:
    """By what CloudFormation imports them, such as `AccountId 222222222222`."""
    named = [one for resource in resources if resource.template for one in resource.template.identifier.items()]
    return ", ".join(f"{name} {value}" for name, value in named)


@dataclass(frozen=True)
class Call:
    """One call to AWS that changes something: the SDK's names of service, method and parameters."""

    service: str
    method: str
    params: Mapping[str, Any]


class _Anything(dict[str, Any]):
    """An answer that has every member, and says nothing."""

    def __missing__(self, key: str) -> _Anything:
        return _Anything()


class _Noted(Aws):
    """AWS where nothing happens: what would be sent is noted."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def _call(self, service: str, method: str, params: Answer, *, write: bool, retries: bool = True) -> Answer:
        del retries
        if write:
            self.calls.append(Call(service, method, params))
        return _Anything()


def calls(steps: Iterable[Step], memory: Mapping[str, Any]) -> tuple[Call, ...]:
    """What the steps send, with what they have learned, and without the bot's own mark."""
    noted = _Noted()
    for step in steps:
        step.act(World(noted, Shared(), marker="", memory=memory))
    return tuple(noted.calls)


def command(call: Call) -> str:
    """The line for the AWS CLI in a POSIX shell; over several lines where it is long."""
    params = {name: given for name, given in call.params.items() if given not in ([], {})}
    if any(isinstance(given, str) and given.startswith(LOADED) for given in params.values()):
        options = [f"--cli-input-json {shlex.quote(json.dumps(params, ensure_ascii=False))}"]
    else:
        options = [_option(xform_name(name, "-"), given) for name, given in params.items()]
    parts = [f"aws {call.service} {xform_name(call.method, '-').replace('_', '-')}", *options]
    line = " ".join(parts)
    return line if len(line) <= LONGEST_LINE else " \\\n  ".join(parts)


def _option(name: str, given: Any) -> str:
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return f"--{name}{'=' if text.startswith('-') else ' '}{shlex.quote(text)}"
