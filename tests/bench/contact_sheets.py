"""What moderation loses if several avatars are one picture: decision 088.

.envs/model/bin/python -m tests.bench.contact_sheets [FOLDER OF PICTURES]...

Takes crops around the faces of the demo photos and of the pictures in the folders, also blurred.
Those that the laptop's model reports alone must be found. Each is then shown in every cell of
sheets whose other cells are clean: the style previews, or the demo photos. No explicit picture is
needed: the question is what a sheet does to a percent, not if the percent is right.
"""

import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from infra.laptop.vision import MODERATION_MODEL, moderation_labels
from laptop_cloud.rekognition.taxonomy import records
from likeness.adapters.policy_files import load_policy
from likeness.domain.moderation import moderate
from likeness.domain.verdict import Label, Outcome, PhotoEvidence
from likeness_model.vision.detect import find_faces
from likeness_model.vision.records import Image
from tests.laptop.rekognition import drawings

Percents = Mapping[str, float]

POLICY = load_policy()
PREVIEWS = Path(drawings.__file__).parents[3] / "layers/likeness/likeness/policy/previews/512"
TILE = 512  # px
CLEAN_SHEETS = 50
LARGEST = 2048  # px, as an inspected photo
# Of the face's larger side: half the width of a crop, and how far below the face its middle is.
CROPS = {"face": (0.55, 0.0), "shoulders": (1.4, 0.5), "half a body": (2.2, 1.2)}


def main(folders: list[str]) -> None:
    files = [p for f in [drawings.PHOTOS, *map(Path, folders)] for p in sorted(f.rglob("*.jpg"))]
    crops = [crop for file in files for crop in crops_of(drawings.load(file))]
    alone = [(crop, moderation_labels(crop)) for crop in crops]
    others = {
        "drawings": [square(drawings.load(path)) for path in sorted(PREVIEWS.glob("*.webp"))],
        "photos": [square(drawings.load(path)) for path in sorted(drawings.PHOTOS.glob("*.jpg"))],
    }
    must = [(crop, percents) for crop, percents in alone if is_reported(percents)]
    print(f"{len(must)} of {len(crops)} crops are reported alone", flush=True)
    for kind, pictures in others.items():
        clean = [one for one in pictures if not is_reported(moderation_labels(one))]
        for side in (2, 3) if must else ():
            print(f"{side} x {side}, {kind}: {measured(must, clean, side)}", flush=True)


def measured(must: list[tuple[Image, Percents]], clean: list[Image], side: int) -> str:
    """Of sheets with one such crop: how many are found, and what a bound that finds all costs."""
    shuffled, cells = random.Random(side), side * side
    reported, refused, left = 0, [], []
    for crop, percents in must:
        label = max(percents, key=lambda name: percents[name])
        for cell in range(cells):
            tiles = shuffled.choices(clean, k=cells)
            tiles[cell] = crop
            seen = moderation_labels(sheet(tiles, side))
            reported += is_reported(seen)
            refused += [is_refused(seen)] if is_refused(percents) else []
            left.append(seen[label] / percents[label])
    bound = POLICY.min_confidence * min(left)
    empty = [
        max(moderation_labels(sheet(shuffled.choices(clean, k=cells), side)).values())
        for _ in range(CLEAN_SHEETS)
    ]
    least, median, most = np.percentile(left, [0, 50, 100]) * 100
    return (
        f"{reported} of {len(left)} are reported; {sum(refused)} of {len(refused)} with a crop "
        f"that is refused alone are refused. Of the highest percent alone {median:.0f} % is left "
        f"in the median, {least:.0f} to {most:.0f} %. A bound that finds all, {bound:.1f} %, also "
        f"reports {sum(one >= bound for one in empty)} of {CLEAN_SHEETS} clean sheets"
    )


def crops_of(image: Image) -> Iterator[Image]:
    scale = LARGEST / max(image.shape)
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for face in find_faces(image):
        size = max(face.width, face.height)
        if size < 40:
            continue
        for reach, below in CROPS.values():
            x, y = face.x + face.width / 2, face.y + face.height * (0.5 + below)
            top, left = max(0, int(y - reach * size)), max(0, int(x - reach * size))
            crop = image[top : int(y + reach * size), left : int(x + reach * size)]
            if min(crop.shape[:2]) >= 40:
                one = square(crop)
                yield one
                yield cv2.GaussianBlur(one, None, TILE / 40)


def square(image: Image) -> Image:
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return cv2.resize(
        image[top : top + side, left : left + side], (TILE, TILE), interpolation=cv2.INTER_AREA
    )


def sheet(tiles: list[Image], side: int) -> Image:
    rows = [np.hstack(tiles[n : n + side]) for n in range(0, side * side, side)]
    return np.ascontiguousarray(np.vstack(rows))


def is_reported(percents: Percents) -> bool:
    return max(percents.values()) >= POLICY.min_confidence


def is_refused(percents: Percents) -> bool:
    """Whether the policy refuses an avatar with these labels."""
    labels = tuple(
        Label(name=one["Name"], parent=one["ParentName"], confidence=one["Confidence"])
        for one in records(percents, least=POLICY.min_confidence)
    )
    evidence = PhotoEvidence(
        labels=labels, detector_version=MODERATION_MODEL, min_confidence=POLICY.min_confidence
    )
    return moderate(evidence, POLICY).outcome is not Outcome.CLEAN


if __name__ == "__main__":
    main(sys.argv[1:])
