"""AWS adapters of published avatars."""
