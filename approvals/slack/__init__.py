"""Slack itself: calls, the blocks that messages are built of, files, response_urls. Knows nothing of requests."""
