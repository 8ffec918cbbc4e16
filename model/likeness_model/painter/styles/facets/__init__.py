"""Styles folded and cut from flat facets and sheets."""
