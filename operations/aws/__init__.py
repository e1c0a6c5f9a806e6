"""The one door to AWS: calls, errors sorted by what may be done next, permissions."""
