"""Load a diffusion pipeline by the name of its engine."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from likeness_model.diffusion.device import find_gpu
from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.diffusion.pipelines.klein import Klein
from likeness_model.diffusion.pipelines.sdxl import Sdxl
from likeness_model.diffusion.recipe import (
    KLEIN_LORA,
    KLEIN_REF,
    SDXL_LORA,
    TINY_LORA,
    TINY_REF,
    Recipe,
)
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.diffusion.weights import verify
from likeness_model.errors import WeightsError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """An engine's loader, its recipe and the licence of its weights."""

    load: Callable[[str, Recipe, Path, torch.device], Pipeline]
    recipe: Recipe
    licence: str


KINDS = {
    "flux2-klein-4b-ref": Kind(Klein.load, KLEIN_REF, "Apache-2.0"),
    "flux2-klein-4b-lora": Kind(Klein.load, KLEIN_LORA, "Apache-2.0"),
    "sdxl-lora": Kind(Sdxl.load, SDXL_LORA, "OpenRAIL++-M"),
}
TINY = {"tiny-ref": ("klein", TINY_REF), "tiny-lora": ("sdxl", TINY_LORA)}


def load_pipeline(name: str, folder: Path, *, device: str | None = None) -> Pipeline:
    """Verify the weights and load them to the device, which takes minutes for real ones.

    Raises WeightsError and DeviceError.
    """
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    if name in TINY:
        torch.set_num_threads(1)  # too small for several
        family, recipe = TINY[name]
        log.info("%s: random weights, the pictures are noise", name)
        return random_pipeline(name, recipe, family=family, tiny=True)
    if name not in KINDS:
        raise WeightsError(f"unknown engine {name}: choose {', '.join([*KINDS, *TINY])}")
    kind = KINDS[name]
    target = torch.device(device) if device else find_gpu(name)
    manifest = verify(folder)
    log.info("%s: %s; %s", name, ", ".join(manifest.revisions), ", ".join(manifest.licences))
    return kind.load(name, kind.recipe, folder, target)
