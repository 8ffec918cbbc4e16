"""The preview pictures of the style catalogue, WebP in two sizes.

    python -m likeness_model.tools.previews --photo FILE --out FOLDER [--styles a,b]

The photo must be one that may be published.
"""

import argparse
from pathlib import Path

import cv2

from likeness_model.generation.variation import variation_for
from likeness_model.painter.styles import STYLES
from likeness_model.painter.subject import read_subject
from likeness_model.vision.images import read_rgb

DRAWN, SIDES, QUALITY = 1024, (512, 256), 82


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for {side}/{style}.webp")
    parser.add_argument("--styles", default=",".join(STYLES), help="default: all")
    arguments = parser.parse_args()
    styles = arguments.styles.split(",")
    if unknown := set(styles) - set(STYLES):
        parser.error(f"no painter for {', '.join(sorted(unknown))}")
    subject = read_subject(read_rgb(arguments.photo), DRAWN)
    for side in SIDES:
        (arguments.out / str(side)).mkdir(parents=True, exist_ok=True)
    for style_id in styles:
        variation = variation_for(style_id, seed=1, variant=0)
        picture = STYLES[style_id](subject.scene(variation, DRAWN), variation)
        for side in SIDES:
            small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
            bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
            file = arguments.out / str(side) / f"{style_id}.webp"
            cv2.imwrite(str(file), bgr, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
