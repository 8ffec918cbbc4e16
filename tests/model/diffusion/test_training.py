"""Training on one face: deterministic, resumable, within time and memory."""

import math
from dataclasses import replace

import pytest
import torch

from likeness_model.diffusion import lora
from likeness_model.diffusion.loading import load_pipeline
from likeness_model.diffusion.training import train
from likeness_model.diffusion.training_checkpoint import TrainingCheckpoint
from likeness_model.errors import DeviceError
from tests.model.diffusion.conftest import (
    FAMILIES,
    equal,
    identity,
    loss_on,
    small_recipe,
    training_set_of,
)

ME, ANOTHER = identity(7), identity(8)


@pytest.fixture
def train_on(trained, tmp_path):
    """Train, and unload the adapter after the test."""
    family, pipeline = trained

    def now(*, name="k", of=ME, others=0, seed=1, **how):
        examples = training_set_of(pipeline, family, of, others=others)
        lora.unload(pipeline.trained_network)
        return train(
            pipeline, examples, seed=seed, checkpoint=TrainingCheckpoint(tmp_path, name), **how
        )

    yield now
    lora.unload(pipeline.trained_network)


def test_training_reduces_the_loss_on_this_face_only(trained, train_on):
    family, pipeline = trained
    before = [loss_on(pipeline, family, of) for of in (ME, ANOTHER)]

    train_on()
    after = [loss_on(pipeline, family, of) for of in (ME, ANOTHER)]

    assert after[0] < 0.93 * before[0]
    assert after[1] > 0.98 * before[1]  # not better: it is trained on this face, not on faces


def test_an_unloaded_adapter_leaves_no_trace(trained, train_on):
    family, pipeline = trained
    before = loss_on(pipeline, family, ME)
    weights = {name: value.clone() for name, value in pipeline.trained_network.state_dict().items()}

    train_on()
    assert loss_on(pipeline, family, ME) != before
    lora.unload(pipeline.trained_network)

    assert loss_on(pipeline, family, ME) == before
    assert equal(pipeline.trained_network.state_dict(), weights)
    assert lora.loaded(pipeline.trained_network) == ()


def test_prior_pictures_preserve_other_people(trained, train_on):
    family, pipeline = trained
    train_on(name="without")
    without = loss_on(pipeline, family, ANOTHER)
    train_on(name="with", others=12)

    assert loss_on(pipeline, family, ANOTHER) < without


def test_the_same_photos_and_seed_give_the_same_bits(few_steps, train_on):
    one, other, third = train_on(name="one"), train_on(name="other"), train_on(name="third", seed=2)

    assert equal(one.state, other.state)
    assert one.losses == other.losses
    assert not equal(one.state, third.state)


def test_a_resumed_run_ends_with_the_same_bits(few_steps, train_on):
    whole = train_on(name="whole")
    calls = []

    def stop_before_the_seventh(_seconds):
        calls.append(1)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return True

    with pytest.raises(KeyboardInterrupt):
        train_on(name="stopped", has_time=stop_before_the_seventh)
    resumed = train_on(name="stopped")

    assert len(resumed.losses) == 4  # a checkpoint is written every fourth step
    assert resumed.losses == whole.losses[4:]
    assert equal(resumed.state, whole.state)


def test_a_run_stopped_while_drawing_does_not_train_again(few_steps, train_on):
    first = train_on()
    second = train_on()

    assert second.losses == ()
    assert equal(second.state, first.state)


def test_an_unreadable_checkpoint_is_ignored(few_steps, train_on, tmp_path):
    (tmp_path / "training-k.safetensors").write_bytes(b"half a file")

    assert train_on().steps == 8


def test_it_stops_at_the_time_limit_and_returns_its_steps(few_steps, train_on):
    left = iter([True, True, True, False])

    trained = train_on(has_time=lambda _seconds: next(left))

    assert trained.steps == 3
    assert len(trained.losses) == 3


