"""Shared by all engines: the job, the engine's interface, checkpoints, variations."""
