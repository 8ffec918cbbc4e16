"""Drawing and finishing at the same time, with a fake accelerator and a fake quality gate."""

import json
import threading
import time
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from likeness.contracts.container import Measures
from likeness_model.diffusion import drawing
from likeness_model.diffusion.drawing import Drawing, OrderPrompts
from likeness_model.diffusion.quality_gate import Score
from likeness_model.generation.checkpoints import AvatarCheckpoints
from likeness_model.generation.deadline import Deadline
from likeness_model.generation.engine import Task
from tests.model.diffusion.conftest import USER, order_of

WAIT_S = 20
NO_DEADLINE = Deadline()
APART = 0.39  # between the person's photos
PERSON = SimpleNamespace(apart=APART)
PASSES = Score(Measures(nudity=0.0), None, None, None)
FAILS = Score(Measures(nudity=0.9), None, None, "nudity")


class Accelerator:
    """Draws one grey picture per seed; `during(n)` is called while batch n, from 1, is drawn."""

    def __init__(self, batch, during=lambda _n: None, styles=(), candidates=1):
        self.recipe = SimpleNamespace(drawing_batch=batch, shows_faces=False, candidates=candidates)
        self.styles = frozenset(styles)
        self.during = during
        self.batches = []
        self.busy = 0.0
        self.merged = []

    def generate(self, _prompts, seeds, **_):
        began = time.perf_counter()
        self.batches.append(list(seeds))
        self.during(len(self.batches))
        self.busy += time.perf_counter() - began
        chance = np.random.default_rng(seeds[0])
        return [chance.integers(0, 255, (96, 96, 3), np.uint8) for _ in seeds]

    def merge(self, names):
        self.merged.append(names[-1])


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Draw `count` avatars; `scored(draw_number, avatar_id)` is the quality gate."""
    monkeypatch.setattr(drawing, "FINISHING_THREADS", 4)

    def now(
        gpu, count, *, scored=lambda: PASSES, deadline=NO_DEADLINE, styles=("glamour",), **changes
    ):
        monkeypatch.setattr(drawing, "score", lambda *_args, **_how: scored())
        names = [styles[n % len(styles)] for n in range(count)]
        order = order_of("sdxl-lora", USER, styles=names, **changes)
        checkpoints = AvatarCheckpoints(tmp_path, order)
        rows = {avatar.avatar_id: n for n, avatar in enumerate(order.avatars)}
        prompts = OrderPrompts(SimpleNamespace(pick=lambda rows: rows), rows, None)
        task = Task(
            order=order,
            photos={},
            missing=order.avatars,
            checkpoints=checkpoints,
            deadline=deadline,
            report=lambda *_: None,
            turn=nullcontext(),
        )
        given_up = Drawing(
            gpu, gpu, task, prompts=prompts, person=PERSON, photo_ids=["p01"], references=()
        ).run()
        return list(checkpoints.avatars), given_up

    return now


def test_the_next_batch_is_drawn_while_the_pictures_before_it_are_finished(draw):
    """Without overlap this waits forever: the first picture is scored only during batch 2."""
    second = threading.Event()
    gpu = Accelerator(2, during=lambda n: second.set() if n == 2 else None)

    def scored():
        assert second.wait(WAIT_S)
        return PASSES

    stored, _ = draw(gpu, 6, scored=scored)

    assert stored == ["a01", "a02", "a03", "a04", "a05", "a06"]


def test_the_accelerator_is_busy_most_of_the_time(draw, monkeypatch):
    """1 s a batch of ten, 0.2 s a score and 0.3 s a watermark, at a third of the time. One after
    the other, on four threads where possible, it is busy 0.9 of 4 s."""
    gpu = Accelerator(10, during=lambda _n: time.sleep(0.3))

    def scored():
        time.sleep(0.15)
        return PASSES

    monkeypatch.setattr(drawing, "FINISHING_THREADS", 10)
    began = time.perf_counter()
    stored, _ = draw(gpu, 30, scored=scored)
    share = gpu.busy / (time.perf_counter() - began)

    assert len(stored) == 30
    assert share > 0.4  # 0.8 on a quiet machine


def test_at_most_two_batches_are_in_memory(draw):
    """One is drawn and one is finished, however slow finishing is."""
    drawn, finished, most = [0], [0], [0]

    def during(_n):
        drawn[0] += 2
        most[0] = max(most[0], drawn[0] - finished[0])

    def scored():
        time.sleep(0.02)
        finished[0] += 1
        return PASSES

    draw(Accelerator(2, during), 12, scored=scored)

    assert most[0] <= 2 * drawing.IN_FLIGHT


@pytest.mark.parametrize("slow", [0, 1])
def test_the_batches_do_not_depend_on_the_speed_of_the_threads(draw, slow):
    """The first two pictures fail; their redraws are drawn in batch 3 at any speed."""
    lock, calls = threading.Lock(), []

    def scored():
        with lock:
            calls.append(1)
            failed = len(calls) <= 2
        time.sleep(0.02 * slow)
        return FAILS if failed else PASSES

    gpu = Accelerator(2, during=lambda _n: time.sleep(0.02 * (1 - slow)))
    stored, given_up = draw(gpu, 6, scored=scored)

    assert [len(batch) for batch in gpu.batches] == [2, 2, 2, 2]
    assert gpu.batches[0] == [1, 2]
    assert gpu.batches[2] == [5, 6]
    assert set(gpu.batches[3]).isdisjoint(range(7))  # other seeds
    assert stored == ["a03", "a04", "a05", "a06", "a01", "a02"]
    assert given_up == []


def test_each_style_adapter_is_merged_once_and_drawn_in_its_own_batches(draw):
    gpu = Accelerator(4, styles=["oil"])

    draw(gpu, 6, styles=("oil", "comic"))

    assert gpu.merged == ["", "oil"]
    assert gpu.batches == [[2, 4, 6], [1, 3, 5]]


def test_an_error_while_finishing_ends_the_drawing(draw):
    def broken():
        raise RuntimeError("a fault while scoring")

    gpu = Accelerator(1)
    with pytest.raises(RuntimeError, match="a fault while scoring"):
        draw(gpu, 6, scored=broken)

    assert len(gpu.batches) <= drawing.IN_FLIGHT


def test_an_error_while_drawing_stores_what_is_drawn(draw, tmp_path):
    def during(n):
        if n == 2:
            raise RuntimeError("a fault while drawing")

    with pytest.raises(RuntimeError, match="a fault while drawing"):
        draw(Accelerator(2, during), 6)

    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["a01.png", "a02.png"]


def test_past_the_deadline_drawn_pictures_are_stored_and_redraws_given_up(draw):
    lock, calls = threading.Lock(), []

    def scored():
        with lock:
            calls.append(1)
            return FAILS if len(calls) == 1 else PASSES

    clock = [0]
    gpu = Accelerator(2, during=lambda _n: clock.append(2))
    deadline = Deadline(1, clock=lambda: clock[-1])
    stored, given_up = draw(gpu, 6, scored=scored, deadline=deadline)

    assert stored in (["a01"], ["a02"])
    assert {row.reason for row in given_up} == {"deadline"}
    assert len(given_up) == 5


# --- candidates -----------------------------------------------------------------------------------


def near(distance):
    return Score(Measures(nudity=0.0), distance, 0, None)


def in_order(draw, scores, gpu, count, **how):
    """One thread, so that the n-th picture has the n-th score."""
    scores = iter(scores)
    return draw(gpu, count, scored=lambda: next(scores), **how)


@pytest.fixture
def one_thread(monkeypatch, draw):
    monkeypatch.setattr(drawing, "FINISHING_THREADS", 1)


def stored_draws(folder):
    """avatar -> number of the stored draw."""
    records = (json.loads(file.read_text())["avatar"] for file in folder.glob("a*.json"))
    return {record["avatar_id"]: record["draws"] for record in records}


def test_the_nearer_of_two_candidates_is_stored(draw, one_thread, tmp_path):
    gpu = Accelerator(4, candidates=2)

    in_order(draw, [near(0.6), near(0.4), near(0.5), near(0.5)], gpu, 2)

    assert [len(batch) for batch in gpu.batches] == [2, 2]
    assert stored_draws(tmp_path) == {"a01": 2, "a02": 1}


def test_one_candidate_that_passes_is_enough_and_none_is_drawn_again(draw, one_thread, tmp_path):
    gpu = Accelerator(4, candidates=2)
    scores = [FAILS, near(0.6), FAILS, near(0.6), FAILS, FAILS, near(0.5)]

    stored, given_up = in_order(draw, scores, gpu, 3)

    assert [len(batch) for batch in gpu.batches] == [3, 3, 1]
    assert stored_draws(tmp_path) == {"a01": 2, "a02": 1, "a03": 3}
    assert given_up == []


def test_a_picture_as_near_as_the_photos_to_each_other_needs_no_second(draw, one_thread, tmp_path):
    gpu = Accelerator(4, candidates=2)

    in_order(draw, [near(APART), near(APART + 0.01), near(0.6)], gpu, 2)

    assert [len(batch) for batch in gpu.batches] == [2, 1]
    assert stored_draws(tmp_path) == {"a01": 1, "a02": 1}


@pytest.mark.parametrize("batches", range(1, 5))
def test_every_avatar_has_a_picture_before_any_has_a_second(draw, one_thread, tmp_path, batches):
    """Time is up after this many batches of one picture."""
    gpu = Accelerator(1, candidates=2)
    deadline = SimpleNamespace(allows=lambda _seconds: len(gpu.batches) < batches)
    scores = [near(0.6), near(0.6), near(0.5), near(0.5)]

    _, given_up = in_order(draw, scores, gpu, 2, deadline=deadline)

    assert len(gpu.batches) == batches
    assert stored_draws(tmp_path) == {"a01": 1 + (batches > 2)} | (
        {"a02": 1 + (batches > 3)} if batches > 1 else {}
    )
    assert [(row.avatar_id, row.reason) for row in given_up] == [("a02", "deadline")][batches > 1 :]


def test_styles_that_may_hide_the_face_have_one_candidate(draw, one_thread):
    gpu = Accelerator(4, candidates=2)

    draw(gpu, 2, styles=("pencil",))

    assert [len(batch) for batch in gpu.batches] == [2]