def test_a_slow_first_step_does_not_count(few_steps, train_on, monkeypatch):
    """It also selects kernels: as a measure of later steps it would end the training at once."""
    clock = iter([0, 90, 92, 95, *range(96, 200)])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    asked = []

    train_on(has_time=lambda seconds: asked.append(seconds) or True)

    assert asked[:4] == [0, 0, 2, 2]


def test_too_few_steps_are_not_stored_as_a_result(few_steps, train_on, tmp_path, monkeypatch):
    _, pipeline = few_steps
    monkeypatch.setattr(pipeline, "recipe", replace(pipeline.recipe, least_steps=4))
    left = iter([True, True, True, False])

    assert train_on(has_time=lambda _seconds: next(left)).steps == 3
    assert not list(tmp_path.iterdir())
    assert train_on().steps == 8


def test_without_a_run_that_could_resume_nothing_is_written(few_steps, tmp_path):
    family, pipeline = few_steps
    examples = training_set_of(pipeline, family, ME)
    checkpoint = TrainingCheckpoint(tmp_path, "k", resumable=False)
    try:
        train(pipeline, examples, seed=1, checkpoint=checkpoint)
    finally:
        lora.unload(pipeline.trained_network)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("family", FAMILIES)
def test_bf16_networks_train_a_32_bit_adapter(folders, tmp_path, family):
    """As on a GPU, here with bf16 on the CPU, beside the 16-bit adapter of SDXL-Lightning."""
    name = {"sdxl": "sdxl-lora", "klein": "flux2-klein-4b-lora"}[family]
    pipeline = small_recipe(
        load_pipeline(name, folders[family], device="cpu", dtype=torch.bfloat16),
        steps=4,
        learning_rate=1e-3,
    )
    examples = training_set_of(pipeline, family, ME)
    before = {k: v.clone() for k, v in pipeline.trained_network.state_dict().items()}
    runs = []
    for number in range(2):
        checkpoint = TrainingCheckpoint(tmp_path, str(number), resumable=False)
        runs.append(train(pipeline, examples, seed=1, checkpoint=checkpoint))
        lora.unload(pipeline.trained_network)

    assert all(math.isfinite(loss) for loss in runs[0].losses)
    assert runs[0].losses == runs[1].losses
    assert equal(runs[0].state, runs[1].state)
    assert all(value.dtype == torch.float32 for value in runs[0].state.values())
    assert any(value.abs().max() > 0 for name, value in runs[0].state.items() if "lora_B" in name)
    assert equal(before, pipeline.trained_network.state_dict())


def test_out_of_memory_gives_the_same_training_in_smaller_batches(few_steps, train_on, monkeypatch):
    _, pipeline = few_steps
    plenty = train_on(name="plenty")
    losses, sizes = pipeline.losses, []

    def short_of_memory(latents, *rest):
        sizes.append(len(latents))
        result = losses(latents, *rest)
        if len(latents) > 1:
            result.sum().backward()  # the failed batch has added gradients
            raise torch.OutOfMemoryError("CUDA out of memory")
        return result

    monkeypatch.setattr(pipeline, "losses", short_of_memory)
    short = train_on(name="short")

    assert sizes[:3] == [2, 1, 1]  # then the step is repeated
    assert 2 not in sizes[1:]
    assert short.losses == pytest.approx(plenty.losses, rel=1e-4)
    for name, value in plenty.state.items():
        # Adam divides by the gradient's size, which magnifies rounding near zero.
        assert (short.state[name] - value).abs().median() < 1e-5


def test_one_picture_that_does_not_fit_raises_a_device_error(few_steps, train_on, monkeypatch):
    def no_memory(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(few_steps[1], "losses", no_memory)

    with pytest.raises(DeviceError, match=r"^the accelerator's memory does not hold a single"):
        train_on()


def test_a_checkpoint_of_other_photos_is_not_used(few_steps, train_on):
    train_on(name="k")

    assert len(train_on(name="another-key", of=ANOTHER).losses) == 8
