"""`python -m bot` is `orgbot`."""

from bot.cli import main

main()
