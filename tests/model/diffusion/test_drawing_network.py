"""The copy that draws: equal to the adapters beside the weights, and empty after each job."""

import numpy as np
import pytest
import torch
from peft import LoraConfig

from likeness_model.diffusion import lora, memory
from likeness_model.diffusion.drawing_network import DrawingNetwork
from likeness_model.errors import DeviceError, WeightsError
from tests.model.diffusion.conftest import engine, equal

STYLE = "oil"
CONVOLUTIONS = ["conv1", "conv_shortcut", "downsamplers.0.conv"]  # as SDXL-Lightning's adapter has


def add_adapter(network, name, targets, *, dtype=torch.float32):
    config = LoraConfig(r=2, lora_alpha=1, init_lora_weights=False, target_modules=list(targets))
    with lora.several_adapters():
        network.add_adapter(config, adapter_name=name)
    chance = torch.Generator().manual_seed(len(name))
    for path, parameter in network.named_parameters():
        if f".{name}." in path:
            drawn = 0.05 * torch.randn(parameter.shape, generator=chance)
            parameter.data = drawn.to(dtype)


@pytest.fixture(params=["tiny-lora", "flux2-klein-4b-lora-ref"])
def adapted(request):
    """A pipeline with a sampler's, a style's and a user's adapter on its base."""
    pipeline = engine(request.param).pipeline
    network, targets = pipeline.base_network, pipeline.targets
    more = CONVOLUTIONS if request.param == "tiny-lora" else []
    add_adapter(network, lora.SAMPLER, [*targets, *more])
    add_adapter(network, STYLE, ["to_q"])
    add_adapter(network, lora.USER, targets)
    return pipeline


def pictures(pipeline):
    prompts = pipeline.encode_prompts(["one person", "another person"])
    return pipeline.generate(prompts, [1, 2])


@pytest.mark.parametrize("names", [[lora.SAMPLER], [lora.SAMPLER, lora.USER, STYLE]])
def test_it_draws_the_same_pictures_as_the_adapters_beside_the_weights(adapted, names):
    base = adapted.base_network
    adapted.drawing_network = base
    lora.set_active(base, names)
    beside = pictures(adapted)
    DrawingNetwork(adapted).merge(names)
    merged = pictures(adapted)

    assert adapted.drawing_network is not base
    assert lora.loaded(adapted.drawing_network) == ()
    for one, other in zip(beside, merged, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1  # equal here; a rounding elsewhere
        assert (one == other).mean() > 0.999


def test_merging_changes_no_bit_of_the_base_and_resetting_none_of_the_copy(adapted):
    lora.unload(adapted.base_network)
    drawing = DrawingNetwork(adapted)
    base, copy = adapted.base_network, adapted.drawing_network
    before = [{k: v.clone() for k, v in network.state_dict().items()} for network in (base, copy)]
    add_adapter(base, lora.USER, adapted.targets)

    drawing.merge([lora.SAMPLER, lora.USER, STYLE])
    merged = {name: value.clone() for name, value in copy.state_dict().items()}
    lora.unload(base)
    drawing.reset()

    changed = [name for name, value in merged.items() if not torch.equal(value, before[1][name])]
    assert {name.removesuffix(".weight").rpartition(".")[2] for name in changed} >= {"to_q", "to_v"}
    assert equal(base.state_dict(), before[0])
    assert equal(copy.state_dict(), before[1])


def test_the_sum_is_rounded_once(adapted):
    adapted.drawing_network.to(torch.bfloat16)
    base = adapted.base_network.to(torch.bfloat16)
    DrawingNetwork(adapted).merge([lora.SAMPLER, lora.USER])

    path, layer = next((k, m) for k, m in base.named_modules() if k.endswith("to_q"))
    exact = layer.base_layer.weight.double()
    for name in (lora.SAMPLER, lora.USER):
        up, down = layer.lora_B[name].weight.double(), layer.lora_A[name].weight.double()
        exact += layer.scaling[name] * up @ down
    found = adapted.drawing_network.get_submodule(path).weight
    assert (found == exact.to(torch.bfloat16)).float().mean() > 0.999  # else: 32-bit rounding


def test_an_adapter_that_is_not_a_plain_product_is_refused():
    pipeline = engine("tiny-lora").pipeline
    config = LoraConfig(r=2, use_dora=True, target_modules=["to_q"])
    pipeline.base_network.add_adapter(config, adapter_name=STYLE)

    with pytest.raises(WeightsError, match="adapters oil is not a plain LoRA adapter"):
        DrawingNetwork(pipeline)


def test_without_adapters_the_base_draws_itself():
    pipeline = engine("tiny-ref").pipeline

    assert pipeline.drawing_network is pipeline.base_network


def test_a_copy_that_does_not_fit_is_refused_with_its_size(monkeypatch):
    network = torch.nn.Linear(1000, 1000)
    monkeypatch.setattr(torch.nn.Parameter, "is_cuda", True, raising=False)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (2_000_000, 0))

    with pytest.raises(DeviceError, match=r"takes 0\.0 GB and the accelerator has 0\.0 GB free"):
        memory.copied(network)
