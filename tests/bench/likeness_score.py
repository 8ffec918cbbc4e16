"""What a likeness score means: who scores how high, on photos and on avatars of the painter.

    .envs/model/bin/python -m tests.bench.likeness_score FOLDER

FOLDER holds photos named after the person and a number: `ada.jpg`, `ada2.jpg`, `grace.jpg`. Use
different photographs: views of one photograph lie closer than two photographs of one person.
The painter draws every style once for each person, without the gate, from all their photos.
docs/decisions/050 has the numbers.
"""

import argparse
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from likeness.domain.generation.likeness import likeness_score
from likeness_model.vision.detect import find_faces
from likeness_model.vision.embed import embed_face, face_distance
from likeness_model.vision.mesh import lay_mesh

STYLES = (
    "glamour",
    "comic",
    "watercolour",
    "oil",
    "pencil",
    "charcoal",
    "pop-art",
    "cartoon",
    "cyberpunk",
    "vaporwave",
    "cosmic",
    "pixel-art",
    "low-poly",
    "stained-glass",
    "mosaic",
    "woodblock",
    "linocut",
    "paper-cut",
)
SCORES = (95, 90, 80, 70, 50, 27, 10)
GATE = 0.68  # the container redraws an avatar above this distance
AVATAR_SEARCH_SIDE = 256  # px, as the container searches a face on an avatar
People = Mapping[str, Sequence[tuple[Path, np.ndarray]]]


def read_people(folder: Path) -> People:
    """Each person's photos with the embedding of the largest face."""
    people: dict[str, list[tuple[Path, np.ndarray]]] = {}
    for photo in sorted(folder.glob("*.jpg")):
        embedding = embed(photo)
        if embedding is None:
            print(f"{photo.name}: no face that can be measured", file=sys.stderr)
            continue
        name = re.sub(r"[0-9]+$", "", photo.stem)
        people.setdefault(name, []).append((photo, embedding))
    return people


def embed(picture: Path, *, side: int = 1024) -> np.ndarray | None:
    image = cv2.cvtColor(cv2.imread(str(picture)), cv2.COLOR_BGR2RGB)
    faces = find_faces(image, side=side)
    mesh = lay_mesh(image, faces[0]) if faces else None
    return None if mesh is None else embed_face(image, mesh)


def draw(photos: Sequence[Path]) -> list[tuple[float | None, np.ndarray | None]]:
    """One avatar of each style: its distance as the container measures it, and its embedding."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        order_avatars(base, photos)
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = os.environ | {"SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": paths}
        program = [sys.executable, "-m", "likeness_model"]
        subprocess.run(program, env=environment, check=True, stdout=subprocess.DEVNULL)
        checkpoints = base / "checkpoints"
        result = json.loads((checkpoints / "result.json").read_text())
        return [
            (
                avatar["distance"],
                embed(checkpoints / avatar["file"], side=AVATAR_SEARCH_SIDE),
            )
            for avatar in result["avatars"]
        ]


def order_avatars(base: Path, photos: Sequence[Path]) -> None:
    inputs = base / "input" / "data"
    (inputs / "order").mkdir(parents=True)
    (inputs / "photos").mkdir()
    listed = []
    for number, photo in enumerate(photos, 1):
        content = photo.read_bytes()
        (inputs / "photos" / f"p{number:02}.jpg").write_bytes(content)
        listed.append({"photo_id": f"p{number:02}", "sha256": hashlib.sha256(content).hexdigest()})
    order = {
        "job_id": "j" + "0" * 32,
        "attempt": 1,
        "photos": listed,
        "avatars": [
            {"avatar_id": f"a{number:02}", "style": style, "seed": number}
            for number, style in enumerate(STYLES, 1)
        ],
        "gate": {"redraw_above": 1.99, "draws": 1},  # everything passes: the first draw counts
    }
    (inputs / "order" / "order.json").write_text(json.dumps(order))


def row(name: str, distances: Sequence[float]) -> str:
    scores = [likeness_score(distance) or 0 for distance in distances]
    shares = [100 * sum(score >= at for score in scores) / max(1, len(scores)) for at in SCORES]
    low, middle, high = np.quantile(distances, [0, 0.5, 1]) if distances else (0, 0, 0)
    return (
        f"| {name} | {len(distances)} | {low:.2f} / {middle:.2f} / {high:.2f} | "
        + " | ".join(f"{share:.0f} %" for share in shares)
        + " |"
    )


def across(people: People) -> Iterable[tuple[str, str, float]]:
    everyone = [(name, embedding) for name, found in people.items() for _, embedding in found]
    for (one, first), (other, second) in itertools.combinations(everyone, 2):
        yield one, other, face_distance(first, second)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    people = read_people(parser.parse_args().folder)
    pairs = list(across(people))
    own, others, unmeasured = [], [], 0
    for name, found in people.items():
        for distance, embedding in draw([photo for photo, _ in found]):
            if distance is None or embedding is None:
                unmeasured += 1
                continue
            own.append(distance)
            others += [
                min(face_distance(embedding, photo) for _, photo in theirs)
                for other, theirs in people.items()
                if other != name
            ]
    print(f"{len(people)} people, {sum(map(len, people.values()))} photos")
    head = ["pairs", "n", "distance min / median / max", *(f">= {score}" for score in SCORES)]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    print(row("photos of one person", [d for one, other, d in pairs if one == other]))
    print(row("photos of two people", [d for one, other, d in pairs if one != other]))
    print(row("avatar and its person's photos", own))
    print(row("avatar and another person's photos", others))
    above = sum(distance > GATE for distance in own)
    print(f"avatars above the gate {GATE}: {above} of {len(own)}; not measurable: {unmeasured}")


if __name__ == "__main__":
    main()
