"""From raw values to a filed request: the same way for the command and the form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from approvals.desk import AlreadyAskedError, Draft
from handlers.front import Front
from handlers.wording import complaints
from operations.base import Operation
from operations.errors import FieldError
from operations.organization import Organization

OLD = timedelta(minutes=1)
NOT_READ = "The organization has not been read yet. I'm at it; ask again in some seconds."


@dataclass(frozen=True)
class Asker:
    """Who asks, from where, and Slack's delivery."""

    user: str
    team: str
    channel: str
    delivery: str


class ComplaintsError(Exception):
    """Nothing was filed: `fields` says for each field what is wrong; the key "" is about the request as a whole."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


def delivery_key(kind: str, *parts: object) -> str:
    """A key that is the same for every delivery of the same thing."""
    text = "\x1f".join(str(part) for part in parts)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def file(front: Front, asker: Asker, operation: type[Operation], values: dict[str, Any], reason: str) -> int:
    """The number of the filed request; raises ComplaintsError. One insert, and no call to Slack or AWS."""
    if asker.team != front.team():
        raise ComplaintsError({"": "People of other workspaces cannot ask for changes here."})
    organization = front.organization()
    if organization is None:
        front.refresh()
        raise ComplaintsError({"": NOT_READ})
    try:
        complete = operation.model_validate(values).settled(organization)
    except ValidationError as error:
        raise ComplaintsError(complaints(operation, error)) from error
    except FieldError as error:
        raise ComplaintsError({error.field: _with_age(front, organization, error.message)}) from error
    return _file(front, asker, complete, complete.target(organization), reason)


def _with_age(front: Front, organization: Organization, message: str) -> str:
    """The message, with a word about the picture's age when it may be the reason; a newer one is asked for."""
    front.refresh()
    sentence = message[:1].upper() + message[1:]
    age = front.clock() - organization.read_at
    if age < OLD:
        return sentence
    minutes = int(age.total_seconds() // 60)
    return f"{sentence} (As of {minutes} min ago; I'm reading the organization again. If it is new, ask again in a moment.)"


def _file(front: Front, asker: Asker, complete: Operation, path: str, reason: str) -> int:
    rule = front.rules().deciding(complete.name, path)
    if rule is None:
        raise ComplaintsError(
            {
                "": f"No rule says who approves {complete.name} in {path}, so nobody may do it. Ask an administrator for a rule."
            }
        )
    draft = Draft(
        operation=complete.name,
        params=complete.model_dump(mode="json"),
        subject=complete.subject(),
        reason=reason,
        requester=asker.user,
        team=asker.team,
        channel=asker.channel,
        delivery=asker.delivery,
        rule=rule,
    )
    try:
        return front.desk.file(draft)
    except AlreadyAskedError as error:
        raise ComplaintsError(
            {
                "": f"Request #{error.number} already asks for this and is not finished. See `/org request {error.number}`."
            }
        ) from error
