"""Styles printed from a cut block."""
