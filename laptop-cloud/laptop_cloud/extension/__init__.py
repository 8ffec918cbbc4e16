"""What MiniStack lacks, added inside its process."""
