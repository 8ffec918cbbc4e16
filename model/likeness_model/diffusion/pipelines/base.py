"""The interface of a family of weights."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from likeness_model.diffusion.recipe import Recipe
from likeness_model.vision.records import Image

if TYPE_CHECKING:
    from likeness.domain.ids import StyleId


@dataclass(frozen=True)
class EncodedPrompts:
    """Tensors with one row per prompt."""

    rows: Mapping[str, Tensor]

    def pick(self, places: Sequence[int]) -> "EncodedPrompts":
        return EncodedPrompts({name: rows[list(places)] for name, rows in self.rows.items()})

    def __len__(self) -> int:
        return len(next(iter(self.rows.values())))


class Pipeline(ABC):
    """Networks of one family on one device. It holds nothing of a user."""

    targets: tuple[str, ...]  # the layers that get a LoRA adapter: names, or the ends of names
    float8_layers: tuple[str, ...] = ()  # ends of the names of those that 8-bit floats can draw
    float8 = False  # if they do

    def __init__(self, name: str, recipe: Recipe, device: torch.device, dtype: torch.dtype) -> None:
        self.name = name
        self.recipe = recipe
        self.device = device
        self.dtype = dtype
        self.full: Any  # diffusers' pipeline with the text encoders
        self.pipe: Any  # the same parts without the encoders
        self.styles: frozenset[StyleId] = frozenset()  # those with their own LoRA adapter

    @property
    @abstractmethod
    def trained_network(self) -> nn.Module:
        """The network that the user's adapter is trained on."""

    @property
    @abstractmethod
    def base_network(self) -> nn.Module:
        """The network that adapters are loaded on for drawing; it may be the trained one."""

    @property
    @abstractmethod
    def drawing_network(self) -> nn.Module:
        """The network that draws: the base network, or a copy that adapters are merged into."""

    @drawing_network.setter
    @abstractmethod
    def drawing_network(self, network: nn.Module) -> None: ...

    @abstractmethod
    def networks(self) -> Mapping[str, nn.Module]:
        """All networks by name. A job must not change their weights."""

    @abstractmethod
    def encode_prompts(self, prompts: Sequence[str]) -> EncodedPrompts: ...

    @abstractmethod
    def encode_pictures(self, pictures: Sequence[Image]) -> Tensor:
        """Latents in the network's scale: (N, channels, height, width), 32 bits."""

    @abstractmethod
    def decode(self, latents: Tensor) -> Tensor:
        """Latents to pictures: (N, 3, side, side), -1..1."""

    @abstractmethod
    def timesteps(self, noise_levels: Tensor) -> Tensor:
        """The timesteps to train at, from levels that are uniform in 0..1."""

    @abstractmethod
    def losses(
        self,
        latents: Tensor,
        prompts: EncodedPrompts,
        noise: Tensor,
        noise_levels: Tensor,
        weights: Tensor | None = None,
    ) -> Tensor:
        """(N,) The training loss of each latent: the mean squared error, in which a place counts by
        its weight, (N, 1, height, width) with mean 1."""

    @abstractmethod
    def generate(
        self,
        prompts: EncodedPrompts,
        seeds: Sequence[int],
        *,
        negative: EncodedPrompts | None = None,
        references: Sequence[Image] = (),
    ) -> list[Image]:
        """One square picture per prompt. The same seeds and batch give the same bits."""

    def autocast(self) -> AbstractContextManager[None]:
        """For training: the network runs in its own type, the adapter stays in 32 bits. Drawing
        needs none: peft casts the input of each adapter."""
        half = self.dtype != torch.float32
        return torch.autocast(self.device.type, self.dtype, enabled=half)

    def to_pixels(self, pictures: Sequence[Image]) -> Tensor:
        """(N, 3, side, side), -1..1: the input of an autoencoder."""
        stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
        return (stacked.float() / 127.5 - 1).to(self.device, self.dtype)


def mean_error(guess: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """(N,) from (N, channels, height, width)."""
    squared = (guess.float() - target).square()
    return (squared if weights is None else squared * weights).flatten(1).mean(1)


def to_pictures(decoded: np.ndarray) -> list[Image]:
    """From a pipeline's output, (N, side, side, 3) in 0..1."""
    return list((decoded * 255).round().astype(np.uint8))


def noise_of(seeds: Sequence[int]) -> list[torch.Generator]:
    """CPU generators: another device makes other noise from the same seed."""
    return [torch.Generator().manual_seed(seed) for seed in seeds]
