"""Styles put together from small flat pieces: stones, pixels, glass."""
