"""What a recipe asks of a family of weights."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from likeness_model.diffusion.recipe import Recipe
from likeness_model.vision.records import Image

if TYPE_CHECKING:
    from likeness.domain.ids import StyleId


@dataclass(frozen=True)
class Prompts:
    """Encoded prompts: tensors with one row a prompt."""

    rows: Mapping[str, torch.Tensor]

    def pick(self, places: Sequence[int]) -> "Prompts":
        return Prompts({name: rows[list(places)] for name, rows in self.rows.items()})

    def __len__(self) -> int:
        return len(next(iter(self.rows.values())))


class Backend(ABC):
    """Networks of one family on one device. It knows no user: what belongs to one is passed in."""

    targets: tuple[str, ...]  # the layers that an adapter is put on, by the end of their names

    def __init__(self, name: str, recipe: Recipe, device: torch.device, dtype: torch.dtype) -> None:
        self.name = name
        self.recipe = recipe
        self.device = device
        self.dtype = dtype
        self.words: Any  # the whole pipeline, encoders included
        self.pipe: Any  # what draws: the same parts without the encoders
        self.styles: frozenset[StyleId] = frozenset()  # those with an adapter of their own

    @property
    @abstractmethod
    def learner(self) -> nn.Module:
        """The network that an adapter is trained on."""

    @property
    @abstractmethod
    def artist(self) -> nn.Module:
        """The network that draws with it; often the same one."""

    @abstractmethod
    def networks(self) -> Mapping[str, nn.Module]:
        """All of them, by name: what must be the same after a job as before it."""

    @abstractmethod
    def encode_prompts(self, prompts: Sequence[str]) -> Prompts: ...

    @abstractmethod
    def encode_pictures(self, pictures: Sequence[Image]) -> torch.Tensor:
        """Latents as the network knows them: (N, channels, height, width), 32 bits."""

    @abstractmethod
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Back to pictures: (N, 3, side, side), -1..1."""

    @abstractmethod
    def errors(
        self, latents: torch.Tensor, prompts: Prompts, noise: torch.Tensor, moments: torch.Tensor
    ) -> torch.Tensor:
        """(N,) How wrong the learner is about each latent, with this noise, at these moments: 0..1,
        uniform, mapped to times as the family was trained."""

    @abstractmethod
    def paint(
        self,
        prompts: Prompts,
        seeds: Sequence[int],
        *,
        negative: Prompts | None = None,
        references: Sequence[Image] = (),
    ) -> list[Image]:
        """One square picture a prompt. The same seed and batch give the same bits."""

    def autocast(self) -> AbstractContextManager[None]:
        """Networks in their own type, the adapter's 32 bits notwithstanding."""
        half = self.dtype != torch.float32
        return torch.autocast(self.device.type, self.dtype, enabled=half)

    def to_pixels(self, pictures: Sequence[Image]) -> torch.Tensor:
        """(N, 3, side, side), -1..1, as autoencoders take them."""
        stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
        return (stacked.float() / 127.5 - 1).to(self.device, self.dtype)


def to_pictures(decoded: np.ndarray) -> list[Image]:
    """From what a pipeline gives, (N, side, side, 3) of 0..1."""
    return list((decoded * 255).round().astype(np.uint8))


def noise_of(seeds: Sequence[int]) -> list[torch.Generator]:
    """Noise is made on the CPU: another device would make other noise of the same seed."""
    return [torch.Generator().manual_seed(seed) for seed in seeds]
