"""Ports: what the use cases need from outside. Adapters implement them; tests use fakes.

Unless a docstring says otherwise, a method raises `Unavailable` if its service cannot be reached,
throttles or denies, and writes are idempotent: the same call again changes nothing.
"""
