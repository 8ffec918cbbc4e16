"""What the adapters that use DynamoDB share."""
