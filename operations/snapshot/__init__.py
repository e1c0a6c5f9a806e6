"""What is known of the organization: accounts, units, policies, as they were read, and as AWS tells now."""
