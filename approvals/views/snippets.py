"""Credentials in the forms in which people use them: shell variables, AWS CLI profiles. Pure; what comes out is secret.

Source: AWS CLI User Guide, "Environment variables", "Configuration and credential file settings", "Sourcing credentials with
an external process".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from operations.access.role_sessions import Minted
from operations.aws.client import aws_time
from operations.core.observations import Snippet

LONGEST = 2_750  # A section has 3,000 characters; code that was cut would be of no use.
ALTOGETHER = 9_500  # Slack refuses messages at about 13,000 characters, and there is more in one than these.


def snippets(minted: Minted, account: str) -> tuple[list[Snippet], list[str]]:
    """What fits into one message, and the labels of what does not, because the session token is unusually long."""
    fitting: list[Snippet] = []
    left_out: list[str] = []
    room = ALTOGETHER
    for snippet in _all(minted, profile_name(account)):
        if len(snippet.text) > min(LONGEST, room):
            left_out.append(snippet.label)
            continue
        room -= len(snippet.text)
        fitting.append(snippet)
    return fitting, left_out


def profile_name(account: str) -> str:
    """A name for an AWS CLI profile: `fullback-staging-session`."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", account).strip("-") + "-session"


def _all(minted: Minted, profile: str) -> Iterable[Snippet]:
    values = {
        "AWS_ACCESS_KEY_ID": minted.access_key_id,
        "AWS_SECRET_ACCESS_KEY": minted.secret_access_key.get_secret_value(),
        "AWS_SESSION_TOKEN": minted.session_token.get_secret_value(),
    }
    yield _lines("bash, zsh", (f'export {name}="{value}"' for name, value in values.items()))
    yield _lines("PowerShell", (f'$Env:{name}="{value}"' for name, value in values.items()))
    yield _lines("fish", (f'set -gx {name} "{value}"' for name, value in values.items()))
    keys = (f"{name.lower()} = {value}" for name, value in values.items())
    yield _lines("AWS CLI profile (~/.aws/credentials)", (f"[{profile}]", *keys))
    process = f"credential_process = echo '{_process_output(minted)}'"
    yield _lines("credential_process (~/.aws/config)", (f"[profile {profile}]", process))


def _process_output(minted: Minted) -> str:
    answer = {
        "Version": 1,
        "AccessKeyId": minted.access_key_id,
        "SecretAccessKey": minted.secret_access_key.get_secret_value(),
        "SessionToken": minted.session_token.get_secret_value(),
        "Expiration": aws_time(minted.expires_at),
    }
    return json.dumps(answer, separators=(",", ":"))


def _lines(label: str, lines: Iterable[str]) -> Snippet:
    return Snippet(label=label, text="\n".join(lines))
