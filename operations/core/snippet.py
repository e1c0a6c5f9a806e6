"""Text to copy, wherever it is shown."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Snippet(BaseModel):
    """Text to copy into a file or a shell, and what it is."""

    model_config = ConfigDict(frozen=True)

    label: str
    text: str
