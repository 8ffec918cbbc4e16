"""Styles made of small flat pieces: stones, pixels, glass."""
