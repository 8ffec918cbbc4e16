"""One module per family of weights, all with the interface of base.py."""
