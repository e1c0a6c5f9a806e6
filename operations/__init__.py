"""What the bot can do to AWS: one class each. Knows neither Slack nor SQL."""
