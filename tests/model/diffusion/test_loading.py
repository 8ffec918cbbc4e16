"""Weights from the operator's folder: verified, then loaded or rejected with one sentence."""

import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from likeness_model.container.folders import WEIGHTS, WEIGHTS_CHANNEL, Folders
from likeness_model.diffusion import loading, lora, weights
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.loading import load_pipeline
from likeness_model.diffusion.pipelines import klein, sdxl
from likeness_model.errors import DeviceError, WeightsError
from likeness_model.tools.weights import write_manifest
from tests.model.diffusion.conftest import checksums, run, small_recipe


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("sdxl-lora", "sdxl"),
        ("flux2-klein-4b-lora", "klein"),
        ("flux2-klein-4b-lora-ref", "klein"),
        ("flux2-klein-4b-ref", "klein"),
    ],
)
def test_a_real_engine_loads_its_folder_and_draws(folders, tmp_path, name, family):
    pipeline = load_pipeline(name, folders[family], device="cpu")
    engine = DiffusionEngine(small_recipe(pipeline))

    result = run(engine, tmp_path / "one", styles=("glamour", "oil", "cosmic"))
    again = run(engine, tmp_path / "again", styles=("glamour", "oil", "cosmic"))

    assert len(result.avatars) == 3
    assert checksums(result) == checksums(again)
    assert pipeline.styles == {"oil"}
    assert lora.loaded(pipeline.base_network) == (
        ("oil", lora.SAMPLER) if family == "sdxl" else ("oil",)
    )


def test_a_style_adapter_changes_only_its_style(folders, tmp_path):
    pipeline = load_pipeline("sdxl-lora", folders["sdxl"], device="cpu")
    engine = DiffusionEngine(small_recipe(pipeline, drawing_batch=1))
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


@pytest.mark.parametrize(
    "layer",
    [
        "lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight",
        "lora_te2_text_model_encoder_layers_0_mlp_fc1.alpha",
        "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight",
    ],
)
def test_a_style_adapter_with_layers_of_a_text_encoder_is_refused(broken, layer):
    folder, load = broken
    file = folder / "styles/sdxl/oil.safetensors"
    save_file(load_file(file) | {layer: torch.zeros(2, 32)}, file)

    with pytest.raises(WeightsError, match="--network_train_unet_only") as raised:
        load()
    assert _message(raised).startswith("sdxl/oil.safetensors has layers for the text encoder")


def test_an_adapter_of_another_family_is_refused(broken, folders):
    folder, load = broken
    shutil.copy(folders["klein"] / "styles/klein/oil.safetensors", folder / "styles/sdxl")

    with pytest.raises(WeightsError, match=r"sdxl/oil\.safetensors cannot be loaded") as raised:
        load()
    _message(raised)


def test_two_sampler_files_are_rejected(broken):
    folder, load = broken
    (folder / sdxl.LIGHTNING / "other.safetensors").write_bytes(b"")

    with pytest.raises(WeightsError, match="must hold one adapter and holds 2"):
        load()


@pytest.mark.parametrize("ending", ["safetensors", "json"])
def test_a_file_that_differs_from_the_manifest_is_never_used(broken, monkeypatch, ending):
    """Large files are hashed while they are loaded, small ones before."""
    folder, _ = broken
    monkeypatch.setattr(weights, "LARGE", 20_000)
    file = next((folder / sdxl.BASE / "unet").glob(f"*.{ending}"))
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    loaded = []
    kind = loading.KINDS["sdxl-lora"]
    monkeypatch.setitem(
        loading.KINDS, "sdxl-lora", replace(kind, load=lambda *_how: loaded.append(1))
    )

    with pytest.raises(WeightsError, match="does not match the SHA-256 in manifest.json"):
        load_pipeline("sdxl-lora", folder, device="cpu")

    assert loaded == ([1] if ending == "safetensors" else [])


@pytest.mark.parametrize("name", sorted(loading.KINDS))
def test_every_file_that_an_engine_reads_is_hashed_and_no_other_model(folders, monkeypatch, name):
    """An engine's folder holds other models, and they take minutes to hash."""
    kind = loading.KINDS[name]
    folder = folders["sdxl" if name == "sdxl-lora" else "klein"]
    read, hashed = set(), []
    for module in (klein, sdxl):
        part, load_adapter = module.part, module.load_adapter
        monkeypatch.setattr(
            module,
            "part",
            lambda what, base, name, *how, part=part: (
                read.add(base / name) or part(what, base, name, *how)
            ),
        )
        monkeypatch.setattr(
            module,
            "load_adapter",
            lambda pipe, file, name, load=load_adapter: read.add(file) or load(pipe, file, name),
        )
    compare = weights._compare_checksums
    monkeypatch.setattr(
        weights,
        "_compare_checksums",
        lambda found, rows: hashed.extend(row.file for row in rows) or compare(found, rows),
    )
    load_pipeline(name, folder, device="cpu")

    files = {
        path.relative_to(folder).as_posix()
        for each in read
        for path in ([each] if each.is_file() else each.rglob("*"))
    }
    assert files <= set(hashed)
    assert len(hashed) == len(set(hashed))
    assert any("/transformer/" in file for file in hashed if klein.UNDISTILLED in file) is (
        name.startswith("flux2-klein-4b-lora")
    )
    assert kind.reads


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
