"""The audit: a chain of records, the calls to AWS in it, and anchors outside of the database."""
