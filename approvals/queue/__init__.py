"""The table is the queue: the database, who has a row in hand, and what is to be told to Slack."""
