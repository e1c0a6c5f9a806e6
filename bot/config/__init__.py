"""Settings and rules, read and checked."""
