"""The step over fixed buffers: the same bits as a plain step, and nothing that a CUDA graph cannot
record."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from likeness_model.diffusion import lora
from likeness_model.diffusion.pipelines.base import EncodedPrompts
from likeness_model.diffusion.recipe import TINY_LORA
from likeness_model.diffusion.seeds import derived_seed
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.diffusion.training_step import TrainingStep
from tests.model.diffusion.conftest import FAMILIES, equal, identity, training_set_of


@pytest.fixture(params=FAMILIES)
def ready(request):
    """A pipeline with a new adapter, its optimiser and examples, of which four show others."""
    recipe = replace(TINY_LORA, batch=3)
    pipeline = random_pipeline("tiny", recipe, family=request.param, tiny=True)
    examples = training_set_of(pipeline, request.param, identity(7), others=4)
    weights = torch.rand(10, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    examples = replace(examples, weights=weights)
    return pipeline, examples


def start(pipeline):
    lora.unload(pipeline.trained_network)
    lora.load(pipeline.trained_network, pipeline.targets, 4, seed=1)
    return torch.optim.AdamW(lora.user_parameters(pipeline.trained_network).values(), lr=1e-2)


def plain_step(pipeline, examples, optimiser, seed):
    """The definition of a step: no buffers."""
    chance = torch.Generator().manual_seed(seed)
    chosen = torch.randint(6, (3,), generator=chance).tolist()
    chosen += (torch.randint(4, (3,), generator=chance) + 6).tolist()
    noise = torch.randn((6, *examples.latents.shape[1:]), generator=chance)
    levels = torch.rand(6, generator=chance)
    optimiser.zero_grad()
    loss = (
        pipeline.losses(
            examples.latents[chosen],
            examples.prompts.pick(chosen),
            noise,
            levels,
            examples.weights[chosen],
        ).sum()
        / 3
    )
    loss.backward()
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
    return loss.item()


def test_a_step_over_buffers_gives_the_bits_of_a_plain_step(ready):
    pipeline, examples = ready
    optimiser = start(pipeline)
    plain = [plain_step(pipeline, examples, optimiser, derived_seed(n)) for n in range(3)]
    expected = lora.user_state(pipeline.trained_network)

    step = TrainingStep(pipeline, examples, start(pipeline))
    losses = [step.run(derived_seed(n)).item() for n in range(3)]

    assert losses == plain
    assert equal(lora.user_state(pipeline.trained_network), expected)
    assert not step.captured


class Recorder(TorchDispatchMode):
    """The operations that a CUDA graph cannot record: they read the GPU, or copy from the host."""

    def __init__(self):
        super().__init__()
        self.forbidden = []

    def __torch_dispatch__(self, function, _types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        tensors = [each for each in args if isinstance(each, torch.Tensor)]
        devices = {each.device.type for each in tensors if each.dim() > 0}
        if isinstance(result, torch.Tensor):
            devices.add(result.device.type)
        if function is torch.ops.aten._local_scalar_dense.default or len(devices) > 1:
            self.forbidden.append(str(function))
        return result


def test_a_cuda_graph_can_record_the_second_step(ready):
    """On the meta device, which stands for a GPU: only shapes and devices are computed."""
    pipeline, examples = ready
    start(pipeline)
    pipeline.trained_network.to("meta")
    pipeline.device = torch.device("meta")
    pipeline.autocast = nullcontext
    latents, weights = examples.latents[:2].to("meta"), examples.weights[:2].to("meta")
    prompts = EncodedPrompts(
        {name: rows[:2].to("meta") for name, rows in examples.prompts.rows.items()}
    )
    levels = torch.zeros(2, device="meta")

    def step():
        pipeline.losses(latents, prompts, latents, levels, weights).sum().backward()

    step()  # copies constants to the device
    with Recorder() as recorder:
        step()

    assert recorder.forbidden == []


def test_the_recorder_finds_a_copy_from_the_host_and_a_read():
    """Else the test above could not fail."""
    with Recorder() as recorder:
        torch.zeros(2).to("meta")
        torch.zeros(2).sum().item()

    assert len(recorder.forbidden) == 2
