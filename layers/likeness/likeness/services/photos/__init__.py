"""Use cases of photos."""
