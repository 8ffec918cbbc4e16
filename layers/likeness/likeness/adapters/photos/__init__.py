"""AWS adapters of photos."""
