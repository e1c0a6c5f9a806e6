"""Alternate contacts are set, deleted and put back; somebody else's change is left alone."""

from __future__ import annotations

from approvals.states import Status
from operations.alternate_contacts import contact_of
from sandbox.aws.server import AwsSandbox
from tests.approvals.office import Office
from tests.operations.test_policies import done, refused, undone
from tests.operations.tree import world

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


def test_set_changed_deleted_and_back(office: Office, aws: AwsSandbox) -> None:
    assert "has no security contact" in refused(office, "delete-alternate-contact", account=WEB, contact="security")
    first = done(office, "put-alternate-contact", **CONTACT)
    assert first.status == Status.SUCCEEDED
    assert now()["Name"] == "Security team"
    assert "exactly so already" in refused(office, "put-alternate-contact", **CONTACT)

    second = done(office, "put-alternate-contact", **CONTACT | {"contact_name": "Others"})
    undone(office, second)
    assert now()["Name"] == "Security team"

    gone = done(office, "delete-alternate-contact", account=WEB, contact="SECURITY")
    assert now() == {}
    undone(office, gone)
    assert now()["EmailAddress"] == "csirt@example.com"
    assert aws.endpoint_url


def test_undoing_the_first_one_deletes_it(office: Office, aws: AwsSandbox) -> None:
    undone(office, done(office, "put-alternate-contact", **CONTACT))
    assert now() == {}
    assert aws.endpoint_url


def test_somebody_elses_contact_stays(office: Office, aws: AwsSandbox) -> None:
    request = office.approved("put-alternate-contact", **CONTACT)
    aws.client("account").put_alternate_contact(
        AccountId=WEB,
        AlternateContactType="SECURITY",
        Name="Theirs",
        Title="x",
        EmailAddress="theirs@example.com",
        PhoneNumber="1",
    )
    assert office.until_done(request).status == Status.STALE
    assert now()["Name"] == "Theirs"
