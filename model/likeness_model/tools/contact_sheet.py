"""Several pictures on one sheet."""

import math
from collections.abc import Sequence

from PIL import Image

GAP = 12  # px
PAPER = (250, 249, 246)


def contact_sheet(
    pictures: Sequence[Image.Image], *, columns: int | None = None, side: int = 256
) -> Image.Image:
    """A grid in the given order, each picture scaled to a square of `side` px. Without `columns`,
    the sheet is about three wide for two high. Raises ValueError without pictures."""
    if not pictures:
        raise ValueError("there are no pictures for a contact sheet")
    columns = columns or max(1, round(math.sqrt(len(pictures) * 1.2)))
    rows = math.ceil(len(pictures) / columns)
    sheet = Image.new("RGB", (columns * (side + GAP) + GAP, rows * (side + GAP) + GAP), PAPER)
    for n, picture in enumerate(pictures):
        small = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        row, column = divmod(n, columns)
        sheet.paste(small, (GAP + column * (side + GAP), GAP + row * (side + GAP)))
    return sheet
