"""Use cases of generation."""
