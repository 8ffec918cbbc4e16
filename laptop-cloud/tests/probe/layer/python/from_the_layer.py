"""A package that only the layer has."""

WORD = "layer"
