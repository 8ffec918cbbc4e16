"""What ops run from a shell, with their own credentials. None of it is deployed as a function."""
