"""AWS adapters of deletion."""
