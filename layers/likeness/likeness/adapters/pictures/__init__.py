"""The one place where bytes that came from a user are decoded."""

from likeness.adapters.pictures.copies import same_picture
from likeness.adapters.pictures.normalise import normalise
from likeness.adapters.pictures.preview import blurred

__all__ = ["blurred", "normalise", "same_picture"]
