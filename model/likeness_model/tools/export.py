"""Train a LoRA adapter by hand and export it in diffusers' and kohya's formats.

A user's job never exports its adapter.

    python -m likeness_model.tools.export --engine sdxl-lora --photos FOLDER --out FOLDER
"""

import argparse
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers.utils import convert_state_dict_to_kohya
from safetensors.torch import save_file

from likeness_model.container.folders import Folders
from likeness_model.diffusion import lora
from likeness_model.diffusion.encoding import encode_training_set
from likeness_model.diffusion.loading import KINDS, TINY, load_pipeline
from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.diffusion.pipelines.klein import Klein
from likeness_model.diffusion.portraits import find_portraits, training_examples
from likeness_model.diffusion.training import Trained, train
from likeness_model.diffusion.training_checkpoint import TrainingCheckpoint
from likeness_model.errors import JobError, PhotosError

DIFFUSERS, KOHYA = "person.safetensors", "person-kohya.safetensors"
FUSED = ("to_q", "to_k", "to_v")  # one matrix, `qkv`, in FLUX.2's own layout


def export(pipeline: Pipeline, state: lora.State, folder: Path) -> tuple[Path, Path]:
    """Write both files: 32-bit weights; alpha equals the rank, so that the scale is one."""
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / DIFFUSERS, folder / KOHYA
    if isinstance(pipeline, Klein):
        plain = {f"transformer.{name}": value for name, value in state.items()}
        kohya = klein_to_kohya(state)
    else:
        plain = {f"unet.{name}": value for name, value in state.items()}
        kohya = convert_state_dict_to_kohya(plain)  # layers keep diffusers' names
    for file, tensors in zip(files, (plain, kohya), strict=True):
        save_file({name: value.contiguous() for name, value in tensors.items()}, file)
    return files


def klein_to_kohya(state: lora.State) -> lora.State:
    """FLUX.2's own names. Where it has one matrix for query, key and value, the three adapters are
    merged into one of three times the rank with a block-diagonal `up`: exactly the same product."""
    layers = _layers(state)
    kohya: lora.State = {}
    for layer, (down, up) in layers.items():
        parts = layer.split(".")
        block = parts[1]
        if parts[0] == "single_transformer_blocks":
            linear = {"to_qkv_mlp_proj": "linear1", "to_out": "linear2"}[parts[3]]
            kohya |= _entry(f"lora_unet_single_blocks_{block}_{linear}", down, up)
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
    """Each layer's matrices `down`, rank x inputs, and `up`, outputs x rank."""
    ending = ".lora_A.weight"
    names = [name.removesuffix(ending) for name in state if name.endswith(ending)]
    return {
        name: (state[f"{name}.lora_A.weight"], state[f"{name}.lora_B.weight"]) for name in names
    }


def _entry(name: str, down: torch.Tensor, up: torch.Tensor) -> lora.State:
    alpha = torch.tensor(float(down.shape[0]))
    return {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up, f"{name}.alpha": alpha}


def train_on_folder(pipeline: Pipeline, photos: Path, seed: int = 0) -> Trained:
    """Train on the JPEG photos in a folder. Raises PhotosError."""
    found = {file.stem: file.read_bytes() for file in sorted(photos.glob("*.jpg"))}
    portraits = find_portraits(found) if found else []
    if not portraits:
        raise PhotosError(f"no JPEG photo in {photos} shows a face: use another folder")
    with tempfile.TemporaryDirectory() as folder:
        own = training_examples(portraits, pipeline.recipe.training_side)
        examples = encode_training_set(pipeline, own)
        checkpoint = TrainingCheckpoint(Path(folder), "by-hand")
        trained = train(pipeline, examples, seed=seed, checkpoint=checkpoint)
    lora.unload(pipeline.trained_network)
    return trained


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description="Train a LoRA adapter on a face and save it.")
    engines = [name for name in (*KINDS, *TINY) if name.endswith("-lora")]
    parser.add_argument("--engine", required=True, choices=engines)
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for the two files")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        pipeline = load_pipeline(arguments.engine, Folders.from_environment().weights)
        trained = train_on_folder(pipeline, arguments.photos, arguments.seed)
    except JobError as error:
        parser.exit(error.exit_code, f"{type(error).__name__}: {error}.\n")
    for file in export(pipeline, trained.state, arguments.out):
        print(file)


if __name__ == "__main__":
    main()
