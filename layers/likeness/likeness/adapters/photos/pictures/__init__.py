"""Decoding of bytes that came from a user. No other code decodes them."""

from likeness.adapters.photos.pictures.containers import content_type
from likeness.adapters.photos.pictures.copies import same_picture
from likeness.adapters.photos.pictures.fence import normalise
from likeness.adapters.photos.pictures.hashes import hashes
from likeness.adapters.photos.pictures.preview import blurred, grey
from likeness.adapters.placeholders import photo as placeholder

__all__ = ["blurred", "content_type", "grey", "hashes", "normalise", "placeholder", "same_picture"]
