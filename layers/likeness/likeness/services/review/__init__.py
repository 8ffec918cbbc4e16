"""Use cases of the review desk."""
