"""Weights from the operator's folder: verified, loaded, or refused with one sentence."""

import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from likeness_model.diffusion import loading
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.loading import load_backend
from likeness_model.diffusion.lora import FAST, person_state, put_on, residents, take_off
from likeness_model.diffusion.pipelines import klein, sdxl
from likeness_model.diffusion.recipe import TINY_LORA
from likeness_model.diffusion.shapes import random_backend
from likeness_model.diffusion.weights import write_manifest
from likeness_model.errors import DeviceError, WeightsError
from likeness_model.tools.export import KOHYA, export
from tests.model.diffusion.conftest import run, sums

SMALL = {"steps": 2, "keep_every": 2, "learning_side": 64, "drawing_side": 64, "words": 24}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """An operator's folder for each family, as the real ones are laid out, with tiny weights."""
    made = {}
    for family in ("sdxl", "klein"):
        folder = made[family] = tmp_path_factory.mktemp(family)
        backend = random_backend("tiny", TINY_LORA, family=family, tiny=True, seed=3)
        if family == "sdxl":
            backend.words.save_pretrained(folder / sdxl.BASE)
            _random_adapter(backend, folder / sdxl.SAMPLER / "eight_steps.safetensors")
        else:
            backend.words.save_pretrained(folder / klein.DISTILLED)
            backend.undistilled.save_pretrained(folder / klein.UNDISTILLED / "transformer")
        _random_adapter(backend, folder / "styles" / family / "oil.safetensors")
        write_manifest(folder, licence="apache-2.0", revision="owner/model@" + "0" * 40)
    return made


def _random_adapter(backend, file):
    """As kohya's tools save one, which is how such adapters are published."""
    put_on(backend.artist, backend.targets, 2, seed=9)
    chance = torch.Generator().manual_seed(9)
    state = {
        name: 0.05 * torch.randn(value.shape, generator=chance)
        for name, value in person_state(backend.artist).items()
    }
    take_off(backend.artist)
    export(backend, state, file.parent)
    (file.parent / KOHYA).rename(file)
    for other in file.parent.glob("person*"):
        other.unlink()


@pytest.mark.parametrize(
    ("name", "family"),
    [("sdxl-lora", "sdxl"), ("flux2-klein-4b-lora", "klein"), ("flux2-klein-4b-ref", "klein")],
)
def test_a_real_engine_loads_its_folder_and_draws(folders, tmp_path, name, family):
    backend = load_backend(name, folders[family], device="cpu")
    changes = SMALL if backend.recipe.learns else {**SMALL, "steps": 0, "keep_every": 1}
    backend.recipe = replace(backend.recipe, **changes, reference_side=64, shows_faces=False)
    engine = DiffusionEngine(backend)

    result = run(engine, tmp_path / "one", styles=("glamour", "oil", "cosmic"))
    again = run(engine, tmp_path / "again", styles=("glamour", "oil", "cosmic"))

    assert len(result.avatars) == 3
    assert sums(result) == sums(again)
    assert backend.styles == {"oil"}
    assert residents(backend.artist) == (("oil", FAST) if family == "sdxl" else ("oil",))


def test_a_styles_adapter_changes_that_style_and_no_other(folders, tmp_path):
    backend = load_backend("sdxl-lora", folders["sdxl"], device="cpu")
    backend.recipe = replace(backend.recipe, **SMALL, shows_faces=False, drawing_batch=1)
    engine = DiffusionEngine(backend)
    styled = run(engine, tmp_path / "with", styles=("oil", "glamour"))

    backend.styles = frozenset()
    plain = run(engine, tmp_path / "without", styles=("oil", "glamour"))

    assert sums(styled)["a01"] != sums(plain)["a01"]
    assert sums(styled)["a02"] == sums(plain)["a02"]


@pytest.fixture
def broken(folders, tmp_path):
    """A copy of SDXL's folder to be damaged, with a manifest that says it is whole."""
    copy = tmp_path / "weights"
    shutil.copytree(folders["sdxl"], copy)

    def load():
        write_manifest(copy, licence="apache-2.0", revision="owner/model@" + "0" * 40)
        return load_backend("sdxl-lora", copy, device="cpu")

    return copy, load


def _sentence(raised):
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
    assert _sentence(raised) == f"{sdxl.BASE}/vae is missing from the weights: upload it"


def test_a_file_that_was_cut_off_before_the_manifest_was_written_is_named(broken):
    folder, load = broken
    file = next((folder / sdxl.BASE / "unet").glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:1000])

    with pytest.raises(WeightsError, match=f"{sdxl.BASE}/unet cannot be loaded") as raised:
        load()
    assert "upload it again" in _sentence(raised)


def test_weights_of_another_shape_are_named(broken):
    folder, load = broken
    file = next((folder / sdxl.BASE / "unet").glob("*.safetensors"))
    tensors = load_file(file)
    name = next(name for name in tensors if name.endswith("to_q.weight"))
    save_file(tensors | {name: torch.zeros(3, 3)}, file, metadata={"format": "pt"})

    with pytest.raises(WeightsError, match=f"{sdxl.BASE}/unet cannot be loaded") as raised:
        load()
    _sentence(raised)


def test_weights_that_lack_a_tensor_are_not_made_up(broken):
    folder, load = broken
    file = next((folder / sdxl.BASE / "unet").glob("*.safetensors"))
    tensors = load_file(file)
    tensors.pop(next(name for name in tensors if name.endswith("to_q.weight")))
    save_file(tensors, file, metadata={"format": "pt"})

    with pytest.raises(WeightsError, match=f"{sdxl.BASE}/unet") as raised:
        load()
    _sentence(raised)


def test_a_broken_adapter_is_named(broken):
    folder, load = broken
    (folder / "styles/sdxl/oil.safetensors").write_bytes(b"half")

    with pytest.raises(WeightsError, match=r"sdxl/oil\.safetensors cannot be loaded as an adapter"):
        load()


def test_two_samplers_are_one_too_many(broken):
    folder, load = broken
    (folder / sdxl.SAMPLER / "other.safetensors").write_bytes(b"")

    with pytest.raises(WeightsError, match="is to hold one adapter and holds 2"):
        load()


def test_a_file_that_is_not_the_one_in_the_manifest_is_never_loaded(folders, monkeypatch, broken):
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
    with pytest.raises(WeightsError, match="does not have the sum in manifest.json"):
        load_backend("sdxl-lora", folder, device="cpu")


def test_no_weights_at_all_are_one_sentence(tmp_path):
    with pytest.raises(WeightsError, match="the weights have no manifest.json"):
        load_backend("sdxl-lora", tmp_path, device="cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_real_engine_without_a_gpu_says_so(folders):
    with pytest.raises(DeviceError, match="sdxl-lora needs a GPU and none is visible"):
        load_backend("sdxl-lora", folders["sdxl"])


def test_the_folder_is_the_one_that_is_named_else_the_channel(monkeypatch, tmp_path):
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.delenv(loading.WEIGHTS, raising=False)
    monkeypatch.delenv(loading.CHANNEL, raising=False)
    assert loading.weights_folder() == tmp_path / "input/data/weights"
    monkeypatch.setenv(loading.CHANNEL, "/channel")
    assert str(loading.weights_folder()) == "/channel"
    monkeypatch.setenv(loading.WEIGHTS, "/named")
    assert str(loading.weights_folder()) == "/named"


def test_every_engine_says_its_licence():
    assert {kind.licence for kind in loading.KINDS.values()} == {"Apache-2.0", "OpenRAIL++-M"}
