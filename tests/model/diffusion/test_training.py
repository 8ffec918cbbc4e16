"""An adapter learns one face: that one, repeatably, resumably, within time and memory."""

import pytest
import torch

from likeness_model.diffusion.lora import equal, residents, take_off
from likeness_model.diffusion.training import learn
from likeness_model.diffusion.training_checkpoint import Keeping
from likeness_model.errors import DeviceError
from tests.model.diffusion.conftest import error_about, identity, lessons_about

ME, ANOTHER = identity(7), identity(8)


@pytest.fixture
def teach(trained, tmp_path):
    """Learn, and take the adapter off again when the test is over."""
    family, backend = trained

    def now(*, name="k", of=ME, others=0, seed=1, **how):
        lessons = lessons_about(backend, family, of, others=others)
        take_off(backend.learner)
        return learn(backend, lessons, seed=seed, keeping=Keeping(tmp_path, name), **how)

    yield now
    take_off(backend.learner)


def test_the_learned_face_is_known_better_and_another_is_not(trained, teach):
    family, backend = trained
    before = [error_about(backend, family, of) for of in (ME, ANOTHER)]

    teach()
    after = [error_about(backend, family, of) for of in (ME, ANOTHER)]

    assert after[0] < 0.93 * before[0]
    assert after[1] > 0.98 * before[1]  # not better: what was learned is this face, not faces


def test_taken_off_the_adapter_leaves_no_trace(trained, teach):
    family, backend = trained
    before = error_about(backend, family, ME)
    weights = {name: value.clone() for name, value in backend.learner.state_dict().items()}

    teach()
    assert error_about(backend, family, ME) != before
    take_off(backend.learner)

    assert error_about(backend, family, ME) == before
    assert equal(backend.learner.state_dict(), weights)
    assert residents(backend.learner) == ()


def test_pictures_of_other_people_keep_it_from_forgetting_them(trained, teach):
    family, backend = trained
    teach(name="without")
    without = error_about(backend, family, ANOTHER)
    teach(name="with", others=12)

    assert error_about(backend, family, ANOTHER) < without


def test_the_same_photos_and_seed_give_the_same_bits(few_steps, teach):
    one, other, third = teach(name="one"), teach(name="other"), teach(name="third", seed=2)

    assert equal(one.state, other.state)
    assert one.losses == other.losses
    assert not equal(one.state, third.state)


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(few_steps, teach):
    whole = teach(name="whole")
    asked = []

    def stop_before_the_seventh(_seconds):
        asked.append(1)
        if len(asked) == 7:
            raise KeyboardInterrupt
        return True

    with pytest.raises(KeyboardInterrupt):
        teach(name="stopped", goes_on=stop_before_the_seventh)
    resumed = teach(name="stopped")

    assert len(resumed.losses) == 4  # a state is kept every fourth step
    assert resumed.losses == whole.losses[4:]
    assert equal(resumed.state, whole.state)


def test_a_run_that_was_stopped_while_drawing_does_not_learn_again(few_steps, teach):
    first = teach()
    second = teach()

    assert second.losses == ()
    assert equal(second.state, first.state)


def test_a_kept_state_that_cannot_be_read_is_no_state(few_steps, teach, tmp_path):
    (tmp_path / "learning-k.safetensors").write_bytes(b"half a file")

    assert teach().steps == 8


def test_it_stops_when_the_time_is_up_and_says_how_far_it_came(few_steps, teach):
    left = iter([True, True, True, False])

    learned = teach(goes_on=lambda _seconds: next(left))

    assert learned.steps == 3
    assert len(learned.losses) == 3


def test_when_memory_runs_out_it_learns_the_same_in_smaller_batches(few_steps, teach, monkeypatch):
    _, backend = few_steps
    plenty = teach(name="plenty")
    errors, sizes = backend.errors, []

    def short_of_memory(latents, prompts, noise, moments):
        sizes.append(len(latents))
        result = errors(latents, prompts, noise, moments)
        if len(latents) > 1:
            result.sum().backward()  # as far as it comes, gradients of the failed batch included
            raise torch.OutOfMemoryError("CUDA out of memory")
        return result

    monkeypatch.setattr(backend, "errors", short_of_memory)
    short = teach(name="short")

    assert sizes[:3] == [2, 1, 1]  # then the step begins anew
    assert 2 not in sizes[1:]
    assert short.losses == pytest.approx(plenty.losses, rel=1e-4)
    for name, value in plenty.state.items():
        # Adam divides by a gradient's own size: rounding in one near zero is not small.
        assert (short.state[name] - value).abs().median() < 1e-5


def test_one_picture_that_does_not_fit_is_an_error_of_one_sentence(few_steps, teach, monkeypatch):
    def no_memory(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(few_steps[1], "errors", no_memory)

    with pytest.raises(DeviceError, match=r"^the accelerator's memory does not hold a single"):
        teach()


def test_a_state_of_other_photos_is_not_taken(few_steps, teach):
    teach(name="k")

    assert len(teach(name="another-key", of=ANOTHER).losses) == 8
