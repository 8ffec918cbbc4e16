"""The one place where bytes that came from a user are decoded."""

from likeness.adapters.pictures.copies import same_picture
from likeness.adapters.pictures.normalise import normalise

__all__ = ["normalise", "same_picture"]
