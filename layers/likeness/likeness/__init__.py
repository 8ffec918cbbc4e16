"""Likeness: a once-a-day avatar pipeline that people can trust with their faces."""

__version__ = "0.1.0"
