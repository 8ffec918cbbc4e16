"""What MiniStack lacks for this project, added inside its process."""
