"""A sweep over the operations: what people wrote and what is sent stands on the card or in its thread, word for word."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select

from approvals.models import Message, Request, operation_of
from approvals.queue.outgoing import FILE
from approvals.views.card import card
from tests.harness.shown import in_code, texts_in
from tests.harness.workers import Workers
from tests.operations.test_every_operation_survives import CASES

LONGEST: dict[str, dict[str, Any]] = {
    "create-account": {"tags": [f"{f'key{n}':k<128}={f'value{n}':v<256}" for n in range(49)]},
    "tag-account": {"tags": [f"{f'key{n}':k<128}={f'value{n}':v<256}" for n in range(49)]},
    "untag-account": {"keys": ["owner"]},
    "create-ou": {"unit_name": "n" * 128},
    "rename-ou": {"unit_name": "&" * 128},
    "create-policy": {"policy_name": "p" * 128, "description": "&<" * 256},
    "put-alternate-contact": {"contact_name": "c" * 64, "job_title": "&" * 50},
    "grant-access": {"account": ["222222222222", "333333333333", "444444444444", "555555555555"]},
}


def told(workers: Workers, request: Request) -> tuple[str, list[dict[str, Any]]]:
    """All that stands on the card and in the thread, and the messages and files in the thread."""
    with workers.context.store.read() as session:
        of_it = select(Message).where(Message.request_id == request.id, col(Message.kind).in_(("thread", FILE)))
        found = [message.body for message in session.exec(of_it.order_by(col(Message.id))).all()]
    posted, files = (
        [body for body in found if "blocks" in body],
        [body["content"] for body in found if "content" in body],
    )
    on_card = "\n".join(texts_in(card(workers.request(request.id), [])["blocks"]))
    shown = "\n".join([on_card, in_code(posted), *files])
    return shown.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"), found


@pytest.mark.parametrize("name", CASES)
def test_a_short_request_is_on_the_card_alone(workers: Workers, name: str) -> None:
    request = workers.ask(name, **CASES[name][0])
    workers.work()
    shown, posted = told(workers, request)
    assert posted == []
    for texts in operation_of(workers.request(request.id)).free_texts().values():
        assert all(text in shown for text in texts)


@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_is_nowhere_cut(workers: Workers, name: str) -> None:
    request = workers.ask(name, **CASES[name][0] | LONGEST[name])
    workers.work()
    shown, _ = told(workers, request)
    for texts in operation_of(workers.request(request.id)).free_texts().values():
        for text in texts:
            assert text in shown
