"""Wide layers in 8-bit floats, for the network that draws: docs/decisions/074.

Off by default. A GPU multiplies them twice as fast as 16 bits, and they are coarser: the switch is
the file of a comparison in which every person's likeness has passed (bench_diffusion --float8).
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import Field, ValidationError
from torch import Tensor, nn

from likeness.contracts import Contract
from likeness_model.errors import DeviceError, WeightsError

log = logging.getLogger(__name__)

FLOAT8 = "LIKENESS_FLOAT8"  # file of a passed comparison; unset: 16 bits
TYPE = torch.float8_e4m3fn
LARGEST = torch.finfo(TYPE).max  # 448

# What the switch must pass. Chosen, not measured: the gate's limits lie 0.08 apart (0.60, 0.68).
LEAST_PEOPLE = 5
LEAST_PICTURES = 30  # of each person
MOST_SHIFT = 0.02  # of the mean distance, further from the photos
MOST_LOST = 0.1  # share of the pictures that only 16 bits bring through the quality gate


class PersonCompared(Contract):
    """The same avatars of one person, each drawn once in 16 and in 8 bits. `shift` is the mean of
    the differences in distance, 8 bits less 16, of the pictures that both drew."""

    pictures: int = Field(ge=1)
    drawn: int = Field(ge=0, description="passed the quality gate in 16 bits")
    float8_drawn: int = Field(ge=0)
    shift: float | None


class Comparison(Contract):
    """The switch's file. `weights` are the revisions that were compared."""

    engine: str
    weights: tuple[str, ...]
    gpu: str
    picture_s: float
    float8_picture_s: float
    people: tuple[PersonCompared, ...]

    def failure(self) -> str | None:
        """Why 8 bits may not draw; None if they may."""
        if len(self.people) < LEAST_PEOPLE:
            return f"{len(self.people)} people were compared, {LEAST_PEOPLE} are needed"
        for n, row in enumerate(self.people, 1):
            if row.pictures < LEAST_PICTURES or row.shift is None:
                return f"person {n}: {row.pictures} pictures, {LEAST_PICTURES} with a face needed"
            if row.shift > MOST_SHIFT:
                return f"person {n}: the distance grows by {row.shift:.3f}, {MOST_SHIFT} at most"
            if row.drawn - row.float8_drawn > MOST_LOST * row.pictures:
                return f"person {n}: {row.float8_drawn} pictures pass the gate, not {row.drawn}"
        if self.float8_picture_s >= self.picture_s:
            return "it is not faster"
        return None


def switched_on(engine: str, weights: Sequence[str]) -> bool:
    """Raises WeightsError if the switch's file does not allow 8 bits for engine and weights."""
    if not (name := os.environ.get(FLOAT8)):
        return False
    try:
        comparison = Comparison.model_validate_json(Path(name).read_bytes())
    except (OSError, ValidationError) as error:
        why: str | None = f"it is not a readable comparison ({type(error).__name__})"
    else:
        why = comparison.failure()
        if (comparison.engine, comparison.weights) != (engine, tuple(weights)):
            why = f"it compares {comparison.engine} with {', '.join(comparison.weights)}"
    if why:
        raise WeightsError(
            f"{FLOAT8} is set, but its file does not allow 8 bits: {why}. Compare again with "
            f"bench_diffusion --float8, or unset {FLOAT8}"
        )
    return True


class Float8Linear(nn.Module):
    """A linear layer without bias. Each row of the weights, and at each call each row of the input,
    is scaled to the range of an 8-bit float."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight: Tensor
        self.scale: Tensor
        self.register_buffer("weight", torch.empty_like(weight, dtype=TYPE))
        self.register_buffer("scale", weight.new_empty((len(weight), 1), dtype=torch.float32))
        self.write(weight)

    def write(self, weight: Tensor) -> None:
        values, scale = _rounded(weight.detach())
        self.weight.copy_(values)
        self.scale.copy_(scale)

    def forward(self, inputs: Tensor) -> Tensor:
        values, scale = _rounded(inputs.reshape(-1, inputs.shape[-1]))
        multiply = _on_gpu if inputs.is_cuda else _elsewhere
        product = multiply(values, self.weight.t(), scale, self.scale.t(), inputs.dtype)
        return product.view(*inputs.shape[:-1], -1)


def convert(network: nn.Module, layers: Sequence[str]) -> None:
    """Replace the linear layers whose names end so."""
    for path, layer in list(network.named_modules()):
        if path.endswith(tuple(layers)) and isinstance(layer, nn.Linear):
            parent, _, name = path.rpartition(".")
            setattr(network.get_submodule(parent), name, Float8Linear(layer.weight))


def require_support(device: torch.device) -> None:
    """Raises DeviceError if the device does not multiply 8-bit floats with a scale for each row.

    It needs compute capability 8.9 or more, as an L40S or H100 (PyTorch, RowwiseScaledMM.cu).
    """
    square = torch.eye(16, device=device, dtype=torch.bfloat16)
    try:
        Float8Linear(square)(square)
    except RuntimeError as error:
        raise DeviceError(
            f"{FLOAT8} is set and this GPU does not multiply 8-bit floats "
            f"({str(error).splitlines()[0][:200]}): use an L40S, H100 or newer, or unset it"
        ) from error


def _rounded(rows: Tensor) -> tuple[Tensor, Tensor]:
    """(N, K) in 8 bits, and the (N, 1) factors back. The scaled values may exceed the largest float
    by the rounding of 16 bits, 0.4 percent; they round down to it, because the next step is 32."""
    largest = torch.linalg.vector_norm(rows, torch.inf, dim=1, keepdim=True)
    inverse = (LARGEST / largest.float().clamp(min=1e-12)).to(rows.dtype)
    return (rows * inverse).to(TYPE), inverse.float().reciprocal()


def _on_gpu(
    rows: Tensor, columns: Tensor, row_scale: Tensor, column_scale: Tensor, dtype: torch.dtype
) -> Tensor:
    """torchao's Float8MMConfig adds fast by default, too."""
    return torch._scaled_mm(
        rows, columns, row_scale, column_scale, out_dtype=dtype, use_fast_accum=True
    )


def _elsewhere(
    rows: Tensor, columns: Tensor, row_scale: Tensor, column_scale: Tensor, dtype: torch.dtype
) -> Tensor:
    """The same product on a CPU, for tests and comparisons of the rounding."""
    return ((rows.float() @ columns.float()) * row_scale * column_scale).to(dtype)
