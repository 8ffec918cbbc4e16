"""Rules and records of the product: standard library and pydantic only."""
