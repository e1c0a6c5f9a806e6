"""A request that helps, told beside a result or a refusal: a form that a button opens with what is known filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

Value = str | list[str]
MOST = 5  # Buttons of one kind in a message.


class Prefilled(BaseModel):
    """A button that opens the form of `operation` with `values` filled in, by its fields' names.

    `label` is empty where the button says what menus say. `taking` has for a field the names under which the request that was
    refused may have its value.
    """

    model_config = ConfigDict(frozen=True)

    operation: str
    label: str = ""
    values: dict[str, Value] = {}
    taking: dict[str, tuple[str, ...]] = {}

    def __hash__(self) -> int:
        """Its values are mappings, and what is the same has the same operation."""
        return hash((self.operation, self.label))

    def filled(self, known: Mapping[str, Any]) -> Self:
        """With what the refused request has: its parameters and what it was approved for, by name."""
        found = {
            field: str(known[name])
            for field, names in self.taking.items()
            for name in reversed(names)
            if known.get(name)
        }
        return self.model_copy(update={"values": {**found, **self.values}, "taking": {}})
