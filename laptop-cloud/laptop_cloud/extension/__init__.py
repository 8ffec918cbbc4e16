"""Features that MiniStack lacks, added inside its process."""
