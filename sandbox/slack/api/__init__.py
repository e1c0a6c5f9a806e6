"""The Web API: one function a method, by family. `METHODS` holds them all; `web.py` calls them."""

from sandbox.slack.api import auth, blocks, chat, conversations, files, users, views
from sandbox.slack.api.registry import METHODS, Method

__all__ = ["METHODS", "Method", "auth", "blocks", "chat", "conversations", "files", "users", "views"]
