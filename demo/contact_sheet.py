"""All avatars of a folder in one picture: python -m demo.contact_sheet FOLDER FILE."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from likeness_model.tools.contact_sheet import contact_sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    pictures = [Image.open(file) for file in sorted(given.folder.glob("*.png"))]
    contact_sheet(pictures).save(given.file)


if __name__ == "__main__":
    main()
