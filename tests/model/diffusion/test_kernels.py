"""The choice of kernels changes pictures by rounding only, and a network that cannot be compiled is
an error with a sentence."""

import numpy as np
import pytest
import torch

from likeness_model.diffusion import kernels, lora
from likeness_model.diffusion.drawing_network import DrawingNetwork
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.memory import weight_checksum
from likeness_model.diffusion.recipe import TINY_LORA
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.errors import DeviceError


def pictures(pipeline, count=2):
    prompts = pipeline.encode_prompts(["a person"] * count)
    return np.stack(pipeline.generate(prompts, range(count)))


def differences(one, other):
    return np.abs(one.astype(int) - other)


@pytest.fixture(params=["sdxl", "klein"])
def pipeline(request):
    torch.compiler.reset()
    return random_pipeline("tiny", TINY_LORA, family=request.param, tiny=True)


@pytest.fixture
def backend(monkeypatch, pipeline):
    """Compile with this backend of torch.compile instead of the one that needs a compiler."""

    def choose(name):
        network = type(pipeline.drawing_network)
        compile_with = network.compile_repeated_blocks
        monkeypatch.setattr(
            network,
            "compile_repeated_blocks",
            lambda it, **how: compile_with(it, backend=name, **how),
        )

    return choose


def test_channels_last_changes_no_weight(pipeline):
    network = pipeline.drawing_network
    before, checksum = pictures(pipeline), weight_checksum(network, without=lora.USER)

    for each in pipeline.networks().values():
        kernels.use_channels_last(each)

    assert weight_checksum(network, without=lora.USER) == checksum
    assert differences(pictures(pipeline), before).max() <= 1


def test_nothing_is_compiled_by_default(pipeline, backend, monkeypatch):
    monkeypatch.delenv(kernels.COMPILE, raising=False)
    backend("a backend that does not exist")

    DiffusionEngine(pipeline)


def test_a_compiled_network_draws_what_is_merged_into_it(pipeline, backend, monkeypatch, tmp_path):
    """Merging writes into the weights that the compiled blocks read."""
    cache = tmp_path / "cache"
    monkeypatch.setenv(kernels.COMPILE, str(cache))
    monkeypatch.setattr(torch.compiler, "save_cache_artifacts", lambda: (b"artifacts", None))
    lora.load(pipeline.base_network, pipeline.targets, 4, seed=1)
    for parameter in lora.user_parameters(pipeline.base_network).values():
        torch.nn.init.normal_(parameter, std=0.5)
    drawing = DrawingNetwork(pipeline)
    plain = pictures(pipeline)
    drawing.merge([lora.USER])
    merged = pictures(pipeline)
    drawing.reset()

    backend("eager")
    with kernels.compiled(pipeline.drawing_network):
        assert differences(pictures(pipeline), plain).max() <= 1
    drawing.merge([lora.USER])

    assert differences(pictures(pipeline), merged).max() <= 1
    assert differences(plain, merged).max() > 1
    assert cache.read_bytes() == b"artifacts"


def test_an_existing_cache_is_loaded_and_not_written_again(
    pipeline, backend, monkeypatch, tmp_path
):
    (tmp_path / "cache").write_bytes(b"artifacts")
    monkeypatch.setenv(kernels.COMPILE, str(tmp_path / "cache"))
    loaded = []
    monkeypatch.setattr(torch.compiler, "load_cache_artifacts", loaded.append)
    monkeypatch.setattr(torch.compiler, "save_cache_artifacts", lambda: pytest.fail("saved"))
    backend("eager")

    with kernels.compiled(pipeline.drawing_network):
        pass

    assert loaded == [b"artifacts"]


def test_a_network_that_cannot_be_compiled_is_a_device_error(
    pipeline, backend, monkeypatch, tmp_path
):
    monkeypatch.setenv(kernels.COMPILE, str(tmp_path / "cache"))

    def without_compiler(_module, _inputs):
        raise RuntimeError("Failed to find C compiler")

    backend(without_compiler)

    with pytest.raises(DeviceError, match=r"C compiler.*\): use an image with a C compiler"):
        DiffusionEngine(pipeline)
    assert not (tmp_path / "cache").exists()
