"""Styles drawn with a dry medium."""
