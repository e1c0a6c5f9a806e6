"""How long a role session lasts, as people write it: `15m`, `1h`, `1h30m`, or seconds as the AWS CLI takes them.

Source: AWS STS API Reference, "AssumeRole" (DurationSeconds); IAM User Guide, "Roles terms and concepts" (role chaining).
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from operations.snapshot.names import counted

SHORTEST, LONGEST, CHAINED = 900, 43_200, 3_600
DAY = 86_400
USUAL = (900, 1800, 3600, 7200, 14_400, 28_800, 43_200)  # Seconds that a form offers, as far as they are allowed.
LENGTH = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m(?:in)?)?(?:(\d{1,6})s)?", re.ASCII | re.IGNORECASE)


def seconds_of(text: str) -> int:
    """The seconds behind `1h30m`, `90m` or `5400`; raises ValueError with the way out."""
    bare = "".join(text.split())
    if bare.isascii() and bare.isdigit():
        return int(bare[:9])
    found = LENGTH.fullmatch(bare)
    if not bare or not found:
        raise ValueError(
            f"“{text[:40]}” is not a length of time; write one such as 15m, 1h, 1h30m, or seconds such as 3600"
        )
    hours, minutes, seconds = (int(piece or 0) for piece in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def written(seconds: int) -> str:
    """The shortest way to write it: 3600 is `1h`, 5400 `1h30m`, 930 `15m30s`, four days and more `4d`.

    `seconds_of` reads again what a session may last.
    """
    if seconds >= 4 * DAY and not seconds % DAY:
        return f"{seconds // DAY}d"
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return "".join(f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if number) or "0s"


def spoken(seconds: int) -> str:
    """As a sentence has it: `1 hour`, `1 hour 30 minutes`."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "hour"), (minutes, "minute"), (left, "second"))
    return " ".join(counted(number, unit) for number, unit in parts if number)


def _length(value: Any) -> str:
    """One way of writing for each length, so that the same request has the same digest."""
    seconds = seconds_of(str(value))
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError(
            f"a session lasts from {written(SHORTEST)} to {written(LONGEST)}, as AWS has it; “{str(value)[:40]}” is {'less' if seconds < SHORTEST else 'more'}"
        )
    return written(seconds)


SessionLength = Annotated[str, BeforeValidator(_length)]
