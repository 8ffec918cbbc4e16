"""Rules and records of jobs."""
