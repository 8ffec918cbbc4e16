"""The small, grey, blurred preview that moderators see before they reveal a photo."""

import io

from PIL import Image, ImageFilter

# Enough to see what kind of picture it is, too little to recognise a face or to be disturbed.
SIDE = 192
RADIUS = 4.5
_QUALITY = 60


def blurred(jpeg: bytes) -> bytes:
    """Return a grey JPEG of at most 192 px with Gaussian blur. Accepts a normalised photo."""
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    image.draft("L", (SIDE, SIDE))
    grey = image.convert("L")
    grey.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    out = io.BytesIO()
    grey.filter(ImageFilter.GaussianBlur(RADIUS)).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
