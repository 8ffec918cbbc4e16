"""GPU memory: batches that shrink when it runs out, its release, and the base-weight checksum."""

import copy
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

CHUNK = 1 << 24  # elements summed at once: their 64-bit copy takes 128 MiB


class Batches:
    """Work in batches that are halved when memory runs out, and stay small."""

    def __init__(self, size: int) -> None:
        self.size = size

    def run(self, items: Sequence[T], work: Callable[[Sequence[T]], R]) -> Iterator[R]:
        """`work` on each batch, in order. Raises DeviceError if a single item does not fit."""
        start = 0
        while start < len(items):
            count, result = self.first(items[start:], work)
            start += count
            yield result

    def first(self, items: Sequence[T], work: Callable[[Sequence[T]], R]) -> tuple[int, R]:
        """`work` on the first batch of `items`: its length and its result. When memory runs out, a
        batch of half the size is tried. Raises DeviceError if a single item does not fit."""
        while True:
            batch = items[: self.size]
            done = self._try(batch, work)
            if done is not None:
                return len(batch), done[0]
            release()
            if len(batch) == 1:
                raise DeviceError(
                    "the accelerator's memory does not hold a single picture: "
                    "use an instance with more memory"
                )
            self.size = len(batch) // 2
            log.warning("out of memory: the batch size is now %d", self.size)

    def _try(self, batch: Sequence[T], work: Callable[[Sequence[T]], R]) -> tuple[R] | None:
        """None when memory ran out. A separate function: while an exception is handled, its
        traceback references every tensor that should be released."""
        try:
            return (work(batch),)
        except (torch.OutOfMemoryError, MemoryError):
            return None


def copied(network: nn.Module) -> nn.Module:
    """A second network on the same device. Raises DeviceError if its memory does not hold it."""
    tensors = [*network.parameters(), *network.buffers()]
    needed = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    if tensors[0].is_cuda:
        release()
        free, _ = torch.cuda.mem_get_info(tensors[0].device)
        if needed > free:
            raise DeviceError(
                f"the network that draws takes {needed / 1e9:.1f} GB and the accelerator has "
                f"{free / 1e9:.1f} GB free: use an instance with more memory"
            )
    return copy.deepcopy(network)


def release() -> None:
    """Return the memory of unreferenced tensors to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def weight_checksum(module: nn.Module, *, without: str) -> str:
    """A checksum of all weights and buffers except those of the adapter `without`.

    Computed on the device, so that gigabytes are not copied: each tensor's bits, weighted by
    position, are summed modulo 2^64, and the sums are hashed with SHA-256. Any single changed
    element changes the result, because the factors are odd; it does not resist an attacker.
    """
    digest = hashlib.sha256()
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    for name in sorted(tensors):
        if f".{without}." in name:
            continue
        # A linear layer `x` with adapters is named `x.base_layer`.
        tensor = tensors[name]
        digest.update(f"{name.replace('.base_layer', '')} {tensor.dtype}".encode())
        digest.update(_weighted_sum(tensor).to_bytes(8, "little"))
    return digest.hexdigest()


def _weighted_sum(tensor: torch.Tensor) -> int:
    integers = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    bits = tensor.detach().contiguous().view(integers[tensor.element_size()]).flatten()
    total = torch.zeros((), dtype=torch.int64, device=bits.device)
    for start in range(0, len(bits), CHUNK):
        chunk = bits[start : start + CHUNK].to(torch.int64)
        places = torch.arange(start, start + len(chunk), device=bits.device)
        total += (chunk * ((places * 2654435761) | 1)).sum()  # Knuth's multiplicative hash
    return int(total.item()) % 2**64
