"""As much of Slack as the outbox needs, in memory: what was posted, what was updated, and where."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse
from slack_sdk.web.file_upload_v2_result import FileUploadV2Result

Post = dict[str, Any]


class InMemorySlack(WebClient):
    """Every message that was posted, as it stands after its updates, in `posts`; private lines in `whispers`, home tabs in `homes`."""

    def __init__(self) -> None:
        super().__init__("xoxb-test")
        self.posts: list[Post] = []
        self.whispers: list[Post] = []
        self.homes: dict[str, Post] = {}
        self._stamps = itertools.count(1)
        self._answers: dict[str, Callable[[Post], Post]] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.open": lambda given: {"channel": {"id": f"D{given['users']}"}},
            "conversations.history": self._history,
            "conversations.replies": self._history,
            "chat.getPermalink": lambda given: {"permalink": f"https://slack.example/{given['message_ts']}"},
            "chat.postEphemeral": self._whisper,
            "chat.delete": self._delete,
            "views.publish": self._publish,
            "files.getUploadURLExternal": lambda _: {"upload_url": "", "file_id": "F0FILE"},
            "files.completeUploadExternal": lambda _: {"files": [{"id": "F0FILE"}]},
            "files.info": lambda _: {"file": {"id": "F0FILE", "mimetype": "image/png"}},
        }

    def begin_like(self, other: InMemorySlack) -> None:
        """With the same messages and home tabs."""
        self.posts, self.whispers, self.homes = deepcopy((other.posts, other.whispers, other.homes))
        self._stamps = itertools.count(1 + max((int(float(post["ts"])) for post in self.posts), default=0))

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        given = {**(arguments.get("json") or {}), **(arguments.get("params") or {}), **(arguments.get("data") or {})}
        data = {"ok": True, **self._answers[api_method](given)}
        return SlackResponse(
            client=self, http_verb="POST", api_url=api_method, req_args={}, data=data, headers={}, status_code=200
        )

    def _upload_file(self, **_: Any) -> FileUploadV2Result:
        return FileUploadV2Result(200, "OK")

    def _post(self, given: Post) -> Post:
        stamp = f"{next(self._stamps)}.000000"
        self.posts.append({**given, "ts": stamp})
        return {"channel": given["channel"], "ts": stamp}

    def _update(self, given: Post) -> Post:
        (post,) = (post for post in self.posts if (post["channel"], post["ts"]) == (given["channel"], given["ts"]))
        post.update(text=given["text"], blocks=given["blocks"])
        return {"channel": given["channel"], "ts": given["ts"]}

    def _whisper(self, given: Post) -> Post:
        self.whispers.append(given)
        return {}

    def _delete(self, given: Post) -> Post:
        self.posts = [post for post in self.posts if (post["channel"], post["ts"]) != (given["channel"], given["ts"])]
        return {}

    def _publish(self, given: Post) -> Post:
        self.homes[given["user_id"]] = given["view"]
        return {}

    def _history(self, given: Post) -> Post:
        return {"messages": [post for post in self.posts if post["channel"] == given["channel"]]}

    def cards(self, channel: str, number: int) -> list[str]:
        """The notification texts of the cards of one request."""
        return [
            post["text"]
            for post in self.posts
            if post["channel"] == channel and "thread_ts" not in post and f"#{number} " in post["text"]
        ]
