"""The recipe from order to avatars, on tiny pipelines: what is delivered, kept, and given up."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from likeness.contracts import GenerationProgress
from likeness_model.errors import DeviceError, OrderError, PhotosError
from likeness_model.generation.deadline import Deadline
from tests.model.diffusion.conftest import USER, run, sums


def test_every_avatar_is_drawn_in_the_ordered_size_and_carries_its_measures(loaded, tmp_path):
    result = run(loaded, tmp_path)

    assert [avatar.avatar_id for avatar in result.avatars] == ["a01", "a02", "a03"]
    assert result.not_drawn == ()
    assert result.engine == loaded.name
    for avatar in result.avatars:
        assert cv2.imread(str(tmp_path / avatar.file)).shape == (96, 96, 3)
        assert avatar.photo_id in USER
        assert avatar.measures is not None
        assert 0 <= avatar.measures.nudity < 0.2
        assert avatar.likeness.distance is None  # noise: no face to measure
    progress = GenerationProgress.model_validate_json((tmp_path / "progress.json").read_bytes())
    assert (progress.stage, progress.done) == ("done", 3)


def test_the_same_order_gives_the_same_bytes(loaded, tmp_path):
    one, other = run(loaded, tmp_path / "one"), run(loaded, tmp_path / "other")

    assert sums(one) == sums(other)
    assert len(set(sums(one).values())) == 3


def test_other_photos_give_other_pictures(loaded, tmp_path):
    one = run(loaded, tmp_path / "one", photos={"p01": USER["p01"]})
    other = run(loaded, tmp_path / "other", photos={"p01": USER["p02"]})

    assert set(sums(one).values()).isdisjoint(sums(other).values())


def test_what_an_earlier_run_drew_is_not_drawn_again(lora, tmp_path):
    first = run(lora, tmp_path)
    (tmp_path / "a02.png").unlink()
    a01 = (tmp_path / "a01.png").stat().st_mtime_ns

    second = run(lora, tmp_path)

    assert second.not_drawn == ()
    assert (tmp_path / "a01.png").stat().st_mtime_ns == a01
    # Drawn alone it differs from the batch's by rounding, and by nothing else.
    again = next(avatar for avatar in second.avatars if avatar.avatar_id == "a02")
    assert again.seed == next(a for a in first.avatars if a.avatar_id == "a02").seed


def test_a_run_that_was_stopped_while_drawing_takes_over_what_was_learned(
    lora, tmp_path, monkeypatch
):
    whole = run(lora, tmp_path / "whole")
    paint = lora.backend.paint

    def stopped(*_args, **_how):
        raise KeyboardInterrupt

    monkeypatch.setattr(lora.backend, "paint", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(lora, tmp_path / "stopped")
    assert list((tmp_path / "stopped").glob("learning-*.safetensors"))

    def no_learning(*_):
        raise AssertionError("it learns again")

    monkeypatch.setattr(lora.backend, "paint", paint)
    monkeypatch.setattr(lora.backend, "errors", no_learning)
    assert sums(run(lora, tmp_path / "stopped")) == sums(whole)


def test_time_that_is_short_ends_learning_and_then_drawing(lora, tmp_path, monkeypatch):
    """The clock stands still but for what the fakes let pass: 10 s a step, 4 s a batch."""
    clock = _Clock(monkeypatch)
    errors, paint = lora.backend.errors, lora.backend.paint
    monkeypatch.setattr(lora.backend, "errors", clock.passing(10, errors))
    monkeypatch.setattr(lora.backend, "paint", clock.passing(4, paint))
    monkeypatch.setattr(lora.backend, "recipe", replace(lora.backend.recipe, steps=50))

    # The trial picture takes 4 s, so 3 x 4 x 1.3 = 15.6 s are set aside, of 76 left.
    result = run(lora, tmp_path, time_limit_s=80)

    assert clock.count[errors] == 6
    assert len(result.avatars) == 3


def test_avatars_for_which_no_time_is_left_are_named(lora, tmp_path, monkeypatch):
    clock = _Clock(monkeypatch)
    monkeypatch.setattr(lora.backend, "paint", clock.passing(20, lora.backend.paint))
    monkeypatch.setattr(lora.backend, "recipe", replace(lora.backend.recipe, drawing_batch=1))

    result = run(lora, tmp_path, time_limit_s=65)  # one to try, one drawn, 25 s left, one more

    assert [avatar.avatar_id for avatar in result.avatars] == ["a01", "a02"]
    assert [(row.avatar_id, row.reason) for row in result.not_drawn] == [("a03", "deadline")]


def test_when_memory_runs_out_it_draws_all_in_smaller_batches(loaded, tmp_path, monkeypatch):
    paint, sizes = loaded.backend.paint, []

    def short_of_memory(prompts, seeds, **how):
        sizes.append(len(seeds))
        if len(seeds) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return paint(prompts, seeds, **how)

    monkeypatch.setattr(loaded.backend, "paint", short_of_memory)
    result = run(loaded, tmp_path)

    assert len(result.avatars) == 3
    assert sizes == [3, 1, 1, 1]


def test_one_picture_that_does_not_fit_ends_the_job_with_one_sentence(
    loaded, tmp_path, monkeypatch
):
    def no_memory(*_args, **_how):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loaded.backend, "paint", no_memory)

    with pytest.raises(DeviceError, match="take an instance with more"):
        run(loaded, tmp_path)


def test_what_fails_is_drawn_again_with_another_seed(lora, tmp_path, monkeypatch):
    seeds = []
    paint = lora.backend.paint
    monkeypatch.setattr(
        lora.backend,
        "paint",
        lambda prompts, drawn, **how: seeds.append(list(drawn)) or paint(prompts, drawn, **how),
    )
    scores = iter([0.9, 0.01, 0.01])
    monkeypatch.setattr(
        "likeness_model.diffusion.quality_gate.nsfw_score", lambda _: next(scores, 0.01)
    )
    monkeypatch.setattr("likeness_model.diffusion.drawing.JUDGES", 1)

    result = run(lora, tmp_path)

    assert len(result.avatars) == 3
    assert [avatar.attempts for avatar in sorted(result.avatars, key=lambda a: a.avatar_id)] == [
        2,
        1,
        1,
    ]
    assert [len(batch) for batch in seeds] == [3, 1]
    assert seeds[1][0] not in seeds[0]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"gate": {"redraw_above": 1.99, "attempts": 5}},
        {"gate": {"attempts": 1}},
        {"round": 2},
    ],
)
def test_no_field_of_an_order_lets_nudity_through(lora, tmp_path, monkeypatch, asked):
    monkeypatch.setattr("likeness_model.diffusion.quality_gate.nsfw_score", lambda _: 0.5)

    result = run(lora, tmp_path, styles=("glamour", "pencil"), **asked)

    assert result.avatars == ()
    assert {row.reason for row in result.not_drawn} == {"nudity"}
    assert not list(tmp_path.glob("*.png"))


def test_twins_are_drawn_again_and_then_given_up(lora, tmp_path, monkeypatch):
    paint = lora.backend.paint
    monkeypatch.setattr(
        lora.backend,
        "paint",
        lambda prompts, seeds, **how: [paint(prompts.pick([0]), [0], **how)[0]] * len(seeds),
    )

    result = run(lora, tmp_path, styles=("glamour", "glamour"), gate={"attempts": 2})

    assert len(result.avatars) == 1
    assert [row.reason for row in result.not_drawn] == ["twin"]


def test_photos_without_a_face_draw_nothing_and_say_so(loaded, tmp_path):
    sea = cv2.imencode(".jpg", np.full((300, 300, 3), (120, 90, 40), np.uint8))[1].tobytes()

    result = run(loaded, tmp_path, photos={"p01": sea})

    assert {row.reason for row in result.not_drawn} == {"no_usable_photo"}


def test_files_that_are_no_pictures_are_an_error(loaded, tmp_path):
    with pytest.raises(PhotosError, match="no photo can be decoded"):
        run(loaded, tmp_path, photos={"p01": b"not a picture"})


def test_an_order_for_another_engine_is_refused(loaded, tmp_path):
    with pytest.raises(OrderError, match=f"draws with {loaded.name}, not with painter"):
        run(loaded, tmp_path, engine="painter")


def test_logs_tell_metrics_in_a_form_that_can_be_parsed(lora, tmp_path, caplog):
    caplog.set_level("INFO")
    run(lora, tmp_path)

    assert "train_loss=" in caplog.text
    assert "images_per_second=" in caplog.text
    assert json.loads((tmp_path / "result.json").read_text())["seconds"] > 0


class _Clock:
    def __init__(self, monkeypatch):
        self.now = 0.0
        self.count = {}
        monkeypatch.setattr("time.perf_counter", lambda: self.now)
        defaults = {"clock": lambda: self.now}
        monkeypatch.setattr(Deadline.__init__, "__kwdefaults__", defaults)

    def passing(self, seconds, work):
        def slow(*args, **how):
            self.now += seconds
            self.count[work] = self.count.get(work, 0) + 1
            return work(*args, **how)

        return slow
