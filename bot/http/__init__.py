"""The bot's HTTP side: the edge, its server, the gate, probes and metrics, and how Slack reaches the bot."""
