"""Styles painted with a wet brush."""
