"""Who of those whom a rule names may not act at all, so that nobody is told to wait for them. For showing and telling only.

A click is judged anew, whoever was named. User groups are named as they are: whom they notify is Slack's to know.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from approvals.authority.directory import SlackAwayError
from approvals.context import Context

log = logging.getLogger(__name__)


def barred(context: Context, named: Iterable[str]) -> frozenset[str]:
    """Those of `named` (user ids, user group ids, e-mails) who are deactivated, guests, of another workspace, or unknown.

    Nobody while Slack does not tell: who may decide must not be left out.
    """
    try:
        return frozenset(name for name in named if _is_person(name) and _objection(context, name))
    except SlackAwayError as error:
        log.warning("whether all who are named may decide is not known now: %s", error)
        return frozenset()


def may_act(context: Context, user: str) -> bool:
    """Whether Slack knows nothing against this user; raises SlackAwayError."""
    return not _objection(context, user)


def _is_person(name: str) -> bool:
    return "@" in name or not name.startswith("S")


def _objection(context: Context, name: str) -> str:
    user = context.cached_directory.by_email(name) if "@" in name else name
    return context.cached_directory.look(user).objection(context.team()) if user else "nobody has this address"
