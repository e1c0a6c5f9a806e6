"""The alternate contacts of an account: whom AWS writes to about billing, operations and security.

Source: AWS Account Management API Reference, "PutAlternateContact", "DeleteAlternateContact", "GetAlternateContact"; User
Guide, "Updating alternate contacts" (needs trusted access for Account Management).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, StringConstraints

from operations.accounts.members import MemberAccount
from operations.accounts.rename_account import check_account_service, whose
from operations.aws.client import Aws
from operations.aws.errors import FieldError, RefusedError
from operations.aws.permissions import Permission
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, Resource, gone, was
from operations.core.fields import Choice, FieldKind, Flag
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Preview, PreviewInput
from operations.core.steps import Step, World
from operations.core.values import ContactEmail
from operations.organization.service_access import SEE_SERVICES
from operations.snapshot.organization import Organization

NONE_YET = "ResourceNotFoundException"
PARTS = {"Name": "contact_name", "Title": "job_title", "EmailAddress": "email", "PhoneNumber": "phone"}
TYPES = (
    Choice("BILLING", "Billing", ("billing",)),
    Choice("OPERATIONS", "Operations", ("operations", "ops")),
    Choice("SECURITY", "Security", ("security",)),
)
Contact = dict[str, str]


def _upper(value: Any) -> Any:
    return {"OPS": "OPERATIONS"}.get(str(value).strip().upper(), str(value).strip().upper())


ContactType = Annotated[
    Literal["BILLING", "OPERATIONS", "SECURITY"],
    BeforeValidator(_upper),
    Flag(("--type", "--alternate-contact-type"), "Kind of contact", FieldKind.CHOICE, choices=TYPES),
]
SEE_CONTACTS = Permission("see alternate contacts", ("account:GetAlternateContact",))


def contact_of(aws: Aws, who: Mapping[str, str], kind: str) -> Contact:
    """Name, Title, EmailAddress and PhoneNumber of a contact; empty when there is none. Raises AwsError."""
    try:
        answer = aws.read("account", "get_alternate_contact", AlternateContactType=kind, **who)
    except RefusedError as error:
        if error.code != NONE_YET:
            raise
        return {}
    found = answer["AlternateContact"]
    return {part: str(found.get(part, "")) for part in PARTS}


class _AlternateContact(Operation):
    """One contact of one account."""

    family: ClassVar = "Accounts"

    account: MemberAccount
    contact: ContactType

    def subject(self) -> str:
        return f"contact:{self.account}:{self.contact}"

    def _present(self, inputs: PreviewInput) -> Contact:
        management = inputs.organization.management_account
        check_account_service(inputs, self.account)
        return contact_of(inputs.aws, whose(self.account, management), self.contact)

    def _import_id(self, precondition: Mapping[str, Any]) -> str:
        """The management account's own contacts go without its id."""
        return "/".join((*whose(self.account, str(precondition["management"])).values(), self.contact))

    def _precondition(self, inputs: PreviewInput, before: Contact) -> dict[str, Any]:
        return {"before": before, "management": inputs.organization.management_account}


