"""`orgbot init`: from an empty folder to a bot that is ready, a question at a time.

Each step says what it is about to do before it does it, checks an answer as soon as it is given, and keeps it in `.env`. What is
kept and still right is not asked again, so that a run that was ended goes on where it was.
"""
