"""The network that draws: a copy of the base that the LoRA adapters of a batch are merged into.

An adapter beside a layer triples the layer's operations; merged, it costs nothing. The base itself
is never merged: docs/decisions/063.
"""

from collections.abc import Sequence

import torch
from peft.tuners.lora import LoraLayer
from torch import nn

from likeness_model.diffusion import float8, lora
from likeness_model.diffusion.memory import copied
from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.errors import WeightsError


class DrawingNetwork:
    """Replaces the pipeline's drawing network with a copy, unless it draws as the base does.

    Raises DeviceError if the memory does not hold the copy, and WeightsError for an adapter that is
    more than a product of two matrices.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._base = pipeline.base_network
        self._changed: set[str] = set()  # the layers of the copy that differ from the base
        for layer in _adapted(self._base).values():
            if layer.lora_variant or any(layer.lora_bias.values()):
                names = sorted({*layer.lora_variant, *layer.lora_bias})
                raise WeightsError(
                    f"one of the adapters {', '.join(names)} is not a plain LoRA adapter (it has "
                    "magnitudes or biases, as in DoRA): remove it from the weights"
                )
        self._copy = self._base
        if pipeline.recipe.trains or lora.loaded(self._base) or pipeline.float8:
            self._copy = copied(self._base)
            if lora.loaded(self._copy):
                self._copy.unload_lora()
            if pipeline.float8:
                float8.convert(self._copy, pipeline.float8_layers)
            pipeline.drawing_network = self._copy
        self.reset()

    def merge(self, names: Sequence[str]) -> None:
        """Overwrite the copy with the base and these of its adapters: W + BA, computed in 32 bits
        and rounded once. Layers that an earlier call changed are overwritten too."""
        layers = {
            path: layer
            for path, layer in _adapted(self._base).items()
            if any(name in layer.lora_A for name in names)
        }
        with torch.no_grad():
            for path in self._changed | layers.keys():
                layer = self._base.get_submodule(path)
                weight = getattr(layer, "base_layer", layer).weight
                merged = weight.to(torch.float32, copy=True)
                for name in names:
                    if path in layers and name in layers[path].lora_A:
                        merged += _product(layers[path], name).view_as(merged)
                target = self._copy.get_submodule(path)
                if isinstance(target, float8.Float8Linear):
                    target.write(merged)
                else:
                    target.weight.copy_(merged)
        self._changed = set(layers)

    def reset(self) -> None:
        """Leave nothing of a user or a style in the copy: it draws as the base with its sampler."""
        self.merge([name for name in lora.loaded(self._base) if name == lora.SAMPLER])


def _adapted(network: nn.Module) -> dict[str, LoraLayer]:
    return {path: layer for path, layer in network.named_modules() if isinstance(layer, LoraLayer)}


def _product(layer: LoraLayer, name: str) -> torch.Tensor:
    """scale x B x A as a matrix. B of a convolution is 1x1, so this holds for one too."""
    down, up = (matrices[name].weight for matrices in (layer.lora_A, layer.lora_B))
    return layer.scaling[name] * (up.flatten(1).float() @ down.flatten(1).float())
