"""Rules and records of deletion."""
