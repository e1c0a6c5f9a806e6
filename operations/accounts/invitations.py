"""Handshakes that invite accounts: asked for, followed, cancelled, sent again, and found again after a lost answer.

Source: AWS Organizations API Reference, "InviteAccountToOrganization", "Handshake", "ListHandshakesForOrganization",
"CancelHandshake"; Quotas (an invitation lives 15 days, a finished handshake is forgotten after 30).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from operations.aws.client import Answer, Aws
from operations.aws.errors import RefusedError
from operations.aws.permissions import Permission
from operations.core.observations import Done, Facts, Failed, Observation, Ready, Waiting
from operations.core.steps import Step, World
from operations.snapshot.changes import AccountIs, Change
from operations.snapshot.names import zoned

PENDING = ("REQUESTED", "OPEN")
ENABLE = "ENABLE_ALL_FEATURES"
SOON = timedelta(days=3)
NEW = timedelta(days=1)
CLOCK_SKEW = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(minutes=2)
CANCEL, RESEND = "cancel", "resend"
INVITE_PERMISSIONS = (
    Permission(
        "invite accounts",
        ("organizations:InviteAccountToOrganization",),
    ),
    Permission("tag the accounts that are invited", ("organizations:TagResource",)),
    Permission(
        "cancel invitations",
        ("organizations:CancelHandshake",),
        ("arn:{partition}:organizations::{management}:handshake/o-*/invite/h-*",),
    ),
    Permission(
        "follow invitations",
        (
            "organizations:DescribeHandshake",
            "organizations:ListAccounts",
            "organizations:ListHandshakesForOrganization",
        ),
    ),
)
ENDS = {
    "DECLINED": ("The invitation was declined.", "Talk to the account's administrator, then ask again."),
    "EXPIRED": (
        "The invitation has expired: nobody accepted it within 15 days.",
        "Ask again when somebody is ready to accept it.",
    ),
    "CANCELED": ("Somebody has cancelled the invitation in AWS.", "Ask again if it is still wanted."),
}


def party(who: str) -> dict[str, str]:
    """The Target of an invitation: an account id or an e-mail address."""
    return {"Id": who, "Type": "EMAIL" if "@" in who else "ACCOUNT"}


def handshakes(aws: Aws, action: str) -> list[Answer]:
    """The handshakes of one kind that AWS remembers, oldest first; raises AwsError."""
    key = "Handshakes"
    found = aws.pages("organizations", "list_handshakes_for_organization", key, Filter={"ActionType": action})
    return sorted(found, key=lambda handshake: handshake["RequestedTimestamp"])


def invitations(aws: Aws) -> list[Answer]:
    """All invitations that AWS still remembers, oldest first; raises AwsError."""
    return handshakes(aws, "INVITE")


def is_for(handshake: Answer, who: str) -> bool:
    """Whether a handshake invites this account id or e-mail address."""
    parties = {str(found["Id"]).casefold() for found in handshake.get("Parties", ()) if found["Type"] != "ORGANIZATION"}
    return who.casefold() in parties


class Invite(Step):
    """Invites one account and follows the handshake until somebody has answered it."""

    key = "invite"
    title = "Invite the account"
    not_done = "The account was not invited."

    def __init__(self, who: str, note: str, tags: Mapping[str, str]) -> None:
        self._who = who
        self._note = note
        self._tags = dict(tags)

    def observe(self, world: World) -> Observation:
        known = str(world.memory.get("handshake", ""))
        found = self._known(world, known) if known else self._begun(world)
        if found is None:
            return self._forgotten(world) if known else Ready()
        return self._judge(world, found)

    def act(self, world: World) -> Facts:
        """Invites; an invitation that is open is cancelled, as somebody has asked."""
        known = str(world.memory.get("handshake", ""))
        pending = self._known(world, known, fresh=True) if known else None
        if pending and pending["State"] in PENDING:
            world.aws.write("organizations", "cancel_handshake", HandshakeId=known)
            return {}
        extras = {"Notes": self._note} if self._note else {}
        tags = [{"Key": key, "Value": value} for key, value in self._tags.items()]
        answer = world.aws.write(
            "organizations", "invite_account_to_organization", Target=party(self._who), Tags=tags, **extras
        )
        return {"handshake": str(answer["Handshake"]["Id"]), "asked": ""}

    def _known(self, world: World, handshake: str, *, fresh: bool = False) -> Answer | None:
        """The handshake; all that are followed are read at once, unless it has to be the very latest."""
        if not fresh:
            listed = world.shared.get("invitations", lambda: {str(h["Id"]): h for h in invitations(world.aws)})
            if handshake in listed:
                found: Answer = listed[handshake]
                return found
        try:
            answer: Answer = world.aws.read("organizations", "describe_handshake", HandshakeId=handshake)["Handshake"]
        except RefusedError as error:
            if error.code != "HandshakeNotFoundException":
                raise
            return None
        return answer

    def _begun(self, world: World) -> Answer | None:
        """The invitation of a send whose answer was lost, or somebody's to the same account, which leads to the same goal."""
        since = min(world.attempts) - CLOCK_SKEW if world.attempts else world.now
        mine = [
            found
            for found in invitations(world.aws)
            if is_for(found, self._who) and (_requested(found) >= since or found["State"] in PENDING)
        ]
        return max(mine, key=_requested, default=None)

    def _forgotten(self, world: World) -> Observation:
        """AWS forgets a finished handshake after 30 days, and may not show a new one yet; whether the account has joined is
        seen all the same.
        """
        member = self._member(world)
        if member:
            return Done("The account has joined the organization.", member)
        if world.attempts and world.now - max(world.attempts) < NEW:
            return Ready()
        return Failed("AWS no longer knows the invitation.", "Ask again if it is still wanted.", again=True)

    def _judge(self, world: World, handshake: Answer) -> Observation:
        state, asked = str(handshake["State"]), world.memory.get("asked")
        if state in PENDING:
            if asked in (CANCEL, RESEND):
                return Ready(again=True, takes_back=asked == CANCEL)
            return self._waiting(world, handshake)
        if state == "ACCEPTED":
            member = self._member(world)
            learned = {"handshake": handshake["Id"], "asked": "", **member}
            return (
                Done("The invitation was accepted.", learned) if member else Waiting("The account is joining.", learned)
            )
        if state == "CANCELED" and asked == RESEND:
            return self._again(world, handshake)
        if state == "CANCELED" and asked == CANCEL:
            return Failed(
                "The invitation was cancelled, as asked.", "Ask again if it is wanted after all.", state, again=True
            )
        say, advice = ENDS.get(state, (f"The invitation ended: {state}.", "Look in the AWS console."))
        return Failed(say, advice, state, again=state in ENDS)

    def _again(self, world: World, cancelled: Answer) -> Observation:
        """The old invitation is cancelled; the new one may have been sent already by a call whose answer was lost."""
        newer = [h for h in invitations(world.aws) if is_for(h, self._who) and _requested(h) > _requested(cancelled)]
        return self._waiting(world, max(newer, key=_requested)) if newer else Ready(again=True)

    def _waiting(self, world: World, handshake: Answer) -> Observation:
        expires: datetime = handshake["ExpirationTimestamp"]
        learned = {"handshake": handshake["Id"], "asked": ""}
        until = zoned(expires)
        if expires - world.now < SOON:
            say = f"Nobody has accepted the invitation yet, and it expires on {until}. Remind the account's administrator."
        else:
            say = (
                f"The invitation {handshake['Id']} is open until {until}. The administrator of the account accepts it in the "
                "AWS Organizations console, under Invitations."
            )
        return Waiting(say, learned, longest=LONGEST_PAUSE)

    def outcome(self, memory: Facts) -> tuple[Change, ...]:
        """AWS puts it into the root."""
        about = {key: str(memory[key]) for key in ("name", "email") if memory.get(key)}
        return (AccountIs(id=str(memory["account"]), state="ACTIVE", joined="INVITED", **about),)

    def _member(self, world: World) -> Facts:
        """The `account` once it is a member, with its `name` and `email`; nothing until then."""
        accounts = world.aws.pages("organizations", "list_accounts", "Accounts")
        wanted = self._who.casefold()
        found = next((a for a in accounts if wanted in (a["Id"], str(a.get("Email", "")).casefold())), None)
        return (
            {}
            if found is None
            else {"account": str(found["Id"]), "name": found.get("Name", ""), "email": found.get("Email", "")}
        )


def _requested(handshake: Answer) -> datetime:
    moment: datetime = handshake["RequestedTimestamp"]
    return moment
