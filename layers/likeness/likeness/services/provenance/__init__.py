"""Use cases of published avatars."""
