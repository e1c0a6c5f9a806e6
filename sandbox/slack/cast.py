"""Who is in the workspace: people, groups, channels, and the cast that every sandbox starts with."""

from __future__ import annotations

from dataclasses import dataclass, field

TEAM_ID = "T0ORGBOT"
TEAM_NAME = "Fullback Systems"
TEAM_DOMAIN = "fullback"
OTHER_TEAM_ID = "T0OTHER"
BOT_USER = "U0ORGBOT"
BOT_ID = "B0ORGBOT"
APP_ID = "A0ORGBOT"


@dataclass
class User:
    """A member; tests change the flags to deactivate or demote somebody."""

    id: str
    name: str
    real_name: str
    email: str = ""
    title: str = ""
    color: str = "4a154b"
    team_id: str = TEAM_ID
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    is_admin: bool = False

    @property
    def is_outside(self) -> bool:
        """Whether Slack shows this person only the channels of which they are a member."""
        return self.is_restricted or self.is_ultra_restricted or self.team_id != TEAM_ID


@dataclass
class Group:
    """A user group, mentioned by its handle."""

    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)
    disabled: bool = False


@dataclass
class Channel:
    """A channel or, when `user` is set, that person's direct message with the bot.

    Tests archive it, let nobody but its managers post (`is_read_only`), or share it with another company (`is_ext_shared`).
    """

    id: str
    name: str
    members: set[str] = field(default_factory=set)
    topic: str = ""
    is_private: bool = False
    is_archived: bool = False
    is_read_only: bool = False
    is_ext_shared: bool = False
    user: str | None = None

    @property
    def is_im(self) -> bool:
        """Whether this is a direct message."""
        return self.user is not None

    @property
    def kind(self) -> str:
        """The type as conversations.list names it: public_channel, private_channel or im."""
        if self.is_im:
            return "im"
        return "private_channel" if self.is_private else "public_channel"


def people() -> list[User]:
    """The cast."""
    return [
        User("U0ALICE", "alice", "Alice Ahmed", "alice@example.com", "Engineer", "2f6f4f"),
        User("U0BOB", "bob", "Bob Baker", "bob@example.com", "Platform lead", "1d4f91", is_admin=True),
        User("U0CAROL", "carol", "Carol Chen", "carol@example.com", "Security", "8a3b12"),
        User("U0DAVE", "dave", "Dave Diaz", "dave@example.com", "Support", "6b2f8a"),
        User("U0GUEST", "guest", "Gus Guest", "guest@example.com", "Contractor", "7a6a00", is_restricted=True),
        User("U0GONE", "gone", "Gina Gone", "gone@example.com", "Left the company", "777777", deleted=True),
        User("U0FOREIGN", "foreign", "Fay Foreign", "fay@example.net", "Vendor", "a02060", team_id=OTHER_TEAM_ID),
        User(BOT_USER, "orgbot", "orgbot", color="2c2d30", is_bot=True),
    ]


def groups() -> list[Group]:
    """The user groups of the approvers, and of those among them who guard production."""
    return [
        Group("S0APPROVERS", "aws-approvers", "AWS approvers", ["U0BOB", "U0CAROL"]),
        Group("S0SECURITY", "aws-security", "AWS security", ["U0CAROL"]),
    ]


def channels() -> list[Channel]:
    """Where people talk; everybody is in #general, outsiders included."""
    team = {"U0ALICE", "U0BOB", "U0CAROL", "U0DAVE"}
    return [
        Channel("C0GENERAL", "general", {*team, "U0GUEST", "U0FOREIGN"}, "Everything and nothing"),
        Channel("C0APPROVALS", "aws-approvals", {*team, BOT_USER}, "Requests for the AWS Organization"),
        Channel("C0PLATFORM", "platform", {"U0ALICE", "U0BOB"}, "The platform team"),
    ]
