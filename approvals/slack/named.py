"""How settings and rules name people: by user id, by user group id, or by e-mail address. Pure.

Source: Slack API, "User object" (ids begin with U or W), "usergroups.list" (ids begin with S).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

USER = re.compile(r"[UW][A-Z0-9_][A-Za-z0-9_]{0,40}")
GROUP = re.compile(r"S[A-Z0-9]{2,40}")
ADDRESS = re.compile(r"[^@\s,<>|]{1,64}@[^@\s,<>|.]+(?:\.[^@\s,<>|.]+)+")


class Naming(StrEnum):
    """By what a word names somebody."""

    USER = "user id"
    GROUP = "user group id"
    ADDRESS = "e-mail address"


@dataclass(frozen=True)
class Named:
    """One word of a rule. What has an @ in it is an address, whatever it begins with; Slack's ids have none."""

    word: str

    @property
    def naming(self) -> Naming:
        """By what the word names somebody."""
        if "@" in self.word:
            return Naming.ADDRESS
        return Naming.GROUP if GROUP.fullmatch(self.word) else Naming.USER

    @property
    def is_group(self) -> bool:
        """Whether Slack has to say whom it names."""
        return self.naming is Naming.GROUP

    @property
    def is_address(self) -> bool:
        """Whether it is an e-mail address, in which upper and lower case are the same."""
        return self.naming is Naming.ADDRESS

    @property
    def is_well_formed(self) -> bool:
        """Whether it has the shape of what it seems to be; whether there is such a person only Slack knows."""
        if self.is_address:
            return ADDRESS.fullmatch(self.word) is not None
        return (GROUP if self.is_group else USER).fullmatch(self.word) is not None
