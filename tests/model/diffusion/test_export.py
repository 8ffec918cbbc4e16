"""diffusers loads an exported adapter in both formats to the same bits."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from likeness_model.diffusion import lora
from likeness_model.diffusion.recipe import TINY_LORA
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.errors import PhotosError
from likeness_model.tools.export import DIFFUSERS, KOHYA, export, klein_to_kohya, train_on_folder
from tests.model.conftest import DEMO
from tests.model.diffusion.conftest import FAMILIES, USER, equal, random_state


@pytest.fixture(scope="module", params=FAMILIES)
def exported(request, tmp_path_factory):
    """(pipeline, state, folder of the two files): an adapter trained on photos."""
    photos = tmp_path_factory.mktemp("photos")
    (photos / "p01.jpg").write_bytes(USER["p01"])
    recipe = replace(TINY_LORA, steps=3)
    pipeline = random_pipeline("tiny", recipe, family=request.param, tiny=True)
    trained = train_on_folder(pipeline, photos)
    folder = tmp_path_factory.mktemp("out")
    export(pipeline, trained.state, folder)
    return pipeline, trained.state, folder


@pytest.mark.parametrize("file", [DIFFUSERS, KOHYA])
def test_it_is_loaded_bit_for_bit(exported, file):
    pipeline, state, folder = exported
    prompts = pipeline.encode_prompts(["photo of ohwx person"])
    lora.load(pipeline.drawing_network, pipeline.targets, pipeline.recipe.rank, seed=0, state=state)
    drawn = pipeline.generate(prompts, [1])[0]
    lora.unload(pipeline.drawing_network)
    assert (pipeline.generate(prompts, [1])[0] != drawn).any()  # it has an effect

    pipeline.pipe.load_lora_weights(str(folder), weight_name=file, adapter_name=lora.USER)
    try:
        assert equal(lora.user_state(pipeline.drawing_network), state)
        assert (pipeline.generate(prompts, [1])[0] == drawn).all()
    finally:
        lora.unload(pipeline.drawing_network)


def test_the_kohya_file_has_its_names_and_an_alpha_for_each_layer(exported):
    _, state, folder = exported
    names = load_file(folder / KOHYA)

    assert all(name.startswith("lora_unet_") for name in names)
    downs = [name for name in names if name.endswith(".lora_down.weight")]
    for name in downs:
        assert names[name.replace("lora_down.weight", "alpha")] == len(names[name])
    assert len(names) == 3 * len(downs)
    assert sum(v.numel() for n, v in names.items() if n.endswith("down.weight")) == sum(
        v.numel() for n, v in state.items() if "lora_A" in n
    )


def test_both_layers_of_a_single_block_have_their_own_name():
    """FLUX.2's `linear1` and `linear2`."""
    pipeline = random_pipeline("k", TINY_LORA, family="klein", tiny=True)
    state = random_state(pipeline)

    kohya = klein_to_kohya(state)

    for ours, theirs in (("to_qkv_mlp_proj", "linear1"), ("to_out", "linear2")):
        down = state[f"single_transformer_blocks.0.attn.{ours}.lora_A.weight"]
        assert torch.equal(kohya[f"lora_unet_single_blocks_0_{theirs}.lora_down.weight"], down)


def test_the_adapter_is_trained(exported):
    _, state, _ = exported

    assert any(value.abs().max() > 0 for name, value in state.items() if "lora_B" in name)
    assert all(value.dtype == torch.float32 for value in state.values())


def test_a_folder_without_faces_raises_an_error(exported, tmp_path):
    with pytest.raises(PhotosError, match="use another folder"):
        train_on_folder(exported[0], tmp_path)


def test_the_program_writes_both_files(tmp_path):
    program = subprocess.run(
        [sys.executable, "-m", "likeness_model.tools.export", "--engine", "tiny-lora"]
        + ["--photos", str(DEMO), "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )

    assert program.returncode == 0, program.stderr
    assert program.stdout.split() == [str(tmp_path / DIFFUSERS), str(tmp_path / KOHYA)]
