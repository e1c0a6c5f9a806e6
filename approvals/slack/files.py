"""Files that people give in a form: read once, before anybody approves, and only what the requester uploaded.

Source: Slack API, "files.info" (scope files:read), "Working with files" (url_private_download wants the bot's token).
"""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

from slack_sdk import WebClient

from approvals.slack.client import SlackAmbiguousError, SlackAwayError, SlackBusyError, SlackRefusedError, call
from approvals.slack.http import opener

MOST_BYTES = 200_000
PATIENCE = 10  # Seconds.
SLACKS_HOSTS = frozenset({"files.slack.com", "files.slack-gov.com"})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class FileError(Exception):
    """The file cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Attached:
    """A file's name, as people know it, and its text."""

    name: str
    text: str


@dataclass(frozen=True)
class Attachments:
    """Reads files with the bot's own token."""

    slack: WebClient

    def read(self, file: str, user: str) -> Attached:
        """A file that `user` uploaded; raises FileError, or SlackAwayError when it is worth trying again."""
        about = self._about(file)
        if about.get("user") != user:
            raise FileError("the file was uploaded by somebody else. Upload it yourself, in the form.")
        if int(about.get("size") or 0) > MOST_BYTES:
            raise FileError(f"the file has more than {MOST_BYTES:,} bytes, which no policy has.")
        content = self._download(str(about.get("url_private_download") or about.get("url_private") or ""))
        try:
            return Attached(str(about.get("name") or file), content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise FileError("the file is no text in UTF-8. Save it as such, then give it again.") from error

    def _is_slacks(self, address: str) -> bool:
        """Slack's own host over https, or the stand-in's, which is on this machine."""
        asked, api = urlsplit(address), urlsplit(self.slack.base_url)
        if asked.scheme == "https" and asked.netloc in SLACKS_HOSTS:
            return True
        return api.hostname in LOOPBACK and (asked.scheme, asked.netloc) == (api.scheme, api.netloc)

    def _about(self, file: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = call(self.slack, "files.info", file=file)["file"]
        except SlackRefusedError as error:
            raise FileError(f"Slack does not give the file ({error.code}). Upload it again, in the form.") from error
        except (SlackBusyError, SlackAmbiguousError) as error:
            raise SlackAwayError("files.info") from error
        return found

    def _download(self, address: str) -> bytes:
        """Only from Slack itself: the address comes from outside, and the token goes along."""
        if not self._is_slacks(address):
            raise FileError("the file is not kept by Slack itself. Upload it, in the form.")
        request = Request(address, headers={"Authorization": f"Bearer {self.slack.token}"})  # noqa: S310
        try:
            with opener().open(request, timeout=PATIENCE) as answer:
                content: bytes = answer.read(MOST_BYTES + 1)
        except (OSError, HTTPException, ValueError) as error:
            raise SlackAwayError("the download of a file") from error
        return content
