"""`orgbot check`: one line for each thing that the bot needs."""
