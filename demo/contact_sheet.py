"""All avatars of a folder on one picture: python -m demo.contact_sheet FOLDER FILE."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from PIL import Image

SIDE = 256  # px of each avatar
GAP = 12
PAPER = (250, 249, 246)


def contact_sheet(folder: Path) -> Image.Image:
    """A grid, about three wide for two high, in the order of the files' names."""
    files = sorted(folder.glob("*.png"))
    if not files:
        raise SystemExit(f"There is no avatar in {folder}.")
    columns = max(1, round(math.sqrt(len(files) * 1.2)))
    rows = math.ceil(len(files) / columns)
    sheet = Image.new("RGB", (columns * (SIDE + GAP) + GAP, rows * (SIDE + GAP) + GAP), PAPER)
    for n, file in enumerate(files):
        with Image.open(file) as avatar:
            small = avatar.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        row, column = divmod(n, columns)
        sheet.paste(small, (GAP + column * (SIDE + GAP), GAP + row * (SIDE + GAP)))
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", type=Path)
    asked = parser.parse_args()
    contact_sheet(asked.folder).save(asked.file)


if __name__ == "__main__":
    main()
