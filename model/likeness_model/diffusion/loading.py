"""From an engine's name to a backend whose weights are loaded."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from likeness_model.diffusion.backends.base import Backend
from likeness_model.diffusion.backends.klein import Klein
from likeness_model.diffusion.backends.sdxl import Sdxl
from likeness_model.diffusion.recipe import (
    KLEIN_LORA,
    KLEIN_REF,
    SDXL_LORA,
    TINY_LORA,
    TINY_REF,
    Recipe,
)
from likeness_model.diffusion.shapes import random_backend
from likeness_model.errors import DeviceError, WeightsError
from likeness_model.folders import Folders
from likeness_model.weights import verify

log = logging.getLogger(__name__)

WEIGHTS = "LIKENESS_WEIGHTS"
CHANNEL = "SM_CHANNEL_WEIGHTS"


@dataclass(frozen=True)
class Kind:
    """An engine: whose weights, by which recipe, under which licence."""

    load: Callable[[str, Recipe, Path, torch.device], Backend]
    recipe: Recipe
    licence: str


KINDS = {
    "flux2-klein-4b-ref": Kind(Klein.load, KLEIN_REF, "Apache-2.0"),
    "flux2-klein-4b-lora": Kind(Klein.load, KLEIN_LORA, "Apache-2.0"),
    "sdxl-lora": Kind(Sdxl.load, SDXL_LORA, "OpenRAIL++-M"),
}
TINY = {"tiny-ref": ("klein", TINY_REF), "tiny-lora": ("sdxl", TINY_LORA)}


def load_backend(name: str, folder: Path | None = None, device: str | None = None) -> Backend:
    """Verify the weights, then load them straight to the device. Minutes for real ones: load once.

    Raises WeightsError and DeviceError with one sentence each.
    """
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    if name in TINY:
        torch.set_num_threads(1)  # too small to share out
        family, recipe = TINY[name]
        log.info("%s: random weights, its pictures are noise", name)
        return random_backend(name, recipe, family=family, tiny=True)
    if name not in KINDS:
        raise WeightsError(f"no engine {name}: choose {', '.join([*KINDS, *TINY])}")
    kind = KINDS[name]
    if device is None and not torch.cuda.is_available():
        raise DeviceError(
            f"{name} needs a GPU and none is visible: start it on an instance with one"
        )
    folder = folder or weights_folder()
    manifest = verify(folder)
    log.info("%s: %s; %s", name, ", ".join(manifest.revisions), ", ".join(manifest.licences))
    return kind.load(name, kind.recipe, folder, torch.device(device or "cuda:0"))


def weights_folder() -> Path:
    """Where the operator's weights arrive."""
    named = os.environ.get(WEIGHTS) or os.environ.get(CHANNEL)
    return Path(named) if named else Folders.here().base / "input" / "data" / "weights"
