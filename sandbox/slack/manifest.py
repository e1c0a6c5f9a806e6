"""What the stand-in reads from the app's manifest: scopes, commands, shortcuts, events and the home's tabs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Command:
    """A slash command as the app declares it."""

    command: str
    description: str = ""
    usage_hint: str = ""


@dataclass(frozen=True)
class Shortcut:
    """A shortcut as the app declares it; `type` is global, or message for one in a message's menu."""

    name: str
    type: str
    callback_id: str
    description: str = ""


@dataclass(frozen=True)
class Manifest:
    """The app's declaration; `Manifest.read(path)` takes it from the file that a real workspace gets."""

    scopes: frozenset[str] = frozenset()
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    bot_events: frozenset[str] = frozenset()
    home_tab: bool = True
    messages_tab: bool = True
    messages_tab_read_only: bool = False
    interactivity: bool = True
    name: str = "orgbot"

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest.yml; raises OSError when there is none, yaml.YAMLError when it is none."""
        return cls.from_data(yaml.safe_load(path.read_text(encoding="utf-8")))

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Manifest:
        """From a manifest's content as a dictionary."""
        features, settings = data.get("features", {}), data.get("settings", {})
        home = features.get("app_home", {})
        return cls(
            scopes=frozenset(data.get("oauth_config", {}).get("scopes", {}).get("bot", [])),
            commands=tuple(_command(entry) for entry in features.get("slash_commands", [])),
            shortcuts=tuple(Shortcut(**entry) for entry in features.get("shortcuts", [])),
            bot_events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
            home_tab=home.get("home_tab_enabled", False),
            messages_tab=home.get("messages_tab_enabled", False),
            messages_tab_read_only=home.get("messages_tab_read_only_enabled", False),
            interactivity=settings.get("interactivity", {}).get("is_enabled", False),
            name=features.get("bot_user", {}).get("display_name", "bot"),
        )


def _command(entry: dict[str, Any]) -> Command:
    return Command(entry["command"], entry.get("description", ""), entry.get("usage_hint", ""))
