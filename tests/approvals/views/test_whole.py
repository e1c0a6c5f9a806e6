"""What is shown is what runs: a card and its thread hold all that would be sent, whole and in order, however long it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlmodel import select

from approvals.models import Message, Request
from approvals.queue.outgoing import FILE
from approvals.slack.blocks import MESSAGE
from approvals.views.card import card
from approvals.views.thread import Body
from approvals.views.whole import FACT, ON_THE_CARD, PIECE, in_a_file, in_a_message, pieces, whole
from operations.core.preview import Fact, Preview
from operations.core.visible import DRAWN_AS_NOTHING
from operations.policies.diff import document_diff
from operations.policies.documents import pretty
from operations.snapshot.policy_types import SCP, limits
from sandbox.slack.limits import message_error, problems
from tests.harness.shown import in_code, texts_in
from tests.harness.tables import each_of
from tests.harness.workers import Workers

# What nobody sees is refused before (`operations.core.visible`), and stands on no card.
SEEN = st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="".join(DRAWN_AS_NOTHING))
LINES = st.lists(st.text(SEEN, max_size=60), max_size=400)
TEXTS = st.one_of(
    LINES.map("\n".join),
    st.integers(0, 21_000).map(lambda size: "+ " + "&<``" * (size // 4)),  # One line without a break.
    st.integers(0, 9_000).map(lambda size: "🔒" * size),  # Characters that some count as two.
    st.integers(0, 5_000).map(lambda size: "\n" * size),
)


def preview(**more: Any) -> Preview:
    return Preview.model_validate({"title": "x", "facts": [], "plan": [], **more})


def on_card(found: Preview) -> Body:
    request = Request(
        id=1, delivery="d", marker="m", operation="create-policy", subject="s", team="T0", requester="U0ALICE"
    )
    request.preview = found.model_dump(mode="json")
    return card(request, [])


def within_limits(body: Body) -> None:
    assert problems(body["blocks"], "message") == []
    assert message_error(body["text"], body["blocks"]) is None
    assert sum(len(text.encode("utf-16-le")) // 2 for text in texts_in(body["blocks"])) < MESSAGE + 1_000


@given(TEXTS, st.integers(2, PIECE))
def test_the_pieces_are_the_text(text: str, most: int) -> None:
    found = pieces(text, most)
    assert "".join(found) == text
    assert all(0 < len(piece) <= most for piece in found)


@given(TEXTS)
@example("x" * 20_000)
@example("\n".join(["+ " + "y" * 90] * 1_500))
def test_what_changes_is_on_the_card_or_whole_in_the_thread(diff: str) -> None:
    found = preview(diff=diff)
    told = whole(found, {})
    message = in_a_message(told)
    assert told.get("Diff", in_code([on_card(found)])) == diff
    assert (diff in in_a_file(told)) or not told
    for body in (on_card(found), *([message] if message and told else [])):
        within_limits(body)
        assert not told or body is not message or in_code([body]) == diff
    assert ("in the thread" in str(on_card(found)["blocks"])) == bool(told)
    assert bool(told) == (len(pieces(diff, ON_THE_CARD)) > 1)


@pytest.mark.parametrize("words", [9_700 // 12, 60_000 // 12])
@pytest.mark.parametrize("shape", ["one long text", "many keys"])
def test_a_document_of_any_size_is_posted_as_it_is_sent(words: int, shape: str) -> None:
    content = (
        {"k": "twelve chars" * words} if shape == "one long text" else {f"k{n}": "&<twelve>" for n in range(words)}
    )
    document = json.dumps(content, separators=(",", ":"))
    told = whole(preview(diff=document_diff("", document)), {})
    assert in_a_file(told) == f"Diff\n====\n{told['Diff']}\n"
    lines = told["Diff"].split("\n")
    assert all(line.startswith("+ ") for line in lines)
    assert "\n".join(line.removeprefix("+ ") for line in lines) == pretty(document)


@given(st.text(SEEN, min_size=1, max_size=6_000))
@example("&" * FACT)
@example("x" * 30_000)
def test_a_fact_is_on_the_card_or_whole_in_the_thread(value: str) -> None:
    found = preview(facts=[Fact(label="Tags", value=value)])
    more = whole(found, {})
    told = str(on_card(found)["blocks"])
    if more:
        assert more == {"Tags": value}
        assert "(whole in the thread)" in told
    else:
        assert "…" not in told.replace(value, "")


def test_what_a_card_names_in_no_words_is_posted() -> None:
    found = preview(facts=[Fact(label="Accounts", value="a, b and 2 more")])
    assert whole(found, {"Accounts": ["a", "b"]}) == {}
    assert whole(found, {"Accounts": ["a", "b", "111111111111", "222222222222"]}) == {
        "Accounts": "a\nb\n111111111111\n222222222222"
    }


def test_all_that_is_hit_is_named() -> None:
    hits = ["99 accounts", *(f"account {n}" for n in range(98))]
    assert whole(preview(hits=hits), {}) == {"Affects": "\n".join(hits)}


def test_what_is_too_long_for_one_message_is_one_file() -> None:
    content = json.dumps({"Statement": [{"Sid": f"S{n:04}"} for n in range(400)]})
    told = whole(preview(diff=document_diff("", content), hits=["2 accounts", *["web"] * 20]), {})
    assert in_a_message(told) is None
    assert in_a_file(told).startswith("Affects\n=======\n2 accounts\nweb\n")
    assert in_a_message(told | {"Diff": "short"}) is not None


def test_the_end_of_the_longest_service_control_policy_stands_in_a_file_in_the_thread(workers: Workers) -> None:
    statements = [
        {"Sid": f"S{n:04}", "Effect": "Deny", "Action": f"s3:Action{n:04}", "Resource": "*"} for n in range(150)
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    while len(json.dumps(document, separators=(",", ":"))) > limits(SCP).characters:
        statements.pop()
    content = json.dumps(document)
    request = workers.ask("create-policy", kind="scp", policy_name="Long", content=content)
    workers.work()
    with workers.context.store.read() as session:
        of_it = select(Message).where(Message.request_id == request.id, Message.kind == FILE)
        (content,) = [message.body["content"] for message in session.exec(of_it).all()]
    diff = workers.request(request.id).preview["diff"]
    assert content == f"Diff\n====\n{diff}\n"
    assert f'"Sid": "{statements[-1]["Sid"]}"' in diff
    assert json.loads("\n".join(line[2:] for line in diff.split("\n"))) == document


def test_the_digest_stands_on_the_card() -> None:
    request = Request(
        id=1, delivery="d", marker="m", operation="create-ou", subject="s", team="T0", requester="U0ALICE"
    )
    request.digest = "0123456789abcdef" * 4
    assert "digest `0123456789ab`" in str(card(request, [])["blocks"])


@each_of("number", [1, 12, 49, 200])
@each_of("value", ["v" * 10, "v" * 256, "&" * 512])
def test_of_many_facts_those_without_room_are_in_the_thread(number: int, value: str) -> None:
    facts = [Fact(label=f"Tag {n:>04}", value=f"{n}{value}") for n in range(number)]
    found = preview(facts=facts, plan=["p" * 400] * 8, warnings=["w" * 400] * 8, diff="+ d" * 2_000)
    card_of_it, told = on_card(found), "\n".join(whole(found, {}).values())
    within_limits(card_of_it)
    on_it = [field["text"] for block in card_of_it["blocks"] for field in block.get("fields", [])]
    for fact in facts:
        assert f"*{fact.label}*\n{fact.value}" in on_it or fact.value in told
