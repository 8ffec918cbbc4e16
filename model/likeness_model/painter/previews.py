"""The pictures of the catalogue: `python -m likeness_model.painter.previews --photo P --out D`.

One WebP for each style, from a photo that may be shown to everybody.
"""

import argparse
from pathlib import Path

import cv2

from likeness_model.painter.looks import look_for
from likeness_model.painter.proof import read_rgb
from likeness_model.painter.styles import STYLES, style
from likeness_model.painter.subject import read_subject

DRAWN, SIDE, QUALITY = 1024, 256, 82


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for {style}.webp")
    asked = parser.parse_args()
    subject = read_subject(read_rgb(asked.photo), DRAWN)
    asked.out.mkdir(parents=True, exist_ok=True)
    for style_id in STYLES:
        look = look_for(style_id, seed=1, variant=0)
        picture = style(style_id)(subject.scene(look, DRAWN), look)
        small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(asked.out / f"{style_id}.webp"), bgr, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
