"""Wide layers in 8-bit floats: their rounding, the copy that draws with them, and their switch."""

import json
import sys
from functools import partial
from itertools import count

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from likeness.contracts.container import Measures
from likeness_model.diffusion import drawing, float8, lora
from likeness_model.diffusion.drawing_network import DrawingNetwork
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.float8 import Comparison, Float8Linear
from likeness_model.diffusion.loading import KINDS, load_pipeline
from likeness_model.diffusion.memory import weight_checksum
from likeness_model.diffusion.pipelines.klein import Klein
from likeness_model.diffusion.quality_gate import Score
from likeness_model.diffusion.shapes import klein_transformer
from likeness_model.diffusion.weights import read_manifest
from likeness_model.errors import DeviceError, WeightsError
from likeness_model.tools import bench_diffusion
from tests.model.diffusion.conftest import USER, engine, run, small_recipe

NAME = "flux2-klein-4b-ref"


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


# --- the layer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_product_differs_by_the_rounding_of_8_bits(dtype):
    """Three bits of mantissa: each factor is rounded by 2 percent on average, a product by 3.

    Rows and outputs of different sizes lose nothing: each has its own scale."""
    weight = random(48, 64) * torch.logspace(-3, 3, 48).view(-1, 1)
    inputs = random(2, 5, 64, seed=1) * torch.logspace(-3, 3, 5).view(-1, 1)
    exact = inputs @ weight.t()

    found = Float8Linear(weight.to(dtype))(inputs.to(dtype))

    assert (found.dtype, found.shape) == (dtype, exact.shape)
    sizes = inputs.norm(dim=-1, keepdim=True) * weight.norm(dim=1)
    errors = (found.float() - exact) / sizes
    assert 0.001 < errors.square().mean().sqrt() < 0.01  # of the largest possible product
    assert errors.abs().max() < 0.03


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_largest_value_is_no_nan_and_zero_stays_zero(dtype):
    """Above 464 an 8-bit float is NaN; 16 bits can round a scaled value up to 450."""
    inputs = torch.cat([random(400, 16).abs() * 1e4, torch.zeros(1, 16)]).to(dtype)

    values, scale = float8._rounded(inputs)

    assert torch.isfinite(values.float()).all()
    assert (values[-1].float() == 0).all()
    assert torch.isfinite(scale).all()


def test_a_gpu_multiplies_the_same():
    """PyTorch's own product, which a GPU has too, and its conditions on a GPU's strides."""
    layer, inputs = Float8Linear(random(48, 64)), random(7, 64, seed=1)
    values, scale = float8._rounded(inputs)
    on_gpu = float8._on_gpu(values, layer.weight.t(), scale, layer.scale.t(), torch.float32)

    torch.testing.assert_close(layer(inputs), on_gpu, rtol=1e-4, atol=1e-3)

    with FakeTensorMode():
        weight = torch.empty(48, 64, dtype=torch.bfloat16, device="cuda")
        (rows, scale), (columns, other) = map(float8._rounded, (weight.new_empty(7, 64), weight))
        product = float8._on_gpu(rows, columns.t(), scale, other.t(), weight.dtype)
    assert (product.dtype, product.shape) == (torch.bfloat16, (7, 48))


def test_a_gpu_that_cannot_is_refused_in_a_sentence(monkeypatch):
    def refuse(*_):
        raise RuntimeError("Rowwise scaling is not currently supported on your device\nsource")

    monkeypatch.setattr(float8, "_elsewhere", refuse)

    with pytest.raises(
        DeviceError, match=r"supported on your device\): use an L40S, H100 or newer"
    ):
        float8.require_support(torch.device("cpu"))


# --- the network ----------------------------------------------------------------------------------


