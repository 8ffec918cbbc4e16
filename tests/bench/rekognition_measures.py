"""Measures again what laptop_cloud.rekognition and infra.laptop.vision document.

python -m tests.bench.rekognition_measures [FOLDER OF PORTRAITS]...

Their docstrings quote these lines, for the demo photos (eight views of one photograph) and five
portraits of two other people that the repository does not carry.
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from infra.laptop.vision import age_range, moderation_labels, smile_confidence
from laptop_cloud.rekognition.expression import eyes_open, mouth_open
from laptop_cloud.rekognition.pose import aws_pose, pose_of_five
from laptop_cloud.rekognition.quality import face_quality
from laptop_cloud.rekognition.sunglasses import lights, sunglasses
from likeness_model.vision.age import estimate_age
from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.pose import head_pose
from likeness_model.vision.records import Image
from likeness_model.vision.visible import Part, covered_parts
from tests.laptop.rekognition import drawings

Measures = defaultdict[str, list[float]]


def main(folders: list[str]) -> None:
    measures: Measures = defaultdict(list)
    for folder in [drawings.PHOTOS, *map(Path, folders)]:
        for path in sorted(folder.glob("*.jpg")):
            measure(drawings.load(path), measures)
    for name, values in measures.items():
        low, middle, high = np.percentile(values, [0, 50, 100])
        print(f"{name:34} n={len(values):<3} {low:7.2f} {middle:7.2f} {high:7.2f}")


def measure(image: Image, into: Measures) -> None:
    for name, confidence in moderation_labels(image).items():
        into[name].append(confidence)
    face = find_faces(image)[0]
    mesh = lay_mesh(image, face)
    if mesh is None:
        return
    low, high = age_range(image, mesh)
    into["age expected"].append(estimate_age(image, mesh).expected)
    into["age low"].append(low)
    into["age high"].append(high)
    into["eyes open (1 yes)"].append(eyes_open(mesh)["Value"])
    into["mouth open (1 yes)"].append(mouth_open(mesh)["Value"])
    into["smile %"].append(smile_confidence(image, mesh))
    by_mesh, by_five = aws_pose(head_pose(mesh)), pose_of_five(face.landmarks)
    for axis, degrees in by_mesh.items():
        into[f"{axis}, five points against mesh"].append(abs(degrees - by_five[axis]))
    for name, picture in degraded(image):
        quality = face_quality(picture, face, mesh)
        into[f"sharpness, {name}"].append(quality.sharpness)
        into[f"brightness, {name}"].append(quality.brightness)
    for name, picture in with_masks(image):
        found = find_faces(picture)
        masked = lay_mesh(picture, found[0]) if found else None
        if masked:
            covered = covered_parts(picture, masked)[Part.MOUTH]
            into[f"mouth covered (0.5 unknown), {name}"].append(0.5 if covered is None else covered)
    for name, picture in with_glasses(image):
        measure_glasses(name, picture, into)


def measure_glasses(name: str, picture: Image, into: Measures) -> None:
    mesh = drawings.main_mesh(picture)
    around, eyes, contrast, hue = lights(picture, mesh)
    found = sunglasses(picture, mesh)
    sure = (
        found["Confidence"]
        if found and found["Value"]
        else 100 - found["Confidence"]
        if found
        else -1
    )
    into[f"light round the eyes, {name}"].append(float(around.max()))
    into[f"eye in it, {name}"].append(float((eyes / around).min()))
    into[f"contrast in the eye, {name}"].append(float(contrast.max()))
    into[f"hue round the eyes, {name}"].append(float(hue.max()))
    into[f"sunglasses %, {name} (-1 unknown)"].append(sure)


def with_masks(image: Image) -> list[tuple[str, Image]]:
    cloths = {"blue": (150, 195, 215), "white": (235, 235, 232), "black": (28, 28, 30)}
    return [
        ("bare", image),
        *((name, drawings.masked(image, colour)) for name, colour in cloths.items()),
        ("hand", drawings.behind_fingers(image)),
        ("cup", drawings.behind_cup(image)),
    ]


def degraded(image: Image) -> list[tuple[str, Image]]:
    return [
        ("unchanged", image),
        ("blurred 0.8 %", drawings.blurred(image, 0.008)),
        ("blurred 1.2 %", drawings.blurred(image, 0.012)),
        ("blurred 1.6 %", drawings.blurred(image, 0.016)),
        ("moved 8 %", drawings.moved(image, 0.08)),
        ("a third of the light", drawings.darkened(image, 1 / 3)),
        ("a fifth of the light", drawings.darkened(image, 1 / 5)),
    ]


def with_glasses(image: Image) -> list[tuple[str, Image]]:
    drawn = [
        (f"lenses of {round(opacity * 100)} %", drawings.wearing(image, opacity=opacity))
        for opacity in (0.35, 0.6, 0.8, 0.9, 1.0)
    ]
    mirror = drawings.wearing(image, opacity=1.0, glass=drawings.MIRROR_GLASS)
    return [("bare", image), *drawn, ("mirrored", mirror)]


if __name__ == "__main__":
    main(sys.argv[1:])
