"""The face recogniser that measures an avatar's likeness: the one in the package, or AuraFace from
the operator's weights."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime as ort
import yaml
from pydantic import model_validator

from likeness.contracts import Contract
from likeness_model.diffusion.weights import verified_while_loading
from likeness_model.errors import WeightsError
from likeness_model.vision.chip import ARCFACE_SIDE, arcface_chip
from likeness_model.vision.embed import embed_face, face_distance
from likeness_model.vision.records import Floats, Image, Mesh
from likeness_model.vision.sessions import open_session

log = logging.getLogger(__name__)

SCALES = Path(__file__).with_name("recognisers.yaml")
FOLDER, FILE = "AuraFace-v1", "glintr100.onnx"
INPUT, OUTPUT = [3, ARCFACE_SIDE, ARCFACE_SIDE], 512


class Scale(Contract):
    """A row of recognisers.yaml, which explains each field."""

    measured: tuple[float, ...]
    distance: tuple[float, ...]

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        for row in (self.measured, self.distance):
            if row[:1] != (0,) or any(a >= b for a, b in zip(row, row[1:], strict=False)):
                raise ValueError("a scale begins with 0 and ascends")
        if len(self.measured) != len(self.distance):
            raise ValueError("a scale has as many measured values as distances")
        return self


@dataclass(frozen=True)
class Recogniser:
    """`embed` returns a vector for a face. Vectors of two recognisers cannot be compared."""

    name: str
    embed: Callable[[Image, Mesh], Floats]

    def distance(self, one: Floats, other: Floats) -> float:
        """On the scale of dlib's network, whichever network embeds; smaller is more alike."""
        scale = _scales()[self.name]
        return float(np.interp(face_distance(one, other), scale.measured, scale.distance))


BUILT_IN = Recogniser("dlib-resnet-v1", embed_face)


def load_recogniser(folder: Path) -> Recogniser:
    """AuraFace if the weights have its folder, else the one in the package.

    Raises WeightsError, also for other networks in that folder: those published beside AuraFace are
    InsightFace's, which are not for commercial use.
    """
    home = folder / FOLDER
    if not home.exists():
        return BUILT_IN
    networks = sorted(path.relative_to(home).as_posix() for path in home.rglob("*.onnx"))
    if networks != [FILE]:
        raise WeightsError(
            f"{FOLDER} must hold {FILE} and no other network, and holds "
            f"{', '.join(networks) or 'none'}: upload that file alone, or remove the folder"
        )
    with verified_while_loading(folder, [f"{FOLDER}/"]):
        embed = _arcface((home / FILE).read_bytes())
    log.info("likeness is measured by %s", FOLDER)
    return Recogniser("auraface-v1", embed)


def _arcface(model: bytes) -> Callable[[Image, Mesh], Floats]:
    """Input and normalisation as InsightFace's arcface_onnx.py: RGB, (x - 127.5) / 127.5."""
    session = _open(model)
    name = session.get_inputs()[0].name

    def embed(image: Image, mesh: Mesh) -> Floats:
        chip = (arcface_chip(image, mesh) - 127.5) / 127.5
        vector = session.run(None, {name: chip})[0][0]
        return vector / max(float(np.linalg.norm(vector)), 1e-6)

    return embed


def _open(model: bytes) -> ort.InferenceSession:
    """Raises WeightsError unless the network turns one chip into one vector."""
    try:
        session = open_session(model)
        feed = {put.name: np.zeros((1, *INPUT), np.float32) for put in session.get_inputs()}
        shapes = [list(output.shape) for output in session.run(None, feed)]
    except Exception as broken:  # onnxruntime's exceptions have no common base
        why = str(broken).strip().partition("\n")[0][:200]
        raise WeightsError(
            f"{FOLDER}/{FILE} does not run on a face of {INPUT} ({why}): upload AuraFace's file"
        ) from broken
    if len(feed) != 1 or shapes != [[1, OUTPUT]]:
        raise WeightsError(
            f"{FOLDER}/{FILE} turns {len(feed)} inputs into {shapes} instead of one into "
            f"[[1, {OUTPUT}]]: upload AuraFace's file"
        )
    return session


@cache
def _scales() -> dict[str, Scale]:
    rows = yaml.safe_load(SCALES.read_text(encoding="utf-8"))
    return {name: Scale.model_validate(row) for name, row in rows.items()}
