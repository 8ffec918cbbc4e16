"""Weights from the operator's folder: verified, then loaded or rejected with one sentence."""

import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from likeness_model.container.folders import WEIGHTS, WEIGHTS_CHANNEL, Folders
from likeness_model.diffusion import loading, lora
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.loading import load_pipeline
from likeness_model.diffusion.pipelines import klein, sdxl
from likeness_model.diffusion.recipe import TINY_LORA
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.errors import DeviceError, WeightsError
from likeness_model.tools.export import KOHYA, export
from likeness_model.tools.weights import write_manifest
from tests.model.diffusion.conftest import checksums, run

SMALL = {
    "steps": 2,
    "checkpoint_every": 2,
    "training_side": 64,
    "drawing_side": 64,
    "prompt_tokens": 24,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """An operator's folder per family, in the real layout, with tiny weights."""
    made = {}
    for family in ("sdxl", "klein"):
        folder = made[family] = tmp_path_factory.mktemp(family)
        pipeline = random_pipeline("tiny", TINY_LORA, family=family, tiny=True, seed=3)
        if family == "sdxl":
            pipeline.full.save_pretrained(folder / sdxl.BASE)
            _random_adapter(pipeline, folder / sdxl.LIGHTNING / "eight_steps.safetensors")
        else:
            pipeline.full.save_pretrained(folder / klein.DISTILLED)
            pipeline.undistilled.save_pretrained(folder / klein.UNDISTILLED / "transformer")
        _random_adapter(pipeline, folder / "styles" / family / "oil.safetensors")
        write_manifest(folder, licence="apache-2.0", revision="owner/model@" + "0" * 40)
    return made


def _random_adapter(pipeline, file):
    """In kohya's format, in which such adapters are published."""
    lora.load(pipeline.drawing_network, pipeline.targets, 2, seed=9)
    chance = torch.Generator().manual_seed(9)
    state = {
        name: 0.05 * torch.randn(value.shape, generator=chance)
        for name, value in lora.user_state(pipeline.drawing_network).items()
    }
    lora.unload(pipeline.drawing_network)
    export(pipeline, state, file.parent)
    (file.parent / KOHYA).rename(file)
    for other in file.parent.glob("person*"):
        other.unlink()


@pytest.mark.parametrize(
    ("name", "family"),
    [("sdxl-lora", "sdxl"), ("flux2-klein-4b-lora", "klein"), ("flux2-klein-4b-ref", "klein")],
)
def test_a_real_engine_loads_its_folder_and_draws(folders, tmp_path, name, family):
    pipeline = load_pipeline(name, folders[family], device="cpu")
    changes = SMALL if pipeline.recipe.trains else {**SMALL, "steps": 0, "checkpoint_every": 1}
    pipeline.recipe = replace(pipeline.recipe, **changes, reference_side=64, shows_faces=False)
    engine = DiffusionEngine(pipeline)

    result = run(engine, tmp_path / "one", styles=("glamour", "oil", "cosmic"))
    again = run(engine, tmp_path / "again", styles=("glamour", "oil", "cosmic"))

    assert len(result.avatars) == 3
    assert checksums(result) == checksums(again)
    assert pipeline.styles == {"oil"}
    assert lora.loaded(pipeline.drawing_network) == (
        ("oil", lora.SAMPLER) if family == "sdxl" else ("oil",)
    )


def test_a_style_adapter_changes_only_its_style(folders, tmp_path):
    pipeline = load_pipeline("sdxl-lora", folders["sdxl"], device="cpu")
    pipeline.recipe = replace(pipeline.recipe, **SMALL, shows_faces=False, drawing_batch=1)
    engine = DiffusionEngine(pipeline)
    styled = run(engine, tmp_path / "with", styles=("oil", "glamour"))

    pipeline.styles = frozenset()
    plain = run(engine, tmp_path / "without", styles=("oil", "glamour"))

    assert checksums(styled)["a01"] != checksums(plain)["a01"]
    assert checksums(styled)["a02"] == checksums(plain)["a02"]


@pytest.fixture
def broken(folders, tmp_path):
    """A copy of SDXL's folder to damage, and a function that writes its manifest and loads it."""
    copy = tmp_path / "weights"
    shutil.copytree(folders["sdxl"], copy)

    def load():
        write_manifest(copy, licence="apache-2.0", revision="owner/model@" + "0" * 40)
        return load_pipeline("sdxl-lora", copy, device="cpu")

    return copy, load


def _message(raised):
    text = str(raised.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


def test_a_missing_part_is_named(broken):
    folder, load = broken
    for path in (folder / sdxl.BASE / "vae").iterdir():
        path.unlink()
    (folder / sdxl.BASE / "vae").rmdir()

    with pytest.raises(WeightsError) as raised:
        load()
    assert _message(raised) == f"{sdxl.BASE}/vae is missing from the weights: upload it"


def test_a_truncated_file_is_named(broken):
    folder, load = broken
    file = next((folder / sdxl.BASE / "unet").glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:1000])

    with pytest.raises(WeightsError, match=f"{sdxl.BASE}/unet cannot be loaded") as raised:
        load()
    assert "upload it again" in _message(raised)


def test_weights_of_another_shape_are_named(broken):
    folder, load = broken
    file = next((folder / sdxl.BASE / "unet").glob("*.safetensors"))
    tensors = load_file(file)
    name = next(name for name in tensors if name.endswith("to_q.weight"))
    save_file(tensors | {name: torch.zeros(3, 3)}, file, metadata={"format": "pt"})

    with pytest.raises(WeightsError, match=f"{sdxl.BASE}/unet cannot be loaded") as raised:
        load()
    _message(raised)


def test_weights_without_a_tensor_are_rejected(broken):
    folder, load = broken
    file = next((folder / sdxl.BASE / "unet").glob("*.safetensors"))
    tensors = load_file(file)
    tensors.pop(next(name for name in tensors if name.endswith("to_q.weight")))
    save_file(tensors, file, metadata={"format": "pt"})

    with pytest.raises(WeightsError, match=f"{sdxl.BASE}/unet") as raised:
        load()
    _message(raised)


def test_a_broken_adapter_is_named(broken):
    folder, load = broken
    (folder / "styles/sdxl/oil.safetensors").write_bytes(b"half")

    with pytest.raises(WeightsError, match=r"sdxl/oil\.safetensors cannot be loaded as an adapter"):
        load()


def test_two_sampler_files_are_rejected(broken):
    folder, load = broken
    (folder / sdxl.LIGHTNING / "other.safetensors").write_bytes(b"")

    with pytest.raises(WeightsError, match="must hold one adapter and holds 2"):
        load()


def test_a_file_that_differs_from_the_manifest_is_never_loaded(folders, monkeypatch, broken):
    folder, _ = broken
    file = next((folder / sdxl.BASE / "unet").glob("*.safetensors"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)

    def never(*_):
        raise AssertionError("it was loaded")

    monkeypatch.setattr(
        loading, "KINDS", {"sdxl-lora": replace(loading.KINDS["sdxl-lora"], load=never)}
    )
    with pytest.raises(WeightsError, match="does not match the SHA-256 in manifest.json"):
        load_pipeline("sdxl-lora", folder, device="cpu")


def test_missing_weights_are_reported(tmp_path):
    with pytest.raises(WeightsError, match="the weights have no manifest.json"):
        load_pipeline("sdxl-lora", tmp_path, device="cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_real_engine_without_a_gpu_raises_an_error(folders):
    with pytest.raises(DeviceError, match="sdxl-lora needs a GPU: "):
        load_pipeline("sdxl-lora", folders["sdxl"])


def test_the_weights_folder_is_the_named_one_or_the_channel(monkeypatch, tmp_path):
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.delenv(WEIGHTS, raising=False)
    monkeypatch.delenv(WEIGHTS_CHANNEL, raising=False)
    assert Folders.from_environment().weights == tmp_path / "input/data/weights"
    monkeypatch.setenv(WEIGHTS_CHANNEL, "/channel")
    assert str(Folders.from_environment().weights) == "/channel"
    monkeypatch.setenv(WEIGHTS, "/named")
    assert str(Folders.from_environment().weights) == "/named"


def test_every_engine_names_a_licence():
    assert {kind.licence for kind in loading.KINDS.values()} == {"Apache-2.0", "OpenRAIL++-M"}
