"""Rules and records of photos."""
