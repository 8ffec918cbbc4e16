"""The recipe from order to avatars on tiny pipelines: drawn, stored and given up."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest
import torch

from likeness.contracts.container import GenerationProgress
from likeness_model.container import server
from likeness_model.diffusion import engine
from likeness_model.errors import DeviceError, OrderError, PhotosError
from likeness_model.generation.deadline import Deadline
from likeness_model.generation.job import run_job
from tests.model.diffusion.conftest import OTHER_USER, USER, checksums, order_of, run


def test_every_avatar_has_the_ordered_size_and_its_measures(loaded, tmp_path):
    result = run(loaded, tmp_path)

    assert [avatar.avatar_id for avatar in result.avatars] == ["a01", "a02", "a03"]
    assert result.not_drawn == ()
    assert result.engine == loaded.name
    for avatar in result.avatars:
        assert cv2.imread(str(tmp_path / avatar.file)).shape == (96, 96, 3)
        assert avatar.photo_id in USER
        assert avatar.measures is not None
        assert 0 <= avatar.measures.nudity < 0.2
        assert avatar.distance is None  # noise: no face to measure
    progress = GenerationProgress.model_validate_json((tmp_path / "progress.json").read_bytes())
    assert (progress.stage, progress.done) == ("done", 3)


def test_the_same_order_gives_the_same_bytes(loaded, tmp_path):
    one, other = run(loaded, tmp_path / "one"), run(loaded, tmp_path / "other")

    assert checksums(one) == checksums(other)
    assert len(set(checksums(one).values())) == 3


def test_other_photos_give_other_pictures(loaded, tmp_path):
    one = run(loaded, tmp_path / "one", photos={"p01": USER["p01"]})
    other = run(loaded, tmp_path / "other", photos={"p01": USER["p02"]})

    assert set(checksums(one).values()).isdisjoint(checksums(other).values())


class Turns(server.Turns):
    """The endpoint's turns, and the thread that has its turn."""

    thread = None

    def __enter__(self):
        super().__enter__()
        self.thread = threading.get_ident()

    def __exit__(self, *error):
        self.thread = None
        super().__exit__(*error)


def test_the_next_jobs_photos_are_analysed_while_this_job_trains(
    lora_engine, tmp_path, monkeypatch
):
    """Both get the bytes that they get alone. Without overlap the first job waits in vain; and
    whatever uses the accelerator has its turn."""
    turns, analysed = Turns(), [threading.Event(), threading.Event()]
    turns.ready.set()
    pipeline, users = lora_engine.pipeline, [USER, OTHER_USER]

    def job(n, folder):
        order = order_of(lora_engine.name, users[n])
        return run_job(order, users[n], tmp_path / folder, load=lambda _: lora_engine, turn=turns)

    with ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,)) as threads:
        alone = [checksums(threads.submit(job, n, f"alone{n}").result()) for n in range(2)]

        def during_a_turn(work, *args, **how):
            assert turns.thread == threading.get_ident()
            return work(*args, **how)

        for name in ("encode_prompts", "encode_pictures", "losses", "generate"):
            monkeypatch.setattr(pipeline, name, partial(during_a_turn, getattr(pipeline, name)))
        losses, analyse = pipeline.losses, engine.training_examples

        def beside_the_next_job(*args):
            assert analysed[1].wait(60)
            return losses(*args)

        def counted(*args):
            examples = analyse(*args)
            analysed[analysed[0].is_set()].set()
            return examples

        monkeypatch.setattr(pipeline, "losses", beside_the_next_job)
        monkeypatch.setattr(engine, "training_examples", counted)
        first = threads.submit(job, 0, "first")
        assert analysed[0].wait(60)
        second = threads.submit(job, 1, "second")

        assert [checksums(first.result()), checksums(second.result())] == alone


