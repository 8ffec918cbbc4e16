"""Checking, redrawing and near-duplicates, with a scripted painter instead of the workers."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from likeness.contracts.container import GenerationOrder
from likeness.domain.provenance.watermark import Watermarking
from likeness_model.generation.checkpoints import AvatarCheckpoints
from likeness_model.generation.picture import Picture
from likeness_model.painter import drawing
from likeness_model.painter.workers import AnalysedPhoto, Group, Workers
from tests.model.conftest import JOB

GATE = 0.72
SHA = "0" * 64


def an_order(*styles, draws=3):
    return GenerationOrder.model_validate(
        {
            "job_id": JOB,
            "attempt": 1,
            "size": 64,
            "photos": [{"photo_id": f"p0{n}", "sha256": SHA} for n in (1, 2, 3)],
            "avatars": [
                {"avatar_id": f"a{n:02}", "style": style, "seed": n}
                for n, style in enumerate(styles, 1)
            ],
            "gate": {"redraw_above": GATE, "draws": draws},
        }
    )


def analysed(photo_id):
    return AnalysedPhoto(photo_id, framing=photo_id, chips=photo_id, worth=1.0)


class Painter:
    """Returns each avatar's scripted (distance, shade) or (distance, shade, deviation) in turn;
    shades that differ by more than the threshold are not near-duplicates."""

    def __init__(self, script):
        self.script = {avatar: list(rows) for avatar, rows in script.items()}
        self.drafts = []
        self.work = []

    def cut_out(self, encoded, framing):
        assert encoded == framing.encode()
        self.work.append(framing)
        return f"the person of {framing}"

    def __call__(self, draft, subject, references, size, _gate):
        assert subject == f"the person of {draft.photo_id}"
        assert references == {"p01": "reference p01", "p02": "reference p02"}
        self.drafts.append(draft)
        self.work.append(draft.avatar.avatar_id)
        distance, shade, *deviation = self.script[draft.avatar.avatar_id].pop(0)
        fingerprint = np.full((48, 48, 3), shade, np.float32)
        png = f"{draft.avatar.avatar_id} {draft.draw} {size}".encode()
        picture = Picture(draft, png, distance, fingerprint, Watermarking.NOT_ORDERED)
        return replace(picture, deviation=deviation[0] if deviation else None)


class Pool:
    """Runs the submitted work on `wait`, the first or the last first."""

    def __init__(self, *, last_first):
        self.last_first = last_first
        self.pending = []

    def submit(self, work, *arguments):
        future = Future()
        self.pending.append((future, work, arguments))
        return future

    def map(self, work, rows):
        return [work(row) for row in rows]

    def wait(self, _futures, **_how):
        future, work, arguments = self.pending.pop(-1 if self.last_first else 0)
        future.set_result(work(*arguments))
        return {future}, set()


ENCODED = {"p01": b"p01", "p02": b"p02"}


@pytest.fixture(
    params=[(False, 20, 20), (True, 20, 20), (False, 1, 1), (True, 1, 0)],
    ids=["first submitted first", "last submitted first", "two workers", "one worker"],
)
def draw_all(request, monkeypatch, tmp_path):
    def run(order, script):
        last_first, cutters, drawers = request.param
        pool, painter, settled = Pool(last_first=last_first), Painter(script), []
        cutting = Group(pool, cutters)
        drawing_group = Group(pool, drawers) if drawers else cutting
        monkeypatch.setattr(drawing, "wait", pool.wait)
        monkeypatch.setattr(drawing, "draw", painter)
        monkeypatch.setattr(drawing, "cut_out_person", painter.cut_out)
        monkeypatch.setattr(drawing, "read_reference", lambda chips: f"reference {chips}")
        checkpoints = AvatarCheckpoints(tmp_path, order)
        not_drawn = drawing.Drawing(
            order,
            [analysed("p01"), analysed("p02")],
            encoded=ENCODED,
            checkpoints=checkpoints,
            workers=Workers(cutting, drawing_group),
            on_settled=settled.append,
        ).run()
        return checkpoints, {row.avatar_id: row.reason for row in not_drawn}, painter, settled

    return run


def test_an_avatar_within_the_gate_is_stored_at_once(draw_all):
    checkpoints, not_drawn, _, settled = draw_all(an_order("comic"), {"a01": [(0.4, 0)]})

    assert checkpoints.avatars["a01"].distance == 0.4
    assert checkpoints.avatars["a01"].draws == 1
    assert not_drawn == {}
    assert settled == [1]


def test_only_photos_that_are_drawn_are_cut_out(draw_all):
    _, _, painter, _ = draw_all(an_order("comic"), {"a01": [(0.4, 0)]})

    assert painter.work == ["p01", "a01"]


def test_each_person_is_cut_out_once(draw_all):
    order = an_order("comic", "oil", "comic", "oil")
    _, _, painter, _ = draw_all(order, {f"a0{n}": [(0.4, 60 * n)] for n in (1, 2, 3, 4)})

    assert sorted(painter.work) == ["a01", "a02", "a03", "a04", "p01", "p02"]


def test_a_photo_is_cut_out_for_a_redraw(draw_all):
    script = {"a01": [(0.9, 0), (0.8, 0), (0.6, 0)]}
    _, _, painter, _ = draw_all(an_order("comic"), script)

    assert painter.work == ["p01", "a01", "a01", "p02", "a01"]


def test_an_avatar_above_the_gate_is_redrawn_milder_then_from_another_photo(draw_all):
    script = {"a01": [(0.9, 0), (0.8, 0), (0.6, 0)]}

    checkpoints, not_drawn, painter, _ = draw_all(an_order("comic"), script)

    assert checkpoints.avatars["a01"].draws == 3
    assert not_drawn == {}
    mildness = [draft.variation.mildness for draft in painter.drafts]
    assert mildness[0] == 0
    assert mildness == sorted(set(mildness))
    first, second, third = (draft.photo_id for draft in painter.drafts)
    assert first == second != third


def test_an_avatar_that_stays_above_the_gate_is_given_up(draw_all, tmp_path):
    script = {"a01": [(0.9, 0)] * 3}

    checkpoints, not_drawn, _, settled = draw_all(an_order("comic"), script)

    assert checkpoints.avatars == {}
    assert not_drawn == {"a01": "distance"}
    assert settled == [1]
    assert list(tmp_path.iterdir()) == []


def test_a_picture_without_a_distance_passes(draw_all):
    checkpoints, not_drawn, _, _ = draw_all(an_order("pencil"), {"a01": [(None, 0)]})

    assert checkpoints.avatars["a01"].distance is None
    assert not_drawn == {}


def test_a_picture_without_a_distance_does_not_replace_one_above_the_gate(draw_all):
    script = {"a01": [(0.9, 0), (None, 0), (None, 0)]}

    checkpoints, not_drawn, _, _ = draw_all(an_order("comic"), script)

    assert checkpoints.avatars == {}
    assert not_drawn == {"a01": "distance"}


def test_a_picture_with_another_age_or_skin_tone_is_redrawn_milder(draw_all):
    script = {"a01": [(0.4, 0, "skin_tone"), (0.4, 0, "age"), (0.4, 0)]}

    checkpoints, not_drawn, painter, _ = draw_all(an_order("oil"), script)

    assert checkpoints.avatars["a01"].draws == 3
    assert not_drawn == {}
    mildness = [draft.variation.mildness for draft in painter.drafts]
    assert mildness == sorted(set(mildness))


@pytest.mark.parametrize("reason", ["age", "skin_tone"])
def test_a_picture_that_keeps_another_age_or_skin_tone_is_given_up(draw_all, tmp_path, reason):
    script = {"a01": [(0.4, 0, reason)] * 3}

    _, not_drawn, _, settled = draw_all(an_order("oil"), script)

    assert not_drawn == {"a01": reason}
    assert settled == [1]
    assert list(tmp_path.iterdir()) == []


def test_of_two_near_duplicates_the_first_ordered_is_stored(draw_all):
    script = {"a01": [(0.4, 10)], "a02": [(0.3, 11), (0.3, 12), (0.3, 11)]}

    checkpoints, not_drawn, painter, _ = draw_all(an_order("comic", "comic"), script)

    assert set(checkpoints.avatars) == {"a01"}
    assert not_drawn == {"a02": "near_duplicate"}
    drafts = [draft for draft in painter.drafts if draft.avatar.avatar_id == "a02"]
    assert len({(d.photo_id, d.variation.palette, d.variation.background) for d in drafts}) == 3


def test_a_redrawn_near_duplicate_is_stored_if_it_differs(draw_all):
    script = {"a01": [(0.4, 10)], "a02": [(0.3, 11), (0.3, 60)]}

    checkpoints, not_drawn, _, _ = draw_all(an_order("comic", "comic"), script)

    assert checkpoints.avatars["a02"].draws == 2
    assert not_drawn == {}


def test_equal_pictures_of_two_styles_are_not_near_duplicates(draw_all):
    script = {"a01": [(0.4, 10)], "a02": [(0.3, 10)]}

    checkpoints, _, _, _ = draw_all(an_order("comic", "oil"), script)

    assert set(checkpoints.avatars) == {"a01", "a02"}


def test_an_avatar_waits_for_the_earlier_ones_of_its_style(draw_all):
    script = {
        "a01": [(0.9, 10), (0.9, 10), (0.5, 10)],
        "a02": [(0.4, 50)],
        "a03": [(0.4, 90)],
    }

    checkpoints, not_drawn, _, settled = draw_all(an_order("comic", "comic", "comic"), script)

    assert list(checkpoints.avatars) == ["a01", "a02", "a03"]
    assert not_drawn == {}
    assert settled == [1, 2, 3]


def test_an_avatar_that_is_given_up_does_not_block_the_next(draw_all):
    script = {"a01": [(0.9, 10)], "a02": [(0.4, 50)]}

    checkpoints, not_drawn, _, _ = draw_all(an_order("comic", "comic", draws=1), script)

    assert list(checkpoints.avatars) == ["a02"]
    assert not_drawn == {"a01": "distance"}
