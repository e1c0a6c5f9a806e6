"""Slack in: commands, views, actions, options, home, forms. No SQL, no boto3."""
