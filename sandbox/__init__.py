"""A Slack workspace and an AWS organization on this machine: the demo for people, the doubles for tests."""
