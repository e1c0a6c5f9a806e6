"""Telling Slack what the database says: messages in their order, home tabs."""
