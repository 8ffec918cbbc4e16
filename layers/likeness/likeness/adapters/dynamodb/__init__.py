"""Shared code of the adapters that use DynamoDB."""
