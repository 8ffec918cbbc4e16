"""Use cases of a user's account."""
