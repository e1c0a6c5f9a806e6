"""AWS as it is at this moment, for the looks: what a test puts into it, or away."""

from __future__ import annotations

from operations.aws.errors import BusyError, RefusedError
from operations.snapshot.live import Delegated


class AwsNow:
    """Answers with what a test has put in; with BusyError while it is `away`, with RefusedError while it is `closed`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False
        self.closed = False
        self.has_tags: dict[str, str] = {}
        self.documents: dict[str, str] = {}
        self.effects: dict[tuple[str, str], str] = {}
        self.administrators: tuple[Delegated, ...] = ()

    def _look(self, operation: str) -> None:
        self.asked.append(operation)
        if self.away:
            raise BusyError(operation, "AWS could not be reached", code="EndpointConnectionError")
        if self.closed:
            raise RefusedError(operation, "User is not authorized", code="AccessDeniedException")

    def tags(self, account: str) -> dict[str, str]:
        self._look("ListTagsForResource")
        return self.has_tags

    def document(self, policy: str) -> str:
        self._look("DescribePolicy")
        return self.documents.get(policy, "{}")

    def effective(self, account: str, kind: str) -> str:
        self._look("DescribeEffectivePolicy")
        return self.effects.get((account, kind), "")

    def delegated(self) -> tuple[Delegated, ...]:
        self._look("ListDelegatedAdministrators")
        return self.administrators
