"""What the adapters that use S3 share."""
