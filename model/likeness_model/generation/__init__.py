"""What every engine shares: the job, the engine's interface, checkpoints, variations, near-duplicates."""
