"""AWS adapters of the review desk."""
