"""Everything that Slack may send, given to Bolt."""

from __future__ import annotations

from slack_bolt import App

from handlers.actions import register_actions
from handlers.commands import register_commands
from handlers.front import Front
from handlers.home import register_home
from handlers.options import register_options
from handlers.views import register_views


def register(app: App, front: Front) -> None:
    """Registers every handler; what people wait for most comes first, because Bolt asks the listeners in their order."""
    register_commands(app, front)
    register_actions(app, front)
    register_views(app, front)
    register_options(app, front)
    register_home(app, front)
