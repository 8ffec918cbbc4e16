"""Ports: interfaces through which use cases reach services. Tests use fakes of them.

Unless a docstring says otherwise, a method raises `Unavailable` if its service cannot be reached,
throttles or denies, and writes are idempotent: the same call again changes nothing.
"""
