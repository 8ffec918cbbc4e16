"""AWS adapters of jobs."""
