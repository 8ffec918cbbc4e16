"""What a moderator sees before they ask to see more: small, grey and blurred."""

import io

from PIL import Image, ImageFilter

# Enough to tell what kind of picture it is, too little to know a face or to be disturbed by.
SIDE = 192
RADIUS = 4.5
_QUALITY = 60


def blurred(jpeg: bytes) -> bytes:
    """A grey JPEG of at most 192 px, blurred by a Gaussian. Takes a normalised photo."""
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    image.draft("L", (SIDE, SIDE))
    grey = image.convert("L")
    grey.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    out = io.BytesIO()
    grey.filter(ImageFilter.GaussianBlur(RADIUS)).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
