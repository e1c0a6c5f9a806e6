"""Whoever may write to a database before or after it is restored, or to the backup, ends no quarantine by it, and has nothing done."""

from __future__ import annotations

import pytest
from sqlmodel import Session, text

from approvals.audit.keys import INFO, NO_KEYS, Keys
from approvals.audit.signing import KeyMissingError
from approvals.models import Request
from approvals.queue.store import Store
from approvals.request.decide import decide
from approvals.request.quarantine import Quarantine, release
from approvals.states import Status
from sandbox.aws.server import AwsSandbox
from tests.harness.database import kept
from tests.harness.people import BOB
from tests.harness.tampering import ROWS, UNDECIDED, UNREADABLE, Tamper, columns
from tests.harness.workers import Workers


def asked(workers: Workers, names: list[str]) -> list[Request]:
    found = [workers.ask("create-ou", unit_name=name, parent="/") for name in names]
    workers.work()
    return found


def approved(workers: Workers, requests: list[Request]) -> None:
    """Each by Bob; nothing is carried out yet."""
    for request in requests:
        workers.click(request, "approve", BOB)
        decide(workers.context, workers._newest_click())


def restored(workers: Workers, tampers: dict[int | None, Tamper]) -> None:
    """A backup was restored in which requests were changed."""

    def meanwhile(session: Session) -> None:
        session.info.pop(INFO, None)
        _change(session, tampers)

    whole, at = kept(workers.engine), workers.clock()
    workers.clock.advance(hours=1)
    workers.restored(whole, at, meanwhile)
    workers.look_again()


def changed(workers: Workers, tampers: dict[int | None, Tamper]) -> None:
    """The same in quarantine, after the bot has looked at everything."""
    workers.work()
    with workers.context.store.write() as session:
        session.info.pop(INFO, None)
        _change(session, tampers)


def _change(session: Session, tampers: dict[int | None, Tamper]) -> None:
    for number, how in tampers.items():
        how(session, session.get_one(Request, number, populate_existing=True))
        session.flush()
        session.expunge_all()


def released(workers: Workers) -> None:
    workers.work()
    assert release(workers.context.store, workers.clock()) == []
    assert workers.quarantine is not None
    workers.quarantine.look()
    assert not workers.quarantine


def created(aws: AwsSandbox) -> list[str]:
    return sorted(call.params["Name"] for call in aws.calls.of("CreateOrganizationalUnit"))


FEW = (
    "one more vote",
    "the params and their digest",
    "the card's facts",
    "fewer approvals",
    "a step that nobody has taken",
)
SOME = {name: ROWS[name] for name in FEW}


@pytest.mark.parametrize("when", ["in the file", "in quarantine"])
def test_what_was_changed_ends_and_the_rest_goes_on(signed: Workers, aws: AwsSandbox, when: str) -> None:
    hows = SOME if when == "in quarantine" else SOME | UNREADABLE
    *requests, untouched, waiting = asked(signed, [*(f"Changed {n}" for n in range(len(hows))), "Untouched", "Waiting"])
    approved(signed, [*requests, untouched])
    tampers = {request.id: how for request, how in zip(requests, hows.values(), strict=True)}
    restored(signed, tampers if when == "in the file" else {})
    if when == "in quarantine":
        changed(signed, tampers)
    released(signed)
    signed.until_done(untouched)

    assert created(aws) == ["Untouched"]
    found = {name: signed.request(request.id).status for name, request in zip(hows, requests, strict=True)}
    assert {name: status for name, status in found.items() if status != Status.FAILED} == {}
    assert signed.request(waiting.id).announced_at, "it is put before approvers anew"


def test_what_waited_and_was_changed_is_not_put_before_approvers_again(signed: Workers) -> None:
    hows = {"the card's facts": ROWS["the card's facts"], "approved by hand": UNDECIDED["status approved by hand"]}
    requests = asked(signed, list(hows))
    restored(signed, {request.id: how for request, how in zip(requests, hows.values(), strict=True)})
    released(signed)
    assert [signed.request(request.id).status for request in requests] == [Status.REFUSED, Status.FAILED]
    assert sum("can't be proven" in said for said in signed.said("notice")) == len(hows)


OVER_BY_HAND = {
    "ended": "UPDATE installation SET quarantine = ''",
    "released": "UPDATE installation SET quarantine = 'released'",
    "without its row": "DELETE FROM installation",
    "without its record": "DELETE FROM audit WHERE event IN ('database.replaced', 'database.restored')",
}


@pytest.mark.parametrize("before", [True, False], ids=["before the bot has begun", "afterwards"])
@pytest.mark.parametrize("how", OVER_BY_HAND.values(), ids=OVER_BY_HAND)
def test_nobody_ends_it_by_writing_to_the_database(signed: Workers, aws: AwsSandbox, how: str, *, before: bool) -> None:
    request = asked(signed, ["Approved"])[0]
    approved(signed, [request])

    def by_hand(session: Session, _: Request) -> None:
        session.execute(text(how))

    restored(signed, {request.id: by_hand} if before else {})
    if not before:
        changed(signed, {request.id: by_hand})
        assert signed.quarantine
        signed.quarantine.look()
        signed.restart()
        signed.quarantine = Quarantine(signed.context.store, signed.clock)
    signed.until_done(request, hours=0.05)
    assert created(aws) == []
    assert signed.quarantine


def test_what_had_not_begun_is_judged_anew_whatever_its_row_says(signed: Workers, aws: AwsSandbox) -> None:
    request = asked(signed, ["Approved"])[0]
    approved(signed, [request])
    restored(signed, {})
    changed(signed, {request.id: columns(memory={})})
    released(signed)
    assert signed.until_done(request).status == Status.FAILED
    assert created(aws) == []


def test_a_release_with_another_key_is_refused(signed: Workers) -> None:
    asked(signed, ["Waiting"])
    restored(signed, {})
    for keys in (NO_KEYS, Keys.given(("quite another key, as long",))):
        with pytest.raises(KeyMissingError, match="ORGBOT_AUDIT_KEY"):
            release(Store(signed.engine, keys.info()), signed.clock())
