"""The painted styles, in families. Every module below is imported; its styles register themselves.

They are imported once, before the worker processes are forked, which share them.
"""

from importlib import import_module
from pkgutil import walk_packages

from likeness_model.painter.registry import Paint, registered

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)

STYLES: dict[str, Paint] = dict(sorted(registered.items()))
