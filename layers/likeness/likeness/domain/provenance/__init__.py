"""Rules and records of published avatars."""
