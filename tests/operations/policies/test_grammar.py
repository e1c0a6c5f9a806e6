"""The grammar's sweep: AWS's examples are taken, and a misspelt key or operator at any level is refused with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from operations.aws.errors import FieldError
from operations.policies.content import read_content
from operations.policies.grammar import SYNTAX, Keys, Node, Shape, Value
from operations.policies.syntax import STATEMENTS, place, problems
from operations.snapshot.policy_types import policy_types
from sandbox.aws.server import AwsSandbox
from tests.harness.linear import complaint
from tests.harness.tables import each_of
from tests.operations.policies.examples import DENY, EXAMPLES, RCP, SCP, VAULT

Place = tuple[str | int, ...]
every_type = pytest.mark.parametrize("kind", policy_types())
# Names in the examples that people choose, and keys of conditions, which are each service's own.
OWN = {
    SCP: {"aws:PrincipalOrgPaths"},
    "TAG_POLICY": {"costcenter"},
    "BACKUP_POLICY": {"ours", "Nightly", VAULT, "Owner", "marked", "all", "one", "stage"},
    "AISERVICES_OPT_OUT_POLICY": {"default", "lex"},
    "CHATBOT_POLICY": {"T0", "tenant", "team"},
    "UPGRADE_ROLLOUT_POLICY": {"stage", "dev"},
    "BEDROCK_POLICY": {"config_1"},
    "SECURITYHUB_CSPM_POLICY": {"whatever", "AWS"},
}


def refusal(document: Any, kind: str, newer: str = "NO") -> str:
    with pytest.raises(FieldError) as caught:
        read_content(json.dumps(document, indent=1), kind, newer)
    assert caught.value.field == "content"
    return caught.value.message


def objects(document: Any, at: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every object of a document, with the place it stands at."""
    if isinstance(document, dict):
        yield at, document
    below = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in below:
        yield from objects(value, (*at, key))


def changed(document: Any, at: Place, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """The document with the object at this place changed."""
    if not at:
        return change(document)
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    copy[at[0]] = changed(document[at[0]], at[1:], change)
    return copy


def misspelt(kind: str, at: Place, key: str) -> Any:
    """The example with one letter too many in one key."""
    return changed(EXAMPLES[kind], at, lambda found: {f"{k}x" if k == key else k: found[k] for k in found})


def keys(kind: str) -> Iterator[tuple[Place, str]]:
    """Each key of the example, with the place of its object, but for operators and people's own names."""
    for at, found in objects(EXAMPLES[kind]):
        yield from ((at, key) for key in found if not key.startswith("@@") and key not in OWN.get(kind, ()))


def known(node: Node | None) -> set[str]:
    if not isinstance(node, Keys):
        return set()
    return set(node.known).union(*map(known, node.known.values()), known(node.any))


def shapes(node: Node | None) -> set[Shape]:
    if isinstance(node, Value):
        return {node.shape} if node.shape else set()
    if not isinstance(node, Keys):
        return set()
    return set().union({node.names} if node.names else set(), shapes(node.any), *map(shapes, node.known.values()))


@each_of("shape", sorted(set().union(*map(shapes, SYNTAX.values()))), ids=lambda shape: shape.said[:30])
def test_a_values_shape_takes_linear_time(shape: Shape) -> None:
    assert complaint(shape.pattern, re.DOTALL, searched=False) == ""


def test_somebody_has_decided_about_every_type_that_botocore_knows() -> None:
    assert sorted((*STATEMENTS, *SYNTAX)) == sorted(policy_types())


@every_type
def test_the_examples_have_every_key_of_the_grammar(kind: str) -> None:
    found = {key for _, document in objects(EXAMPLES[kind]) for key in document}
    assert {key for key in known(SYNTAX.get(kind)) if not key.startswith("criteria_")} <= found


@every_type
def test_what_aws_publishes_is_taken(kind: str, aws: AwsSandbox) -> None:
    assert list(problems(EXAMPLES[kind], kind)) == []
    client = aws.client("organizations")
    made = client.create_policy(Type=kind, Name=kind, Content=json.dumps(EXAMPLES[kind]), Description="")
    assert made["Policy"]["PolicySummary"]["Type"] == kind


@every_type
def test_a_misspelt_key_at_every_level_is_refused_with_its_place_and_what_was_meant(kind: str) -> None:
    for at, key in keys(kind):
        told = refusal(misspelt(kind, at, key), kind)
        assert told.startswith(f"“{place((*at, f'{key}x'))[:200]}” (line "), told
        assert "is not a key" in told or "is not a condition operator" in told, told
        assert f"Did you mean {key}?" in told or "a Region such as" in told or ":" in key, told
        assert told.endswith("If AWS has published it since this version of the bot, give `--newer-syntax yes`.")


@every_type
def test_an_unknown_key_at_every_level_where_people_choose_no_names_is_refused(kind: str) -> None:
    for at in {at for at, _ in keys(kind) if "Condition" not in at}:
        beside = {key for place_, found in objects(EXAMPLES[kind]) if place_ == at for key in found}
        if beside & OWN.get(kind, set()):
            continue
        told = refusal(changed(EXAMPLES[kind], at, lambda found: {"tomorrow": {}, **found}), kind)
        assert told.startswith(f"“{place((*at, 'tomorrow'))[:200]}” (line "), told


@every_type
def test_an_unknown_operator_at_every_level_is_refused_with_its_place_whatever_is_newer(kind: str) -> None:
    if kind in STATEMENTS:
        principal = {"Principal": "*"} if kind == RCP else {}
        told = refusal({"Statement": [{**DENY, **principal, "Condition": {"StringEqual": {}}}]}, kind)
        assert "→ StringEqual” (line " in told
        assert "is not a condition operator. Did you mean StringEquals?" in told
        return
    for at, _ in objects(EXAMPLES[kind]):
        for newer in ("NO", "YES"):
            told = refusal(changed(EXAMPLES[kind], at, lambda found: {**found, "@@asign": "x"}), kind, newer)
            assert told.startswith(f"“{place((*at, '@@asign'))[:200]}” (line "), told
            assert "is not an operator. Did you mean @@assign? Known operators: @@assign, @@append, @@remove" in told


@every_type
def test_an_operator_in_what_is_newer_is_looked_at_all_the_same(kind: str) -> None:
    if kind not in STATEMENTS:
        told = refusal({**EXAMPLES[kind], "tomorrow": {"deep": {"@@asign": 1}}}, kind, "YES")
        assert told.startswith("“tomorrow → deep → @@asign” (line ")


def test_every_type_but_one_has_a_grammar() -> None:
    assert [kind for kind in policy_types() if kind not in STATEMENTS and SYNTAX[kind] is None] == [
        "SECURITYHUB_CSPM_POLICY"
    ]
