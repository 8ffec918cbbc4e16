"""An exported adapter is loaded by diffusers itself, in either format, to the same bits."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from likeness_model.diffusion.lora import PERSON, equal, person_state, put_on, take_off
from likeness_model.diffusion.recipe import TINY_LORA
from likeness_model.diffusion.shapes import random_backend
from likeness_model.errors import PhotosError
from likeness_model.tools.export import DIFFUSERS, KOHYA, export, learn_from_folder
from tests.model.conftest import DEMO
from tests.model.diffusion.conftest import FAMILIES, USER


@pytest.fixture(scope="module", params=FAMILIES)
def exported(request, tmp_path_factory):
    """(backend, state, folder of the two files): an adapter learned from photos."""
    photos = tmp_path_factory.mktemp("photos")
    (photos / "p01.jpg").write_bytes(USER["p01"])
    recipe = replace(TINY_LORA, steps=3)
    backend = random_backend("tiny", recipe, family=request.param, tiny=True)
    learned = learn_from_folder(backend, photos)
    folder = tmp_path_factory.mktemp("out")
    export(backend, learned.state, folder)
    return backend, learned.state, folder


@pytest.mark.parametrize("file", [DIFFUSERS, KOHYA])
def test_it_is_loaded_bit_for_bit(exported, file):
    backend, state, folder = exported
    prompts = backend.encode_prompts(["photo of ohwx person"])
    put_on(backend.artist, backend.targets, backend.recipe.rank, seed=0, state=state)
    drawn = backend.paint(prompts, [1])[0]
    take_off(backend.artist)
    assert (backend.paint(prompts, [1])[0] != drawn).any()  # it does something

    backend.pipe.load_lora_weights(str(folder), weight_name=file, adapter_name=PERSON)
    try:
        assert equal(person_state(backend.artist), state)
        assert (backend.paint(prompts, [1])[0] == drawn).all()
    finally:
        take_off(backend.artist)


def test_kohyas_file_has_its_names_and_a_scale_for_each_layer(exported):
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


def test_the_adapter_moved_something(exported):
    _, state, _ = exported

    assert any(value.abs().max() > 0 for name, value in state.items() if "lora_B" in name)
    assert all(value.dtype == torch.float32 for value in state.values())


def test_a_folder_without_faces_is_an_error(exported, tmp_path):
    with pytest.raises(PhotosError, match="name another folder"):
        learn_from_folder(exported[0], tmp_path)


def test_by_hand_it_writes_both_files(tmp_path):
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
