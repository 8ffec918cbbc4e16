"""Shared code of the adapters that use S3."""
