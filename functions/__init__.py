"""One file is one Lambda: its docstring and one call."""
