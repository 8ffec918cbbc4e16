"""Load parts of pipelines from the operator's folder, directly to the device."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from likeness_model.diffusion.lora import SAMPLER, several_adapters
from likeness_model.errors import WeightsError

# How adapters name the text encoder's layers: kohya, then diffusers.
TEXT_ENCODER = ("lora_te", "text_encoder")
# The libraries' errors for a file of another kind, or for damaged content.
BROKEN = (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError)


def parts_on(device: torch.device, dtype: torch.dtype) -> Mapping[str, Any]:
    """Arguments of `part` for a network: safetensors only, each tensor directly to the device."""
    return {"dtype": dtype, "device_map": {"": str(device)}, "use_safetensors": True}


def part(kind: Any, base: Path, name: str, how: Mapping[str, Any] | None = None) -> Any:
    """`base/name` in the layout of diffusers and transformers. Raises WeightsError."""
    folder = base / name
    if not folder.is_dir():
        raise WeightsError(f"{base.name}/{name} is missing from the weights: upload it")
    choice = {}
    if how and _only_half(folder):
        choice = {"variant": "fp16"}
    with _as_weights_error(f"{base.name}/{name} cannot be loaded as {kind.__name__}"):
        return kind.from_pretrained(str(folder), local_files_only=True, **(how or {}), **choice)


def adapter_files(folder: Path, *, sampler: str | None, family: str) -> dict[str, Path]:
    """The LoRA adapters of the base: the distilled sampler's, and those of styles, from
    `styles/FAMILY/STYLE.safetensors`. Raises WeightsError."""
    found = {path.stem: path for path in sorted((folder / "styles" / family).glob("*.safetensors"))}
    if sampler is not None:
        files = sorted((folder / sampler).glob("*.safetensors"))
        if len(files) != 1:
            raise WeightsError(
                f"{sampler} must hold one adapter and holds {len(files)}: upload the eight-step one"
            )
        found[SAMPLER] = files[0]
    return found


def load_adapter(pipeline: Any, file: Path, name: str) -> None:
    """Load a LoRA adapter beside others. Raises WeightsError, also for an adapter that changes the
    text encoders: these encode the prompts of all styles at once."""
    shown = f"{file.parent.name}/{file.name}"
    with several_adapters(), _as_weights_error(f"{shown} cannot be loaded as an adapter"):
        with safe_open(file, "pt") as tensors:
            names = list(tensors.keys())
        if any(name.startswith(TEXT_ENCODER) for name in names):
            raise WeightsError(
                f"{shown} has layers for the text encoder, which are not supported: use an adapter "
                "trained without them (in kohya's trainer: --network_train_unet_only)"
            )
        pipeline.load_lora_weights(
            str(file.parent), weight_name=file.name, adapter_name=name, local_files_only=True
        )


@contextmanager
def _as_weights_error(what: str) -> Iterator[None]:
    """Turn the libraries' errors for a broken file into a WeightsError of one sentence."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except (*BROKEN, SafetensorError) as broken:
        why = str(broken).strip().partition("\n")[0][:200] or type(broken).__name__
        raise WeightsError(f"{what} ({why}): upload it again") from broken


def _only_half(folder: Path) -> bool:
    """True if the folder holds its network in 16 bits only."""
    names = [path.name for path in folder.glob("*.safetensors*")]
    return bool(names) and all(".fp16." in name for name in names)
