"""Grey copies of a photo for moderators: the blurred preview, and larger ones that they reveal."""

import io

from PIL import Image, ImageFilter

# Enough to see what kind of picture it is, too little to recognise a face or to be disturbed.
SIDE = 192
RADIUS = 4.5
QUALITY = 60
# A revealed grey copy: enough to decide most cases. Soft still hides details of skin and wounds.
GREY_SIDE = 768
SOFT_RADIUS = 6.0
GREY_QUALITY = 80


def blurred(jpeg: bytes) -> bytes:
    """Return a grey JPEG of at most 192 px with Gaussian blur. Accepts a normalised photo."""
    return _grey(jpeg, SIDE, RADIUS, QUALITY)


def grey(jpeg: bytes, *, soft: bool) -> bytes:
    """Return a grey JPEG of at most 768 px, `soft` with Gaussian blur."""
    return _grey(jpeg, GREY_SIDE, SOFT_RADIUS if soft else 0, GREY_QUALITY)


def _grey(jpeg: bytes, side: int, radius: float, quality: int) -> bytes:
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    image.draft("L", (side, side))
    grey = image.convert("L")
    grey.thumbnail((side, side), Image.Resampling.BOX)
    out = io.BytesIO()
    grey.filter(ImageFilter.GaussianBlur(radius)).save(out, "JPEG", quality=quality)
    return out.getvalue()
