"""What AWS has accepted and does not show yet: until then every look is answered as before the call.

Source: AWS Organizations User Guide, "Consistency model" (changes may take time until they are seen everywhere).
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from moto.account.models import account_backends
from moto.iam.models import iam_backends

from sandbox.aws.backend import LOCK
from sandbox.aws.conditions import MANAGEMENT_ACCOUNT
from sandbox.aws.responses import management

LOOKS = ("Describe", "Get", "List")
GOES_ON = ("agenda", "caller")  # Of the organization: neither is shown.
OF_IAM = ("groups", "roles", "users")
OF_ACCOUNTS = ("_alternate_contacts",)
State = dict[str, Any]


class Before:
    """The organization, its accounts' contacts and the management account's IAM as they were before a call; looks show them for
    some seconds.
    """

    def __init__(self, seconds: float) -> None:
        with LOCK:
            self._until: datetime = management().now() + timedelta(seconds=seconds)
            self._kept = [
                (state, copy.deepcopy({name: kept for name, kept in state.items() if name in names}))
                for state, names in _states()
            ]

    def hides(self, operation: str) -> bool:
        """Whether this call is a look that still shows what was before."""
        return operation.startswith(LOOKS) and management().now() < self._until

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Within this block the stand-in is as it was."""
        with LOCK:
            org = management()
            org.settle()
            now = [(state, {name: state[name] for name in before}) for state, before in self._kept]
            agenda, org.agenda = org.agenda, []
            _put(self._kept)
            try:
                yield
            finally:
                _put(now)
                org.agenda = agenda


def _put(states: list[tuple[State, State]]) -> None:
    for state, values in states:
        state.update(values)


def _states() -> Iterator[tuple[State, Collection[str]]]:
    """What is kept, and which parts of it."""
    yield vars(management()), vars(management()).keys() - GOES_ON
    yield vars(iam_backends[MANAGEMENT_ACCOUNT]["aws"]), OF_IAM
    for backends in list(account_backends.values()):
        yield vars(backends["aws"]), OF_ACCOUNTS
