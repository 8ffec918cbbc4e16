"""Likeness on the laptop cloud: its project description, its vision models and its certificates."""