def test_the_layers_of_kleins_true_shape_are_wide_and_fit():
    """58 % of the weights, and a GPU's condition: sides are multiples of 16."""
    with torch.device("meta"):
        network = klein_transformer(tiny=False)
        found = [m for n, m in network.named_modules() if n.endswith(Klein.float8_layers)]

    share = sum(layer.weight.numel() for layer in found) / sum(
        parameter.numel() for parameter in network.parameters()
    )
    assert len(found) == 5 * 2 + 20
    assert share == pytest.approx(0.58, abs=0.01)
    assert all(layer.bias is None for layer in found)
    assert all(layer.out_features >= 6 * layer.in_features for layer in found)
    assert {side % 16 for layer in found for side in layer.weight.shape} == {0}


def pictures(pipeline):
    prompts = pipeline.encode_prompts(["one person", "another person"])
    return np.stack(pipeline.generate(prompts, [1, 2])).astype(int)


def test_it_draws_nearly_the_same_pictures_and_leaves_the_base_alone():
    pipeline = engine("tiny-ref").pipeline
    before, checksum = pictures(pipeline), weight_checksum(pipeline.base_network, without=lora.USER)
    pipeline.float8 = True
    DrawingNetwork(pipeline)

    after = pictures(pipeline)

    assert pipeline.drawing_network is not pipeline.base_network
    assert weight_checksum(pipeline.base_network, without=lora.USER) == checksum
    assert 0 < np.abs(after - before).mean() < 4


def test_an_adapter_is_merged_before_the_rounding():
    pipeline = engine("flux2-klein-4b-lora-ref").pipeline
    pipeline.drawing_network = pipeline.base_network
    lora.load(pipeline.base_network, pipeline.targets, 4, seed=1)
    for parameter in lora.user_parameters(pipeline.base_network).values():
        torch.nn.init.normal_(parameter, std=0.2)
    path = "single_transformer_blocks.0.attn.to_qkv_mlp_proj"
    adapted = pipeline.base_network.get_submodule(path)
    merged = adapted.base_layer.weight + adapted.get_delta_weight(lora.USER)
    pipeline.float8 = True
    drawing_network = DrawingNetwork(pipeline)
    layer = pipeline.drawing_network.get_submodule(path)
    reset = layer.weight.clone()

    drawing_network.merge([lora.USER])

    expected = Float8Linear(merged)
    assert torch.equal(layer.weight.float(), expected.weight.float())
    assert torch.equal(layer.scale, expected.scale)
    lora.unload(pipeline.base_network)
    drawing_network.reset()
    assert torch.equal(layer.weight.float(), reset.float())


def test_a_job_is_drawn_and_leaves_nothing(tmp_path):
    pipeline = engine("tiny-ref").pipeline
    pipeline.float8 = True
    loaded = DiffusionEngine(pipeline)

    result = run(loaded, tmp_path)

    assert len(result.avatars) == 3  # the checksums of all networks were compared at its end


# --- the switch -----------------------------------------------------------------------------------


def person(**changes):
    row = {"pictures": 30, "drawn": 28, "float8_drawn": 25, "shift": 0.02}
    return row | changes


def comparison(people=5, *, weights=("a@1",), row=None, **changes):
    rows = [person()] * (people - 1) + [person(**(row or {}))]
    fields = {"engine": NAME, "weights": weights, "gpu": "H100", "people": rows}
    return fields | {"picture_s": 1.0, "float8_picture_s": 0.7} | changes


@pytest.fixture
def switch(tmp_path, monkeypatch):
    def to(content):
        file = tmp_path / "float8.json"
        file.write_text(json.dumps(content))
        monkeypatch.setenv(float8.FLOAT8, str(file))

    return to


def test_it_is_off_by_default(monkeypatch):
    monkeypatch.delenv(float8.FLOAT8, raising=False)

    assert not float8.switched_on(NAME, ["a@1"])


