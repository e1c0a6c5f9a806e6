"""The scopes that the bot's token needs, and what is missing without each. `manifest.yml` asks for exactly these; a test holds it."""

from __future__ import annotations

SCOPES = {
    "channels:history": "a message whose answer was lost is not found again",
    "channels:read": "approvers who are not in the channel are not noticed",
    "chat:write": "nothing can be said",
    "commands": "/org does not exist",
    "files:read": "a policy document cannot be given as a file",
    "files:write": "the tree cannot be sent as a picture",
    "groups:history": "a message in a private channel whose answer was lost is not found again",
    "groups:read": "a private approval channel is not seen",
    "im:history": "a direct message whose answer was lost is not found again",
    "im:write": "nobody can be told by direct message",
    "usergroups:read": "user groups cannot approve",
    "users:read": "nobody is known, so nobody can ask or decide",
    "users:read.email": "approvers cannot be named by e-mail address, and one person may have two identities",
}
