"""Rules and records of generation."""
