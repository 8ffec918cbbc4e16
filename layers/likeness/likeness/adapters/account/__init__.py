"""AWS adapters of a user's account."""
