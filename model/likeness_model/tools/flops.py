"""The work of a job in TFLOP, counted on networks of the true shapes without weights."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from diffusers import AutoencoderKL, AutoencoderKLFlux2, UNet2DConditionModel
from peft import LoraConfig
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from likeness_model.diffusion import shapes
from likeness_model.diffusion.pipelines.klein import adapted_layers
from likeness_model.diffusion.pipelines.sdxl import Sdxl
from likeness_model.diffusion.recipe import Recipe

PEAK = 989.0  # TFLOP/s of an H100 SXM in BF16, dense: "H100 Tensor Core GPU" data sheet

VAE_SCALE = 8  # pixels per latent in each direction; klein packs its latents in 2x2
KLEIN_PIXELS = 16


@dataclass(frozen=True)
class Work:
    """TFLOP per sample of each part."""

    step: float  # forward and backward with an adapter, at the training side
    forward: float  # one pass while drawing, with reference pictures
    decode: float  # latents to a picture
    encode: float  # a picture to latents
    # Launches of kernels in eager mode: operations that are not views.
    forward_ops: int = 0
    adapted_ops: int = 0  # one pass with the user's LoRA adapter beside the weights
    step_ops: int = 0  # forward and backward

    def job(self, recipe: Recipe, *, pictures: int, examples: int) -> float:
        """Training, drawing, decoding, and encoding training examples or references."""
        passes = recipe.drawing_steps * (2 if recipe.takes_negatives else 1)
        training = recipe.steps * recipe.batch * self.step
        drawing = pictures * (passes * self.forward + self.decode)
        return training + drawing + examples * self.encode


@cache
def count_work(family: str, recipe: Recipe) -> Work:
    """For the family "sdxl" or "klein"."""
    return _sdxl(recipe) if family == "sdxl" else _klein(recipe)


def _sdxl(recipe: Recipe) -> Work:
    with torch.device("meta"):
        unet = UNet2DConditionModel(**shapes.UNET)
        vae = AutoencoderKL(**shapes.SDXL_VAE)

    def forward(side: int) -> torch.Tensor:
        latents = _empty(1, 4, side // VAE_SCALE, side // VAE_SCALE)
        sizes = {"text_embeds": _empty(1, 1280), "time_ids": _empty(1, 6)}
        return unet(latents, _empty(1), _empty(1, 77, 2048), added_cond_kwargs=sizes).sample

    return _counted(unet, Sdxl.targets, vae, 4, recipe, train=forward, draw=forward)


def _klein(recipe: Recipe) -> Work:
    with torch.device("meta"):
        transformer = shapes.klein_transformer(tiny=False)
        vae = AutoencoderKLFlux2(**shapes.KLEIN_VAE)

    def forward(side: int, references: int = 0) -> torch.Tensor:
        tokens = (side // KLEIN_PIXELS) ** 2
        tokens += references * (recipe.reference_side // KLEIN_PIXELS) ** 2
        return transformer(
            hidden_states=_empty(1, tokens, shapes.KLEIN["in_channels"]),
            encoder_hidden_states=_empty(
                1, recipe.prompt_tokens, shapes.KLEIN["joint_attention_dim"]
            ),
            timestep=_empty(1),
            img_ids=_empty(1, tokens, 4),
            txt_ids=_empty(1, recipe.prompt_tokens, 4),
            guidance=None,
        ).sample

    return _counted(
        transformer,
        adapted_layers(transformer.config.num_single_layers),
        vae,
        32,
        recipe,
        train=forward,
        draw=lambda side: forward(side, recipe.references),
    )


def _counted(
    network: nn.Module,
    targets: tuple[str, ...],
    vae: nn.Module,
    channels: int,
    recipe: Recipe,
    *,
    train: Callable[[int], torch.Tensor],
    draw: Callable[[int], torch.Tensor],
) -> Work:
    side = recipe.drawing_side
    encoded_side = recipe.training_side if recipe.trains else recipe.reference_side
    with torch.no_grad():
        forward, forward_ops = _work(lambda: draw(side))
        latents = _empty(1, channels, side // VAE_SCALE, side // VAE_SCALE)
        decode = _tflop(lambda: vae.decode(latents))
        encode = _tflop(lambda: vae.encode(_empty(1, 3, encoded_side, encoded_side)))
    step, step_ops, adapted_ops = 0.0, 0, 0
    if recipe.trains:
        network.requires_grad_(False)
        with torch.device("meta"):
            network.add_adapter(LoraConfig(r=recipe.rank, target_modules=list(targets)))
        network.to("meta")
        step, step_ops = _work(lambda: train(recipe.training_side).sum().backward())
        with torch.no_grad(), _Operations() as operations:
            draw(side)
        adapted_ops = operations.count
    return Work(step, forward, decode, encode, forward_ops, adapted_ops, step_ops)


def _empty(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, device="meta")


def _tflop(work: Callable[[], object]) -> float:
    return _work(work)[0]


def _work(work: Callable[[], object]) -> tuple[float, int]:
    """TFLOP and operations."""
    with FlopCounterMode(display=False) as counter, _Operations() as operations:
        work()
    return counter.get_total_flops() / 1e12, operations.count


class _Operations(TorchDispatchMode):
    count = 0

    def __torch_dispatch__(
        self,
        function: torch._ops.OpOverload,
        _types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        returned = [each.alias_info for each in function._schema.returns]
        self.count += not any(alias and not alias.is_write for alias in returned)
        return function(*args, **(kwargs or {}))
