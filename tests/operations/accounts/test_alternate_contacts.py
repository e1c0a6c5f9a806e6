"""Alternate contacts are set, deleted and put back; somebody else's change is left alone."""

from __future__ import annotations

from approvals.states import Status
from operations.accounts.alternate_contacts import contact_of
from sandbox.aws.server import AwsSandbox
from tests.harness.tree import world
from tests.harness.workers import Workers
from tests.operations.policies.test_policies import done, refused, undone

WEB = "222222222222"
CONTACT = {
    "account": WEB,
    "contact": "security",
    "contact_name": "Security team",
    "job_title": "CSIRT",
    "email": "csirt@example.com",
    "phone": "+49 123",
}


def now() -> dict[str, str]:
    return contact_of(world().aws, {"AccountId": WEB}, "SECURITY")


def test_set_changed_deleted_and_back(workers: Workers, aws: AwsSandbox) -> None:
    assert "has no security contact" in refused(workers, "delete-alternate-contact", account=WEB, contact="security")
    first = done(workers, "put-alternate-contact", **CONTACT)
    assert first.status == Status.SUCCEEDED
    assert now()["Name"] == "Security team"
    assert "exactly so already" in refused(workers, "put-alternate-contact", **CONTACT)

    second = done(workers, "put-alternate-contact", **CONTACT | {"contact_name": "Others"})
    undone(workers, second)
    assert now()["Name"] == "Security team"

    gone = done(workers, "delete-alternate-contact", account=WEB, contact="SECURITY")
    assert now() == {}
    undone(workers, gone)
    assert now()["EmailAddress"] == "csirt@example.com"
    assert aws.endpoint_url


def test_undoing_the_first_one_deletes_it(workers: Workers, aws: AwsSandbox) -> None:
    undone(workers, done(workers, "put-alternate-contact", **CONTACT))
    assert now() == {}
    assert aws.endpoint_url


def test_somebody_elses_contact_stays(workers: Workers, aws: AwsSandbox) -> None:
    request = workers.approved("put-alternate-contact", **CONTACT)
    aws.client("account").put_alternate_contact(
        AccountId=WEB,
        AlternateContactType="SECURITY",
        Name="Theirs",
        Title="x",
        EmailAddress="theirs@example.com",
        PhoneNumber="1",
    )
    assert workers.until_done(request).status == Status.STALE
    assert now()["Name"] == "Theirs"
