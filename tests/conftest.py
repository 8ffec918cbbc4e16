"""For every suite: a generated test is the same on each run, and never fails for being slow."""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")
