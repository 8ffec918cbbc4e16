"""Choices of kernels for the networks: they change speed, and pictures by rounding only."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from likeness_model.errors import DeviceError
from likeness_model.generation.files import write_atomically

log = logging.getLogger(__name__)

COMPILE = "LIKENESS_COMPILE"  # file of the compiler's cache; unset: nothing is compiled


def use_channels_last(network: nn.Module) -> None:
    """Convolutions on tensor cores read this layout; others are transposed for each call."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@contextmanager
def compiled(network: Any) -> Iterator[None]:
    """Compile the blocks that the network repeats, if LIKENESS_COMPILE is set; the block must draw
    both 1 picture and a batch, which are compiled separately.

    An existing cache file is loaded before, a missing one is written afterwards. It holds code, so
    it comes from the image, never from the folder of weights. Raises DeviceError if the network
    cannot be compiled: Triton needs a C compiler, which the image does not have.
    """
    if not (name := os.environ.get(COMPILE)):
        yield
        return
    cache = Path(name)
    if cache.exists():
        torch.compiler.load_cache_artifacts(cache.read_bytes())
    network.compile_repeated_blocks(fullgraph=True)
    try:
        yield
    except RuntimeError as error:
        why = " ".join(str(error).split())[:200]
        raise DeviceError(
            f"{COMPILE} is set and the network cannot be compiled ({why}): use an image with a C "
            "compiler, or unset it"
        ) from error
    if not cache.exists() and (artifacts := torch.compiler.save_cache_artifacts()):
        write_atomically(cache, artifacts[0])
        log.info("the compiler's cache is written: add it to the image")
