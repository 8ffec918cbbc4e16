"""Load a diffusion pipeline by the name of its engine."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from likeness_model.diffusion import float8
from likeness_model.diffusion.device import find_gpu
from likeness_model.diffusion.pipelines import klein, sdxl
from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.diffusion.recipe import (
    KLEIN_LORA,
    KLEIN_LORA_REF,
    KLEIN_REF,
    SDXL_LORA,
    TINY_LORA,
    TINY_REF,
    Recipe,
)
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.diffusion.weights import verified_while_loading

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """An engine's loader, its recipe, the licence of its weights, and the folders of the weights
    that the loader reads: other models may lie beside them."""

    load: Callable[[str, Recipe, Path, torch.device, torch.dtype], Pipeline]
    recipe: Recipe
    licence: str
    reads: tuple[str, ...]


_KLEIN = (f"{klein.DISTILLED}/", "styles/klein/")
_KLEIN_LORA = (*_KLEIN, f"{klein.UNDISTILLED}/transformer/")
_SDXL = (f"{sdxl.BASE}/", f"{sdxl.LIGHTNING}/", "styles/sdxl/")
KINDS = {
    "flux2-klein-4b-ref": Kind(klein.Klein.load, KLEIN_REF, "Apache-2.0", _KLEIN),
    "flux2-klein-4b-lora": Kind(klein.Klein.load, KLEIN_LORA, "Apache-2.0", _KLEIN_LORA),
    "flux2-klein-4b-lora-ref": Kind(klein.Klein.load, KLEIN_LORA_REF, "Apache-2.0", _KLEIN_LORA),
    "sdxl-lora": Kind(sdxl.Sdxl.load, SDXL_LORA, "OpenRAIL++-M", _SDXL),
}
TINY = {"tiny-ref": ("klein", TINY_REF), "tiny-lora": ("sdxl", TINY_LORA)}


def load_pipeline(
    name: str, folder: Path, *, device: str | None = None, dtype: torch.dtype | None = None
) -> Pipeline:
    """Load the weights to the device, which takes minutes for real ones, and verify them. The
    networks run in bf16 on a GPU and in 32 bits elsewhere, or in `dtype`.

    Raises WeightsError and DeviceError.
    """
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    if name in TINY:
        torch.set_num_threads(1)  # too small for several
        family, recipe = TINY[name]
        log.info("%s: random weights, the pictures are noise", name)
        return random_pipeline(name, recipe, family=family, tiny=True)
    kind = KINDS[name]
    place = torch.device(device) if device else find_gpu(name)
    usual = torch.bfloat16 if place.type == "cuda" else torch.float32
    with verified_while_loading(folder, kind.reads) as manifest:
        log.info("%s: %s; %s", name, ", ".join(manifest.revisions), ", ".join(manifest.licences))
        pipeline = kind.load(name, kind.recipe, folder, place, dtype or usual)
        pipeline.float8 = float8.switched_on(name, manifest.revisions_of(kind.reads))
        if pipeline.float8:
            float8.require_support(place)
            log.info("%s: the widest layers are drawn in 8 bits", name)
        return pipeline