def test_avatars_of_an_earlier_run_are_not_drawn_again(lora_engine, tmp_path):
    first = run(lora_engine, tmp_path)
    (tmp_path / "a02.png").unlink()
    a01 = (tmp_path / "a01.png").stat().st_mtime_ns

    second = run(lora_engine, tmp_path)

    assert second.not_drawn == ()
    assert (tmp_path / "a01.png").stat().st_mtime_ns == a01
    # Drawn alone it differs from the batch's picture only by rounding.
    again = next(avatar for avatar in second.avatars if avatar.avatar_id == "a02")
    assert again.seed == next(a for a in first.avatars if a.avatar_id == "a02").seed


def test_a_run_stopped_while_drawing_reuses_the_trained_adapter(lora_engine, tmp_path, monkeypatch):
    whole = run(lora_engine, tmp_path / "whole")
    generate = lora_engine.pipeline.generate

    def stopped(*_args, **_how):
        raise KeyboardInterrupt

    monkeypatch.setattr(lora_engine.pipeline, "generate", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(lora_engine, tmp_path / "stopped")
    assert list((tmp_path / "stopped").glob("training-*.safetensors"))

    def no_training(*_):
        raise AssertionError("it trains again")

    monkeypatch.setattr(lora_engine.pipeline, "generate", generate)
    monkeypatch.setattr(lora_engine.pipeline, "losses", no_training)
    assert checksums(run(lora_engine, tmp_path / "stopped")) == checksums(whole)


@pytest.mark.parametrize("candidates", [1, 2])
def test_a_short_time_limit_ends_training_in_time_to_draw(
    lora_engine, tmp_path, monkeypatch, candidates
):
    """Only the fakes advance the clock: 10 s per step, 4 s per batch. A second candidate shortens
    no training."""
    clock = _Clock(monkeypatch)
    losses, generate = lora_engine.pipeline.losses, lora_engine.pipeline.generate
    monkeypatch.setattr(lora_engine.pipeline, "losses", clock.passing(10, losses))
    monkeypatch.setattr(lora_engine.pipeline, "generate", clock.passing(4, generate))
    monkeypatch.setattr(
        lora_engine.pipeline,
        "recipe",
        replace(lora_engine.pipeline.recipe, steps=50, candidates=candidates),
    )
    monkeypatch.setattr(lora_engine, "_picture_s", 4.0)

    # 3 x 4 x 1.3 = 15.6 s are reserved.
    result = run(lora_engine, tmp_path, time_limit_s=76)

    assert clock.count[losses] == 6
    assert len(result.avatars) == 3


def test_too_few_training_steps_draw_nothing(lora_engine, tmp_path, monkeypatch):
    """The base alone does not know the user: its pictures are no likeness."""
    clock = _Clock(monkeypatch)
    losses = clock.passing(10, lora_engine.pipeline.losses)
    monkeypatch.setattr(lora_engine.pipeline, "losses", losses)
    recipe = replace(lora_engine.pipeline.recipe, steps=50, least_steps=20)
    monkeypatch.setattr(lora_engine.pipeline, "recipe", recipe)

    result = run(lora_engine, tmp_path, time_limit_s=80)

    assert result.avatars == ()
    assert [row.reason for row in result.not_drawn] == ["deadline"] * 3
    assert not list(tmp_path.glob("training-*"))


def test_avatars_without_time_left_are_reported(lora_engine, tmp_path, monkeypatch):
    clock = _Clock(monkeypatch)
    monkeypatch.setattr(
        lora_engine.pipeline, "generate", clock.passing(20, lora_engine.pipeline.generate)
    )
    monkeypatch.setattr(
        lora_engine.pipeline, "recipe", replace(lora_engine.pipeline.recipe, drawing_batch=1)
    )

    result = run(lora_engine, tmp_path, time_limit_s=45)  # one drawn, 25 s left, one more

    assert [avatar.avatar_id for avatar in result.avatars] == ["a01", "a02"]
    assert [(row.avatar_id, row.reason) for row in result.not_drawn] == [("a03", "deadline")]


def test_out_of_memory_halves_the_batches_and_draws_all(loaded, tmp_path, monkeypatch):
    generate, sizes = loaded.pipeline.generate, []

    def short_of_memory(prompts, seeds, **how):
        sizes.append(len(seeds))
        if len(seeds) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(prompts, seeds, **how)

    monkeypatch.setattr(loaded.pipeline, "generate", short_of_memory)
    result = run(loaded, tmp_path)

    assert len(result.avatars) == 3
    assert sizes == [3, 1, 1, 1]


def test_one_picture_that_does_not_fit_raises_a_device_error(loaded, tmp_path, monkeypatch):
    def no_memory(*_args, **_how):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loaded.pipeline, "generate", no_memory)

    with pytest.raises(DeviceError, match="use an instance with more memory"):
        run(loaded, tmp_path)


