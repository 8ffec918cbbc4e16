"""What the product means, without a cloud: standard library and pydantic only."""
