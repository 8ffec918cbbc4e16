"""Memory that runs out, memory that is given back, and weights that nobody may have touched."""

import gc
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import nn

from likeness_model.errors import DeviceError

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 1 << 24  # elements summed at once: a 64-bit copy of them takes 128 MiB


class Batches:
    """Work in batches that shrink when memory runs out, and stay as small as they had to become."""

    def __init__(self, size: int) -> None:
        self.size = size

    def run(self, items: Sequence[T], work: Callable[[Sequence[T]], R]) -> Iterator[R]:
        """`work` on each batch, in order. When memory runs out the same items are tried again in
        batches half as large. Raises DeviceError where one alone does not fit."""
        start = 0
        while start < len(items):
            batch = items[start : start + self.size]
            done = self._attempt(batch, work)
            if done is None:
                release()
                if len(batch) == 1:
                    raise DeviceError(
                        "the accelerator's memory does not hold a single picture: "
                        "take an instance with more"
                    )
                self.size = len(batch) // 2
                log.warning("memory ran out: from now on %d at once", self.size)
                continue
            start += len(batch)
            yield done[0]

    def _attempt(self, batch: Sequence[T], work: Callable[[Sequence[T]], R]) -> tuple[R] | None:
        """None when memory ran out. A function of its own: while an exception is handled, its
        traceback holds every tensor that is to be given back."""
        try:
            return (work(batch),)
        except (torch.OutOfMemoryError, MemoryError):
            return None


def release() -> None:
    """Give the memory of dead tensors back to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def fingerprint(module: nn.Module, *, without: str) -> str:
    """The sum over all weights and buffers but those of the adapter `without`.

    Counted where the weights lie, so that gigabytes need not leave the device: each tensor's
    bits, weighted by place, modulo 2^64; these sums go through SHA-256. Any single changed
    element changes it (the weights are odd); it is no defence against an attacker.
    """
    digest = hashlib.sha256()
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    for name in sorted(tensors):
        if f".{without}." in name:
            continue
        # A linear layer that carries adapters is called `x.base_layer`; bare, it is `x`.
        tensor = tensors[name]
        digest.update(f"{name.replace('.base_layer', '')} {tensor.dtype}".encode())
        digest.update(_sum(tensor).to_bytes(8, "little"))
    return digest.hexdigest()


def _sum(tensor: torch.Tensor) -> int:
    integers = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    bits = tensor.detach().contiguous().view(integers[tensor.element_size()]).flatten()
    total = torch.zeros((), dtype=torch.int64, device=bits.device)
    for start in range(0, len(bits), CHUNK):
        chunk = bits[start : start + CHUNK].to(torch.int64)
        places = torch.arange(start, start + len(chunk), device=bits.device)
        total += (chunk * ((places * 2654435761) | 1)).sum()  # Knuth's multiplicative hash
    return int(total.item()) % 2**64
