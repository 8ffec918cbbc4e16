"""Use cases of deletion."""
