"""Infrastructure code as the tools read it: HCL by python-hcl2, a template by cfn-lint, lines for the AWS CLI by a shell and botocore's models.

What python-hcl2 leaves as it stands in the text is read here by the language's own rules. Source: HCL Native Syntax
Specification, "Template Expressions"; AWS CLI User Guide, "Specifying parameter values".
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator

Params = dict[str, Any]
LITERAL = re.compile(r'"(?:[^"\\$%]|\\.|\$(?!\{)|%(?!\{)|\$\$\{|%%\{)*"')
ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})|\\(.)|([$%])\4\{")
SHORT = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
JSONENCODE = re.compile(r"\$\{jsonencode\((.*)\)\}", re.DOTALL)
AWS_FUNCTION = "aws() { printf '%s\\0' $# \"$@\"; }\n"


@dataclass(frozen=True)
class Block:
    """A resource with what is imported into it; `imported` is empty without an import block."""

    type: str
    label: str
    arguments: Params
    ignored: tuple[str, ...]
    imported: str


def hcl(text: str) -> list[Block]:
    """The resources of a configuration."""
    import hcl2  # noqa: PLC0415  It takes its time, and whoever only collects does not need it.

    read = hcl2.loads(text)
    imports = {one["to"]: literal(one["id"]) for one in read.get("import", [])}
    blocks = [
        _block(literal(kind), literal(label), body, imports)
        for resource in read.get("resource", [])
        for kind, labels in resource.items()
        for label, body in labels.items()
    ]
    assert len(imports) == len([block for block in blocks if block.imported]), "an import leads to no resource"
    return blocks


def _block(kind: str, label: str, body: Params, imports: dict[str, str]) -> Block:
    own = {name: value(given) for name, given in body.items() if name != "lifecycle" and not name.startswith("__")}
    ignored = tuple(_path(one) for lifecycle in body.get("lifecycle", []) for one in lifecycle["ignore_changes"])
    return Block(kind, label, own, ignored, imports.get(f"${{{kind}.{label}}}", ""))


def _path(ignored: str) -> str:
    return ignored.removeprefix("${").removesuffix("}")


def value(given: Any) -> Any:
    """What an expression comes to; a document that is encoded as JSON as what it holds."""
    if isinstance(given, dict):
        return {
            literal(key) if key.startswith('"') else key: value(item)
            for key, item in given.items()
            if not key.startswith("__")
        }
    if isinstance(given, list):
        return [value(item) for item in given]
    if isinstance(given, str) and (encoded := JSONENCODE.fullmatch(given)):
        import hcl2  # noqa: PLC0415  As above.

        return value(hcl2.loads(f"document = {encoded[1]}\n")["document"])
    return literal(given) if isinstance(given, str) else given


def literal(text: str) -> str:
    """The text that a quoted literal stands for; one in which something would be put in, or code, is an error."""
    assert LITERAL.fullmatch(text), f"no literal: {text}"
    return ESCAPE.sub(_meant, text[1:-1])


def _meant(found: re.Match[str]) -> str:
    short, long, letter, sign = found.groups()
    if short or long:
        return chr(int(short or long, 16))
    return SHORT[letter] if letter else f"{sign}{{"


def linted(template: str) -> list[str]:
    """What cfn-lint finds."""
    from cfnlint import api as cfn  # noqa: PLC0415  As above.

    return [str(match) for match in cfn.lint(template)]


@dataclass(frozen=True)
class Line:
    """What a line for the AWS CLI would send: the names of the API."""

    service: str
    operation: str
    params: Params


def lines(text: str, folder: Path) -> list[Line]:
    """What the lines would send, split into words by a shell; each option and value is one that botocore's model has."""
    script = folder / "lines.sh"
    script.write_text(AWS_FUNCTION + text, encoding="utf-8")
    said = subprocess.run(["/bin/sh", str(script)], capture_output=True, check=True, cwd=folder)  # noqa: S603  Quoted.
    assert said.stderr == b""
    words, found = said.stdout.decode().split("\0")[:-1], list[Line]()
    while words:
        count = int(words[0]) + 1
        found.append(_line(words[1:count]))
        words = words[count:]
    return found


def _line(words: list[str]) -> Line:
    service, command, *options = words
    model, given = _models(service)[command], _given(options)
    shape = model.input_shape or StructureShape("Nothing", {"members": {}})
    if "cli-input-json" in given:
        assert given.keys() == {"cli-input-json"}
        params: Params = json.loads(given["cli-input-json"])
    else:
        params = _params(shape, given)
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()
    return Line(service, model.name, params)


@cache
def _models(service: str) -> dict[str, OperationModel]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def _given(words: list[str]) -> dict[str, str]:
    """Options and their values, as argparse takes them: a value that begins with a hyphen only behind `=`."""
    found, rest = dict[str, str](), iter(words)
    for word in rest:
        assert word.startswith("--"), word
        option, sign, text = word[2:].partition("=")
        text = text if sign else next(rest)
        assert sign or not text.startswith("-"), f"the AWS CLI takes {text} for an option"
        assert not re.match("(file|fileb|https?)://", text), f"the AWS CLI would read {text}"
        found[option] = text
    return found


def _params(shape: StructureShape, given: dict[str, str]) -> Params:
    members: dict[str, tuple[str, Shape]] = {
        xform_name(name, "-"): (name, member) for name, member in shape.members.items()
    }
    return {members[option][0]: _typed(members[option][1], text) for option, text in given.items()}


def _typed(shape: Shape, text: str) -> Any:
    return text if shape.type_name == "string" else json.loads(text)
