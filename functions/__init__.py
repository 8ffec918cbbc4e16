"""One file is one Lambda function: its trigger, its use cases and their adapters."""
