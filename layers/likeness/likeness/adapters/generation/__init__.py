"""AWS adapters of generation."""
