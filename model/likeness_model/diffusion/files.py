"""Read parts of pipelines from the operator's folder, straight to the device."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from likeness_model.diffusion.adapters import FAST, beside_others
from likeness_model.errors import WeightsError


def parts_on(device: torch.device, dtype: torch.dtype) -> Mapping[str, Any]:
    """How a network is read: from safetensors only, each tensor to its place at once."""
    return {"dtype": dtype, "device_map": {"": str(device)}, "use_safetensors": True}


def part(kind: Any, base: Path, name: str, how: Mapping[str, Any] | None = None) -> Any:
    """`base/name` as diffusers and transformers lay it out. Raises WeightsError, one sentence."""
    folder = base / name
    if not folder.is_dir():
        raise WeightsError(f"{base.name}/{name} is missing from the weights: upload it")
    choice = {}
    if how and _only_half(folder):
        choice = {"variant": "fp16"}
    with _told(f"{base.name}/{name} cannot be loaded as {kind.__name__}"):
        return kind.from_pretrained(str(folder), local_files_only=True, **(how or {}), **choice)


def adapter_files(folder: Path, *, fast: str | None, family: str) -> dict[str, Path]:
    """The adapters that belong to the base: the distilled sampler's, and one a style, from
    `styles/FAMILY/STYLE.safetensors`."""
    found = {path.stem: path for path in sorted((folder / "styles" / family).glob("*.safetensors"))}
    if fast is not None:
        files = sorted((folder / fast).glob("*.safetensors"))
        if len(files) != 1:
            raise WeightsError(
                f"{fast} is to hold one adapter and holds {len(files)}: upload the eight-step one"
            )
        found[FAST] = files[0]
    return found


def load_adapter(pipeline: Any, file: Path, name: str) -> None:
    """Beside those that are there. Raises WeightsError, one sentence."""
    with beside_others(), _told(f"{file.parent.name}/{file.name} cannot be loaded as an adapter"):
        pipeline.load_lora_weights(
            str(file.parent), weight_name=file.name, adapter_name=name, local_files_only=True
        )


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Whatever the libraries raise for a broken file, in one sentence."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as broken:
        why = str(broken).strip().partition("\n")[0][:200] or type(broken).__name__
        raise WeightsError(f"{what} ({why}): upload it again") from broken


def _only_half(folder: Path) -> bool:
    """Does the folder hold its network in 16 bits only?"""
    names = [path.name for path in folder.glob("*.safetensors*")]
    return bool(names) and all(".fp16." in name for name in names)
