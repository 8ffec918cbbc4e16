"""The least work that a job is, counted on networks of the true shapes that hold no numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from diffusers import AutoencoderKL, AutoencoderKLFlux2, UNet2DConditionModel
from peft import LoraConfig
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from likeness_model.diffusion import shapes
from likeness_model.diffusion.backends.klein import Klein
from likeness_model.diffusion.backends.sdxl import Sdxl
from likeness_model.diffusion.recipe import Recipe

# Dense bf16, TFLOP/s. NVIDIA's data sheets; for the H100 and H200 what a power limit leaves of 989.
PEAKS = {"H100": 790.0, "H200": 790.0, "A100": 312.0, "L40S": 362.0, "L4": 121.0, "A10G": 70.0}

VAE_SCALE = 8  # pixels a latent, each direction; klein's latents are then packed in 2x2
KLEIN_PIXELS = 16


@dataclass(frozen=True)
class Work:
    """TFLOP of one piece each, for one sample."""

    step: float  # forward and backward with an adapter, at the learning side
    forward: float  # one pass while drawing, reference pictures included
    decode: float  # latents to a picture
    encode: float  # a picture to latents

    def job(self, recipe: Recipe, *, pictures: int, examples: int) -> float:
        """Learning, drawing, decoding, and encoding what is learned from or shown."""
        passes = recipe.drawing_steps * (2 if recipe.takes_negatives else 1)
        learning = recipe.steps * recipe.batch * self.step
        drawing = pictures * (passes * self.forward + self.decode)
        return learning + drawing + examples * self.encode


@cache
def count_work(family: str, recipe: Recipe) -> Work:
    """Of "sdxl" or "klein"."""
    return _sdxl(recipe) if family == "sdxl" else _klein(recipe)


def peak_of(device_name: str) -> float | None:
    """TFLOP/s of a GPU by its name, None for one that is not in the table."""
    words = device_name.replace("-", " ").split()
    return next((peak for name, peak in PEAKS.items() if name in words), None)


def _sdxl(recipe: Recipe) -> Work:
    with torch.device("meta"):
        unet = UNet2DConditionModel(**shapes.UNET)
        vae = AutoencoderKL(**shapes.SDXL_VAE)

    def forward(side: int) -> torch.Tensor:
        latents = _empty(1, 4, side // VAE_SCALE, side // VAE_SCALE)
        sizes = {"text_embeds": _empty(1, 1280), "time_ids": _empty(1, 6)}
        return unet(latents, _empty(1), _empty(1, 77, 2048), added_cond_kwargs=sizes).sample

    return _counted(unet, Sdxl.targets, vae, 4, recipe, learn=forward, draw=forward)


def _klein(recipe: Recipe) -> Work:
    with torch.device("meta"):
        transformer = shapes.klein_transformer(tiny=False)
        vae = AutoencoderKLFlux2(**shapes.KLEIN_VAE)

    def forward(side: int, references: int = 0) -> torch.Tensor:
        tokens = (side // KLEIN_PIXELS) ** 2
        tokens += references * (recipe.reference_side // KLEIN_PIXELS) ** 2
        return transformer(
            hidden_states=_empty(1, tokens, shapes.KLEIN["in_channels"]),
            encoder_hidden_states=_empty(1, recipe.words, shapes.KLEIN["joint_attention_dim"]),
            timestep=_empty(1),
            img_ids=_empty(1, tokens, 4),
            txt_ids=_empty(1, recipe.words, 4),
            guidance=None,
        ).sample

    return _counted(
        transformer,
        Klein.targets,
        vae,
        32,
        recipe,
        learn=forward,
        draw=lambda side: forward(side, recipe.references),
    )


def _counted(
    network: nn.Module,
    targets: tuple[str, ...],
    vae: nn.Module,
    channels: int,
    recipe: Recipe,
    *,
    learn: Callable[[int], torch.Tensor],
    draw: Callable[[int], torch.Tensor],
) -> Work:
    side = recipe.drawing_side
    seen = recipe.learning_side if recipe.learns else recipe.reference_side
    with torch.no_grad():
        forward = _tflop(lambda: draw(side))
        latents = _empty(1, channels, side // VAE_SCALE, side // VAE_SCALE)
        decode = _tflop(lambda: vae.decode(latents))
        encode = _tflop(lambda: vae.encode(_empty(1, 3, seen, seen)))
    step = 0.0
    if recipe.learns:
        network.requires_grad_(False)
        with torch.device("meta"):
            network.add_adapter(LoraConfig(r=recipe.rank, target_modules=list(targets)))
        network.to("meta")
        step = _tflop(lambda: learn(recipe.learning_side).sum().backward())
    return Work(step=step, forward=forward, decode=decode, encode=encode)


def _empty(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, device="meta")


def _tflop(work: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 1e12
