"""The adapter as other tools load it: diffusers' format, and kohya's. By hand only: no adapter
leaves a user's job.

    python -m likeness_model.diffusion.export --engine sdxl-lora --photos FOLDER --out FOLDER
"""

import argparse
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

from likeness_model.diffusion.adapters import State, take_off
from likeness_model.diffusion.backends.base import Backend
from likeness_model.diffusion.backends.klein import Klein
from likeness_model.diffusion.keeping import Keeping
from likeness_model.diffusion.learn import Learned, learn
from likeness_model.diffusion.lessons import encode_lessons
from likeness_model.diffusion.loading import KINDS, TINY, load_backend
from likeness_model.diffusion.prepare import find_portraits
from likeness_model.errors import JobError, PhotosError

DIFFUSERS, KOHYA = "person.safetensors", "person-kohya.safetensors"
FUSED = ("to_q", "to_k", "to_v")  # one matrix, `qkv`, in FLUX.2's own layout


def export(backend: Backend, state: State, folder: Path) -> tuple[Path, Path]:
    """Both files. Weights stay in 32 bits; alpha equals the rank, so that the scale is one."""
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / DIFFUSERS, folder / KOHYA
    if isinstance(backend, Klein):
        plain = {f"transformer.{name}": value for name, value in state.items()}
        kohya = klein_to_kohya(state)
    else:
        plain = {f"unet.{name}": value for name, value in state.items()}
        kohya = sdxl_to_kohya(state)
    for file, tensors in zip(files, (plain, kohya), strict=True):
        save_file({name: value.contiguous() for name, value in tensors.items()}, file)
    return files


def sdxl_to_kohya(state: State) -> State:
    """`lora_unet_{layer}.{lora_down,lora_up}.weight` and `.alpha`, dots in names as underscores.

    The layers keep diffusers' names: kohya's scripts, ComfyUI and diffusers know them beside the
    original checkpoint's.
    """
    kohya: State = {}
    for layer, (down, up) in _layers(state).items():
        kohya |= _entry(f"lora_unet_{layer.replace('.', '_')}", down, up)
    return kohya


def klein_to_kohya(state: State) -> State:
    """FLUX.2's own names. Where it has one matrix for query, key and value, the three adapters
    become one of three times the rank, its upper half block-diagonal: the same product, exactly."""
    layers = _layers(state)
    kohya: State = {}
    for layer, (down, up) in layers.items():
        parts = layer.split(".")
        block = parts[1]
        if parts[0] == "single_transformer_blocks":  # attn.to_qkv_mlp_proj
            kohya |= _entry(f"lora_unet_single_blocks_{block}_linear1", down, up)
        elif parts[3] == "to_out":
            kohya |= _entry(f"lora_unet_double_blocks_{block}_img_attn_proj", down, up)
        elif parts[3] == FUSED[0]:
            three = [layers[f"transformer_blocks.{block}.attn.{name}"] for name in FUSED]
            fused = (
                torch.cat([one for one, _ in three]),
                torch.block_diag(*(two for _, two in three)),
            )
            kohya |= _entry(f"lora_unet_double_blocks_{block}_img_attn_qkv", *fused)
    return kohya


def _layers(state: Mapping[str, torch.Tensor]) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Each layer's two matrices, rank x inputs and outputs x rank."""
    ending = ".lora_A.weight"
    names = [name.removesuffix(ending) for name in state if name.endswith(ending)]
    return {
        name: (state[f"{name}.lora_A.weight"], state[f"{name}.lora_B.weight"]) for name in names
    }


def _entry(name: str, down: torch.Tensor, up: torch.Tensor) -> State:
    alpha = torch.tensor(float(down.shape[0]))
    return {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up, f"{name}.alpha": alpha}


def learn_from_folder(backend: Backend, photos: Path, seed: int = 0) -> Learned:
    """A face, from the photos in a folder. Raises PhotosError."""
    found = {file.stem: file.read_bytes() for file in sorted(photos.glob("*.jpg"))}
    portraits = find_portraits(found) if found else []
    if not portraits:
        raise PhotosError(f"no JPEG photo in {photos} shows a face: name another folder")
    with tempfile.TemporaryDirectory() as folder:
        lessons = encode_lessons(backend, portraits)
        learned = learn(backend, lessons, seed=seed, keeping=Keeping(Path(folder), "by-hand"))
    take_off(backend.learner)
    return learned


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description="Learn a face and save the adapter.")
    learning = [name for name in (*KINDS, *TINY) if name.endswith("-lora")]
    parser.add_argument("--engine", required=True, choices=learning)
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for the two files")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    try:
        backend = load_backend(asked.engine)
        learned = learn_from_folder(backend, asked.photos, asked.seed)
    except JobError as error:
        parser.exit(error.exit_code, f"{type(error).__name__}: {error}.\n")
    for file in export(backend, learned.state, asked.out):
        print(file)


if __name__ == "__main__":
    main()
