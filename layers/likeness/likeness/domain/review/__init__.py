"""Rules and records of the review desk."""
