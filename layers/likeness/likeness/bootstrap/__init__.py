"""The only place that knows both sides: each use case with the adapters of its function.

One module for each caller, so that a function imports what its caller needs and no more.
"""