def test_a_passed_comparison_switches_it_on(switch):
    switch(comparison())

    assert float8.switched_on(NAME, ["a@1"])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (comparison(people=4), "4 people were compared, 5 are needed"),
        (comparison(row={"shift": 0.021}), "person 5: the distance grows by 0.021, 0.02 at most"),
        (comparison(row={"shift": None}), "30 with a face needed"),
        (comparison(row={"pictures": 29}), "person 5: 29 pictures, 30"),
        (comparison(row={"float8_drawn": 24}), "person 5: 24 pictures pass the gate, not 28"),
        (comparison(float8_picture_s=1.0), "it is not faster"),
        (comparison(engine="flux2-klein-4b-lora"), "it compares flux2-klein-4b-lora with a@1"),
        (comparison(weights=("a@2",)), "it compares flux2-klein-4b-ref with a@2"),
        ({}, r"not a readable comparison \(ValidationError\)"),
    ],
)
def test_any_other_file_ends_the_start_with_the_reason(switch, content, why):
    switch(content)

    with pytest.raises(WeightsError, match=f"{why}.*unset LIKENESS_FLOAT8"):
        float8.switched_on(NAME, ["a@1"])


def test_a_missing_file_is_named_as_one(monkeypatch, tmp_path):
    monkeypatch.setenv(float8.FLOAT8, str(tmp_path / "none.json"))

    with pytest.raises(WeightsError, match="FileNotFoundError"):
        float8.switched_on(NAME, ["a@1"])


def test_a_loaded_engine_follows_the_switch(folders, switch):
    revisions = read_manifest(folders["klein"]).revisions_of(KINDS[NAME].reads)
    switch(comparison(weights=revisions))

    assert load_pipeline(NAME, folders["klein"], device="cpu").float8


# --- the comparison -------------------------------------------------------------------------------


def test_the_bench_writes_the_switch(folders, monkeypatch, tmp_path, capsys):
    """8 bits are 0.01 further from the photos than 16, by a fake quality gate."""
    for person in ("one", "two"):
        (tmp_path / "people" / person).mkdir(parents=True)
        (tmp_path / "people" / person / "selfie.jpg").write_bytes(USER["p01"])
    monkeypatch.setattr(bench_diffusion, "AVATARS", 2)
    monkeypatch.setattr(float8, "LEAST_PICTURES", 2)
    portraits = bench_diffusion._portraits()[:1]  # each person has one photo
    quick = partial(DiffusionEngine, analyse=lambda *_: portraits)
    monkeypatch.setattr(bench_diffusion, "DiffusionEngine", quick)
    drawn, in_16_bits = count(), 2 * 2

    def score(*_, **__):
        distance = 0.5 + 0.01 * (next(drawn) >= in_16_bits)
        return Score(Measures(nudity=0.0), distance, 0, None)

    monkeypatch.setattr(drawing, "score", score)
    monkeypatch.setattr(
        bench_diffusion,
        "load_pipeline",
        lambda name, folder: small_recipe(load_pipeline(name, folder, device="cpu")),
    )
    times = iter([1.0, 0.7])
    monkeypatch.setattr(bench_diffusion._Batch, "picture_s", lambda _self: next(times))
    monkeypatch.setenv("LIKENESS_WEIGHTS", str(folders["klein"]))
    file = tmp_path / "float8.json"
    command = ["bench_diffusion", "--engine", NAME, "--float8", str(file)]
    monkeypatch.setattr(sys, "argv", [*command, "--photos", str(tmp_path / "people")])

    with pytest.raises(SystemExit, match="8 bits may not draw: 2 people were compared"):
        bench_diffusion.main()

    written = Comparison.model_validate_json(file.read_bytes())
    assert Comparison.model_validate_json(capsys.readouterr().out) == written
    assert [(row.pictures, row.drawn, row.shift) for row in written.people] == [(2, 2, 0.01)] * 2
    assert (written.picture_s, written.float8_picture_s) == (1.0, 0.7)
    monkeypatch.setattr(float8, "LEAST_PEOPLE", 2)
    assert written.failure() is None
    monkeypatch.setenv(float8.FLOAT8, str(file))
    assert float8.switched_on(NAME, written.weights)
