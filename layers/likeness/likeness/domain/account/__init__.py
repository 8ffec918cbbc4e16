"""Rules and records of a user's account."""
