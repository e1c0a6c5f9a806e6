"""Looking at the organization."""
