"""What the use cases need from outside. Adapters implement these; fakes do it in tests."""
