"""The organization's snapshot: read in the background, kept in memory and, if wanted, in a file."""
