"""Judging, redrawing and twins, with a scripted painter in place of the workers."""

from concurrent.futures import Future

import numpy as np
import pytest

from likeness.contracts import GenerationOrder
from likeness.domain.provenance.watermark import Watermarking
from likeness_model import drawing
from likeness_model.generation.checkpoints import Gallery
from likeness_model.painter.workers import LookedAt, Picture
from tests.model.conftest import JOB

GATE = 0.72
SHA = "0" * 64


def an_order(*styles, attempts=3):
    return GenerationOrder.model_validate(
        {
            "job_id": JOB,
            "round": 1,
            "size": 64,
            "photos": [{"photo_id": "p01", "sha256": SHA}, {"photo_id": "p02", "sha256": SHA}],
            "avatars": [
                {"avatar_id": f"a{n:02}", "style": style, "seed": n}
                for n, style in enumerate(styles, 1)
            ],
            "gate": {"redraw_above": GATE, "attempts": attempts},
        }
    )


def looked_at(photo_id):
    return LookedAt(photo_id, subject=None, chip=None, worth=1.0)


class Painter:
    """Gives each avatar its scripted (distance, shade) in turn; shades further apart than the
    twins' threshold are different pictures."""

    def __init__(self, script):
        self.script = {avatar: list(rows) for avatar, rows in script.items()}
        self.drafts = []

    def __call__(self, draft, _subject, _references, size, _gate):
        self.drafts.append(draft)
        distance, shade = self.script[draft.avatar.avatar_id].pop(0)
        fingerprint = np.full((48, 48, 3), shade, np.float32)
        png = f"{draft.avatar.avatar_id} {draft.attempt} {size}".encode()
        return Picture(draft, png, distance, fingerprint, Watermarking.NOT_ORDERED)


class Pool:
    """Runs what was submitted when somebody waits: the last first, or the first first."""

    def __init__(self, *, last_first):
        self.last_first = last_first
        self.pending = []

    def submit(self, work, *arguments):
        future = Future()
        self.pending.append((future, work, arguments))
        return future

    def wait(self, _futures, **_how):
        future, work, arguments = self.pending.pop(-1 if self.last_first else 0)
        future.set_result(work(*arguments))
        return {future}, set()


@pytest.fixture(params=[False, True], ids=["first first", "last first"])
def draw_all(request, monkeypatch, tmp_path):
    def run(order, script):
        pool, painter, settled = Pool(last_first=request.param), Painter(script), []
        monkeypatch.setattr(drawing, "wait", pool.wait)
        monkeypatch.setattr(drawing, "draw", painter)
        gallery = Gallery(tmp_path, order)
        not_drawn = drawing.Drawing(
            order,
            [looked_at("p01"), looked_at("p02")],
            references=[],
            gallery=gallery,
            pool=pool,
            on_settled=settled.append,
        ).run()
        return gallery, {row.avatar_id: row.reason for row in not_drawn}, painter, settled

    return run


def test_an_avatar_like_the_user_is_kept_at_once(draw_all):
    gallery, not_drawn, _, settled = draw_all(an_order("comic"), {"a01": [(0.4, 0)]})

    assert gallery.avatars["a01"].likeness.distance == 0.4
    assert gallery.avatars["a01"].attempts == 1
    assert not_drawn == {}
    assert settled == [1]


def test_an_avatar_unlike_the_user_is_drawn_again_milder_then_from_another_photo(draw_all):
    script = {"a01": [(0.9, 0), (0.8, 0), (0.6, 0)]}

    gallery, not_drawn, painter, _ = draw_all(an_order("comic"), script)

    assert gallery.avatars["a01"].attempts == 3
    assert not_drawn == {}
    mildness = [draft.variation.mildness for draft in painter.drafts]
    assert mildness[0] == 0
    assert mildness == sorted(set(mildness))
    first, second, third = (draft.photo_id for draft in painter.drafts)
    assert first == second != third


def test_an_avatar_that_stays_unlike_the_user_is_given_up(draw_all, tmp_path):
    script = {"a01": [(0.9, 0)] * 3}

    gallery, not_drawn, _, settled = draw_all(an_order("comic"), script)

    assert gallery.avatars == {}
    assert not_drawn == {"a01": "likeness"}
    assert settled == [1]
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_measured_passes(draw_all):
    gallery, not_drawn, _, _ = draw_all(an_order("pencil"), {"a01": [(None, 0)]})

    assert gallery.avatars["a01"].likeness.distance is None
    assert not_drawn == {}


def test_what_was_measured_above_the_gate_is_not_saved_by_a_picture_without_a_face(draw_all):
    script = {"a01": [(0.9, 0), (None, 0), (None, 0)]}

    gallery, not_drawn, _, _ = draw_all(an_order("comic"), script)

    assert gallery.avatars == {}
    assert not_drawn == {"a01": "likeness"}


def test_of_two_twins_the_first_ordered_stays_whoever_was_faster(draw_all):
    script = {"a01": [(0.4, 10)], "a02": [(0.3, 11), (0.3, 12), (0.3, 11)]}

    gallery, not_drawn, painter, _ = draw_all(an_order("comic", "comic"), script)

    assert set(gallery.avatars) == {"a01"}
    assert not_drawn == {"a02": "twin"}
    attempts = [draft for draft in painter.drafts if draft.avatar.avatar_id == "a02"]
    assert len({(d.photo_id, d.variation.palette, d.variation.background) for d in attempts}) == 3


def test_a_twin_that_turns_out_different_is_kept(draw_all):
    script = {"a01": [(0.4, 10)], "a02": [(0.3, 11), (0.3, 60)]}

    gallery, not_drawn, _, _ = draw_all(an_order("comic", "comic"), script)

    assert gallery.avatars["a02"].attempts == 2
    assert not_drawn == {}


def test_twins_of_two_styles_are_no_twins(draw_all):
    script = {"a01": [(0.4, 10)], "a02": [(0.3, 10)]}

    gallery, _, _, _ = draw_all(an_order("comic", "oil"), script)

    assert set(gallery.avatars) == {"a01", "a02"}


def test_an_avatar_waits_for_the_earlier_ones_of_its_style(draw_all):
    script = {
        "a01": [(0.9, 10), (0.9, 10), (0.5, 10)],
        "a02": [(0.4, 50)],
        "a03": [(0.4, 90)],
    }

    gallery, not_drawn, _, settled = draw_all(an_order("comic", "comic", "comic"), script)

    assert list(gallery.avatars) == ["a01", "a02", "a03"]
    assert not_drawn == {}
    assert settled == [1, 2, 3]


def test_one_avatar_given_up_does_not_hold_up_the_next(draw_all):
    script = {"a01": [(0.9, 10)], "a02": [(0.4, 50)]}

    gallery, not_drawn, _, _ = draw_all(an_order("comic", "comic", attempts=1), script)

    assert list(gallery.avatars) == ["a02"]
    assert not_drawn == {"a01": "likeness"}
