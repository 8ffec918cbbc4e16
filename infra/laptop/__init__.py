"""Likeness on the laptop cloud: its project description and its vision models."""