def test_a_picture_that_fails_the_gate_is_redrawn_with_another_seed(
    lora_engine, tmp_path, monkeypatch
):
    seeds = []
    generate = lora_engine.pipeline.generate
    monkeypatch.setattr(
        lora_engine.pipeline,
        "generate",
        lambda prompts, drawn, **how: seeds.append(list(drawn)) or generate(prompts, drawn, **how),
    )
    scores = iter([0.9, 0.01, 0.01])
    monkeypatch.setattr("likeness_model.vision.nsfw.nsfw_score", lambda _: next(scores, 0.01))
    monkeypatch.setattr("likeness_model.diffusion.drawing.FINISHING_THREADS", 1)

    result = run(lora_engine, tmp_path)

    assert len(result.avatars) == 3
    assert [avatar.draws for avatar in sorted(result.avatars, key=lambda a: a.avatar_id)] == [
        2,
        1,
        1,
    ]
    assert [len(batch) for batch in seeds] == [3, 1]
    assert seeds[1][0] not in seeds[0]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"gate": {"redraw_above": 1.99, "draws": 5}},
        {"gate": {"draws": 1}},
        {"attempt": 2},
    ],
)
def test_no_field_of_an_order_disables_the_nudity_check(lora_engine, tmp_path, monkeypatch, fields):
    monkeypatch.setattr("likeness_model.vision.nsfw.nsfw_score", lambda _: 0.9)

    result = run(lora_engine, tmp_path, styles=("glamour", "pencil"), **fields)

    assert result.avatars == ()
    assert {row.reason for row in result.not_drawn} == {"nudity"}
    assert not list(tmp_path.glob("*.png"))


def test_near_duplicates_are_redrawn_and_then_given_up(lora_engine, tmp_path, monkeypatch):
    generate = lora_engine.pipeline.generate
    monkeypatch.setattr(
        lora_engine.pipeline,
        "generate",
        lambda prompts, seeds, **how: [generate(prompts.pick([0]), [0], **how)[0]] * len(seeds),
    )

    result = run(lora_engine, tmp_path, styles=("glamour", "glamour"), gate={"draws": 2})

    assert len(result.avatars) == 1
    assert [row.reason for row in result.not_drawn] == ["near_duplicate"]


def test_photos_without_a_face_give_no_avatars_and_a_reason(loaded, tmp_path):
    sea = cv2.imencode(".jpg", np.full((300, 300, 3), (120, 90, 40), np.uint8))[1].tobytes()

    result = run(loaded, tmp_path, photos={"p01": sea})

    assert {row.reason for row in result.not_drawn} == {"no_usable_photo"}


def test_files_that_cannot_be_decoded_raise_an_error(loaded, tmp_path):
    with pytest.raises(PhotosError, match="no photo can be decoded"):
        run(loaded, tmp_path, photos={"p01": b"not a picture"})


def test_an_order_for_another_engine_is_rejected(loaded, tmp_path):
    with pytest.raises(OrderError, match=f"draws with {loaded.name}, not with painter"):
        run(loaded, tmp_path, engine="painter")


def test_the_log_contains_metrics(lora_engine, tmp_path, caplog):
    caplog.set_level("INFO")
    run(lora_engine, tmp_path)

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
