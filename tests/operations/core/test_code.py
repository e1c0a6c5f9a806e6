"""HCL, CloudFormation and lines for the AWS CLI: whatever a text holds, the tool reads it as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.core import hcl
from operations.core.code import (
    Call,
    Code,
    Resource,
    Template,
    cloudformation,
    command,
    gone,
    note,
    terraform,
    was,
    written,
)
from operations.core.hcl import Document
from tests.harness.code import hcl as read_hcl
from tests.harness.code import lines, literal

AWKWARD = (
    "${",
    "%{",
    "$${",
    "$",
    "%",
    '"',
    "'",
    "\\",
    "\n",
    "\t",
    "#",
    "//",
    "/*",
    "EOT",
    "é",
    "😀",
    "\u2028",
    "`",
    "!",
    " ",
)
CHARACTERS = st.characters(exclude_characters="\0", codec="utf-8")
TEXTS = st.lists(st.sampled_from(AWKWARD) | st.text(CHARACTERS, max_size=3), max_size=8).map("".join)
PLAIN = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXTS
DOCUMENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2), max_leaves=4
    ),
    max_size=3,
)


def policy(name: str = "Keep", **arguments: Any) -> Resource:
    return Resource("aws_organizations_policy", name, "p-1", {"name": name, **arguments})


@given(TEXTS)
def test_every_text_survives_in_hcl(text: str) -> None:
    assert literal(hcl.quoted(text)) == text


@given(TEXTS, TEXTS, DOCUMENTS, st.dictionaries(TEXTS, TEXTS, max_size=2))
def test_every_resource_survives_in_hcl(name: str, identity: str, document: Any, tags: dict[str, str]) -> None:
    resource = Resource(
        "aws_organizations_policy",
        name,
        identity or "p-1",
        {"name": name, "content": Document(json.dumps(document)), "tags": tags},
        changed={"name": was(identity)},
    )
    (block,) = read_hcl(terraform([resource]))
    assert block.imported == (identity or "p-1")
    assert block.arguments == {"name": name, "content": document, "tags": tags}


@given(TEXTS, DOCUMENTS)
def test_every_text_survives_in_cloudformation(name: str, document: Any) -> None:
    properties = {"Name": name, "Content": Document(json.dumps(document))}
    template = Template("AWS::Organizations::Policy", {"Id": "p-1"}, properties)
    text = cloudformation([Resource("aws_organizations_policy", name, "p-1", {}, template=template)])
    (found,) = json.loads(text)["Resources"].values()
    content = found["Properties"]["Content"]
    assert found["Properties"]["Name"] == name
    assert (json.loads(content) if isinstance(content, str) else content) == document


@given(TEXTS.filter(bool), TEXTS.filter(bool), st.dictionaries(TEXTS.filter(bool), TEXTS, min_size=1, max_size=3))
def test_every_text_survives_in_a_shell(
    tmp_path_factory: pytest.TempPathFactory, name: str, more: str, tags: dict[str, str]
) -> None:
    given_tags = [{"Key": key, "Value": value} for key, value in tags.items()]
    call = {"Name": name, "Content": more, "Description": f"-{name}", "Type": "TAG_POLICY", "Tags": given_tags}
    (line,) = lines(command(Call("organizations", "create_policy", call)), tmp_path_factory.getbasetemp())
    assert (line.service, line.operation, line.params) == ("organizations", "CreatePolicy", call)


@pytest.mark.parametrize("scheme", ["file://", "fileb://", "http://", "https://"])
def test_the_aws_cli_fetches_nothing(tmp_path: Path, scheme: str) -> None:
    call = {"ParentId": "r-1234", "Name": f"{scheme}example.com"}
    text = command(Call("organizations", "create_organizational_unit", call))
    assert "--cli-input-json" in text
    assert lines(text, tmp_path)[0].params == call


def test_a_long_line_is_broken_and_a_short_one_is_not(tmp_path: Path) -> None:
    short = command(Call("organizations", "enable_all_features", {}))
    assert short == "aws organizations enable-all-features"
    long = command(Call("organizations", "update_policy", {"PolicyId": "p-12345678", "Name": "a b" * 40}))
    assert long.count(" \\\n  --") == 2
    assert lines(f"{short}\n{long}", tmp_path)[1].params["Name"] == "a b" * 40


def test_what_is_not_given_is_left_out() -> None:
    assert command(Call("organizations", "create_account", {"Email": "a@example.com", "Tags": []})).endswith(
        "a@example.com"
    )


@pytest.mark.parametrize("content", [{"Ref": "x"}, {"a": [{"Fn::Sub": "${x}"}]}])
def test_what_cloudformation_would_take_for_a_function_is_given_as_text(content: Any) -> None:
    template = Template("AWS::Organizations::Policy", {"Id": "p-1"}, {"Content": Document(json.dumps(content))})
    found = json.loads(cloudformation([Resource("a", "b", "c", {}, template=template)]))
    assert found["Resources"]["B"]["Properties"]["Content"] == json.dumps(content)


def test_there_is_no_template_where_cloudformation_would_look_something_up() -> None:
    template = Template("AWS::Organizations::OrganizationalUnit", {"Id": "ou-1"}, {"Name": "{{resolve:ssm:secret}}"})
    assert cloudformation([Resource("a", "b", "c", {}, template=template)]) == ""


def test_two_of_one_name_get_two_labels() -> None:
    labels = [block.label for block in read_hcl(terraform([policy("Keep a"), policy("keep-A"), policy("keep_a")]))]
    assert labels == ["keep_a", "keep_a_2", "keep_a_3"]


@pytest.mark.parametrize(
    ("name", "label"),
    [("Büro 5", "buro_5"), ("5 eyes", "policy_p_1_5_eyes"), ("日本", "policy_p_1"), ("for", "for"), ("", "policy_p_1")],
)
def test_a_label_is_made_of_the_name(name: str, label: str) -> None:
    assert read_hcl(terraform([policy(name)]))[0].label == label


def test_a_comment_stays_on_its_line() -> None:
    text = terraform([Resource("a", "b", "c", {"name": "x"}, changed={"name": 'was "a\nid = 1"'})])
    assert read_hcl(text)[0].arguments == {"name": "x"}


def test_a_document_that_is_none_is_a_text() -> None:
    assert read_hcl(terraform([policy(content=Document("{"))]))[0].arguments["content"] == "{"


def test_only_what_was_changed_is_given_where_the_rest_is_not_known() -> None:
    code = Code(
        (Resource("aws_organizations_policy", "Keep", "", {"description": "new"}, {"description": was("old")}),)
    )
    (text,) = written(code, ())
    (block,) = read_hcl(text.text)
    assert (block.arguments, block.imported) == ({"description": "new"}, "")
    assert 'description = "new" # was "old"' in text.text
    assert note(code) == "Change `description` where your code has it; the other arguments stay as they are."


def test_of_what_is_gone_there_is_no_code_but_what_to_do() -> None:
    code = gone("aws_organizations_policy", "p-1")
    assert written(code, ()) == ()
    assert "`aws_organizations_policy` with the id `p-1`" in note(code)