class PutAlternateContact(_AlternateContact):
    """Sets an account's alternate contact for billing, operations or security."""

    name: ClassVar = "put-alternate-contact"
    wanted: ClassVar = "Set an account's contact"
    irreversible: ClassVar = False
    example: ClassVar = (
        "--account fullback-audit --type security --name 'Security team' --title CSIRT --email csirt@example.com "
        "--phone +4912345"
    )
    permissions: ClassVar = (
        Permission("set alternate contacts", ("account:PutAlternateContact",)),
        SEE_CONTACTS,
        SEE_SERVICES,
    )

    contact_name: Annotated[str, StringConstraints(min_length=1, max_length=64), Flag(("--name",), "Name")]
    job_title: Annotated[str, StringConstraints(min_length=1, max_length=50), Flag(("--title",), "Job title")]
    email: Annotated[ContactEmail, Flag(("--email", "--email-address"), "E-mail", FieldKind.EMAIL)]
    phone: Annotated[
        str,
        StringConstraints(min_length=1, max_length=25, pattern=r"^[\s0-9()+-]+$"),
        Flag(("--phone", "--phone-number"), "Phone number", hint="Digits, spaces and + - ( )"),
    ]

    def title(self, organization: Organization) -> str:
        return f"Set the {self.contact.casefold()} contact of {organization.account_label(self.account)}"

    def _wanted(self) -> Contact:
        return {part: str(getattr(self, field)) for part, field in PARTS.items()}

    def preview(self, inputs: PreviewInput) -> Preview:
        before, wanted = self._present(inputs), self._wanted()
        if before == wanted:
            raise FieldError("contact", "the contact is exactly so already.")
        facts = [Fact(label=part, value=f"{before.get(part) or '(none)'} → {value}") for part, value in wanted.items()]
        return Preview(
            title=self.title(inputs.organization),
            facts=(Fact(label="Account", value=inputs.organization.account_label(self.account)), *facts),
            plan=(f"Set the {self.contact} contact (PutAlternateContact).",),
            precondition=self._precondition(inputs, before),
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        who = whose(self.account, str(precondition["management"]))
        return (SetContact(who, self.contact, dict(precondition["before"]), self._wanted()),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        return Closing(
            summary=f"{self.contact.capitalize()} contact set on {organization.account_label(self.account)}."
        )

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del memory
        before, wanted = dict(precondition["before"]), self._wanted()
        names = {"Name": "name", "Title": "title", "EmailAddress": "email_address", "PhoneNumber": "phone_number"}
        who = {} if self.account == precondition["management"] else {"account_id": self.account}
        changed = {names[part]: was(value) for part, value in before.items() if value != wanted[part]}
        resource = Resource(
            "aws_account_alternate_contact",
            f"{organization.account_label(self.account).split(' (')[0]} {self.contact}",
            self._import_id(precondition),
            {"alternate_contact_type": self.contact, **who, **{names[part]: value for part, value in wanted.items()}},
            changed,
        )
        return Code((resource,))

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        before = dict(precondition["before"])
        if not before:
            return (DeleteAlternateContact(account=self.account, contact=self.contact),)
        return (_put(self.account, self.contact, before),)


class DeleteAlternateContact(_AlternateContact):
    """Deletes an account's alternate contact for billing, operations or security.

    AWS then writes to the root user's e-mail address instead.
    """

    name: ClassVar = "delete-alternate-contact"
    wanted: ClassVar = "Remove an account's contact"
    irreversible: ClassVar = False
    example: ClassVar = "--account fullback-audit --type security"
    permissions: ClassVar = (
        Permission("delete alternate contacts", ("account:DeleteAlternateContact",)),
        SEE_CONTACTS,
        SEE_SERVICES,
    )

    def title(self, organization: Organization) -> str:
        return f"Delete the {self.contact.casefold()} contact of {organization.account_label(self.account)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        before = self._present(inputs)
        if not before:
            raise FieldError("contact", f"the account has no {self.contact.casefold()} contact.")
        facts = [Fact(label=part, value=f"{value} → removed") for part, value in before.items()]
        return Preview(
            title=self.title(inputs.organization),
            facts=(Fact(label="Account", value=inputs.organization.account_label(self.account)), *facts),
            plan=(f"Delete the {self.contact} contact (DeleteAlternateContact).",),
            precondition=self._precondition(inputs, before),
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        who = whose(self.account, str(precondition["management"]))
        return (SetContact(who, self.contact, dict(precondition["before"]), {}),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        return Closing(
            summary=f"{self.contact.capitalize()} contact deleted from {organization.account_label(self.account)}."
        )

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del memory, organization
        return gone("aws_account_alternate_contact", self._import_id(precondition))

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        return (_put(self.account, self.contact, dict(precondition["before"])),)


def _put(account: str, kind: str, contact: Contact) -> PutAlternateContact:
    fields = {field: contact[part] for part, field in PARTS.items()}
    return PutAlternateContact.model_validate({"account": account, "contact": kind, **fields})


class SetContact(Step):
    """Sets one contact, or deletes it for an empty `wanted`; one that is neither as approved nor as wanted is left alone."""

    key = "contact"
    title = "Set the alternate contact"
    not_done = "The contact was not changed."

    def __init__(self, who: Mapping[str, str], kind: str, before: Contact, wanted: Contact) -> None:
        self._who = dict(who)
        self._kind = kind
        self._before = before
        self._wanted = wanted

    def observe(self, world: World) -> Observation:
        now = contact_of(world.aws, self._who, self._kind)
        if now == self._wanted:
            return Done("The contact is as wanted.")
        return Ready() if now == self._before else Stale("somebody else has changed the contact meanwhile.")

    def act(self, world: World) -> Facts:
        which = {"AlternateContactType": self._kind, **self._who}
        method = "put_alternate_contact" if self._wanted else "delete_alternate_contact"
        world.aws.write("account", method, **which, **self._wanted)
        return {}
