"""What stands in `docs/` and can be made from the code, and whether it still is so."""
