"""Avatars are moderated by the same rules as photos."""

import threading
from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_policy, load_retention
from likeness.domain.errors import (
    Conflict,
    DetectorTimeout,
    NotFound,
    Unavailable,
    UnknownDetector,
)
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.jobs.job import JobState
from likeness.domain.jobs.operating_state import Switches
from likeness.domain.jobs.usage import of_photos
from likeness.domain.moderation import moderate as moderation
from likeness.domain.provenance.watermark import Watermarking
from likeness.domain.reasons import Reason
from likeness.domain.verdict import Label, Outcome
from likeness.services.generation import moderate_avatars as service
from likeness.services.generation.prepare_generation import orders
from tests.builders import JOB, a_photo, a_png, a_policy, a_result, seen

DEADLINE = load_retention().deadline


BREAST = "Partially Exposed Female Breast"


def moderate(world, attempt=1, policy=None):
    return service.moderate_avatars(
        JOB,
        attempt,
        jobs=world.jobs,
        work=world.work,
        detector=world.detector,
        policy=policy or a_policy(),
        metrics=world.metrics,
        clock=world.clock,
        readiness=world.readiness,
    )


def delivered(world, *numbers, attempt=1):
    """A generating job, and the container's result for it."""
    if not world.jobs.jobs:
        world.has(JobState.GENERATING, attempt=attempt)
    pngs = {f"a{n:02d}": a_png(n) for n in numbers}
    world.work.deliver(a_result(*numbers, attempt=attempt), pngs)


def states(world) -> dict[str, AvatarState]:
    return {avatar.avatar_id: avatar.state for avatar in world.jobs.avatars(JOB)}


def nude(world, *avatars):
    for avatar in avatars:
        world.detector.seen_labels[avatar] = [Label(name="Explicit", confidence=99)]


def test_clean_avatars_are_approved_and_stored_in_order(world):
    delivered(world, 2, 1)

    answer = moderate(world)

    assert (answer.approved, answer.redraw, answer.attempt) == (2, False, 1)
    assert [avatar.avatar_id for avatar in world.jobs.avatars(JOB)] == ["a02", "a01"]
    assert set(states(world).values()) == {AvatarState.APPROVED}
    assert world.avatar_objects.get(f"drawn/{JOB}/a02.png", "avatar") == a_png(2)
    assert world.job.state is JobState.FINISHING


def test_measurements_are_stored_with_the_avatar(world):
    delivered(world, 1)

    moderate(world)

    (avatar,) = world.jobs.avatars(JOB)
    drawn = a_result(1).avatars[0]
    assert (avatar.distance, avatar.photo_id) == (drawn.distance, drawn.photo_id)
    assert (avatar.sha256, avatar.style) == (drawn.sha256, drawn.style)


def test_an_avatar_stores_its_ordered_watermark_and_the_result(world):
    delivered(world, 1)
    moderate(world)

    (ordered, *_) = orders(world.job, 1)
    avatar = world.jobs.avatars(JOB)[0]
    assert (avatar.watermark, avatar.watermarking, avatar.engine) == (
        ordered.watermark,
        Watermarking.NOT_ORDERED,  # as in the builder's result
        "painter",
    )


@pytest.mark.parametrize("label", [("Explicit", 99), ("Explicit", 51), ("Unknown label", 51)])
def test_a_doubtful_avatar_is_refused_and_drawn_again(world, label):
    """Avatars are not reviewed by a moderator, so a doubtful one is refused."""
    name, confidence = label
    delivered(world, 1, 2)
    world.detector.seen_labels["a02"] = [Label(name=name, confidence=confidence)]

    answer = moderate(world)

    assert (answer.approved, answer.redraw) == (1, True)
    assert states(world) == {"a01": AvatarState.APPROVED, "a02": AvatarState.REFUSED}
    assert f"drawn/{JOB}/a02.png" not in world.avatar_objects.listing()


@pytest.mark.parametrize("since", ["the order", "now"])
def test_avatars_of_a_style_that_is_off_are_not_drawn_again(world, since):
    delivered(world, 1, 2)
    nude(world, "a01")
    off = world.job.style_of(1)
    if since == "now":
        world.operating_state.now = Switches(styles_off=(off,))
    else:
        world.jobs.save(world.job.change(styles_off=(off,)))

    answer = moderate(world)

    assert (answer.approved, answer.redraw) == (1, False)


def test_the_second_attempt_is_the_last(world):
    delivered(world, 1, 2)
    nude(world, "a02")
    moderate(world)
    world.jobs.save(world.job.move(JobState.GENERATING, world.clock.now(), attempt=2))
    delivered(world, 2, attempt=2)

    answer = moderate(world, attempt=2)

    assert (answer.approved, answer.redraw) == (1, False)


def test_avatars_of_the_second_attempt_replace_refused_ones(world):
    delivered(world, 1, 2)
    nude(world, "a02")
    moderate(world)
    world.jobs.save(world.job.move(JobState.GENERATING, world.clock.now(), attempt=2))
    delivered(world, 2, attempt=2)
    nude(world)
    world.detector.seen_labels.clear()

    answer = moderate(world, attempt=2)

    assert (answer.approved, answer.redraw) == (2, False)
    assert [(a.avatar_id, a.attempt) for a in world.jobs.avatars(JOB)] == [("a01", 1), ("a02", 2)]


def test_avatars_of_the_second_attempt_rank_behind_those_of_the_first(world):
    delivered(world, 1, 2, 3)
    nude(world, "a01")
    moderate(world)
    world.jobs.save(world.job.move(JobState.GENERATING, world.clock.now(), attempt=2))
    delivered(world, 1, attempt=2)
    world.detector.seen_labels.clear()

    moderate(world, attempt=2)

    assert [avatar.avatar_id for avatar in world.jobs.avatars(JOB)] == ["a02", "a03", "a01"]


def test_an_attempt_without_avatars_approves_nothing(world):
    delivered(world)

    answer = moderate(world)

    assert (answer.approved, answer.redraw) == (0, False)


@pytest.mark.parametrize("found", ["other bytes", "nothing"])
def test_an_avatar_with_another_checksum_stops_the_job(world, found):
    delivered(world, 1)
    key = f"work/{JOB}/r1/checkpoints/a01.png"
    if found == "nothing":
        world.avatar_objects.delete(key)
    else:
        world.avatar_objects.put(key, a_png(2))

    with pytest.raises(NotFound, match="a01"):
        moderate(world)

    assert world.jobs.avatars(JOB) == []


def test_a_replayed_step_returns_the_same_without_calls(world):
    delivered(world, 1, 2)
    nude(world, "a02")
    first = moderate(world)
    asked = dict(world.detector.calls)
    world.detector.seen_labels.clear()

    assert moderate(world) == first

    assert world.detector.calls == asked
    assert states(world)["a02"] is AvatarState.REFUSED


def test_a_crash_before_the_job_was_saved_is_repaired_by_a_retry(world, monkeypatch):
    delivered(world, 1)

    def lose(_):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.jobs, "save", lose)
    with pytest.raises(Unavailable):
        moderate(world)
    monkeypatch.undo()

    assert moderate(world).approved == 1
    assert world.job.state is JobState.FINISHING
    charged = of_photos(world.jobs.photos(JOB)).detector_images + 1
    assert world.job.usage.detector_images == charged, "the verdict was stored before"
    assert world.metrics.counted["DetectorImages"] == 1


def test_a_detector_that_is_down_approves_nothing(world):
    delivered(world, 1)
    world.detector.down = True

    with pytest.raises(Unavailable):
        moderate(world)

    assert states(world) == {}
    assert world.job.state is JobState.GENERATING


def test_an_attempt_without_a_result_is_not_found(world):
    world.has(JobState.GENERATING)

    with pytest.raises(NotFound):
        moderate(world)


@pytest.mark.parametrize("state", [JobState.OPEN, JobState.COMPLETED, JobState.FAILED])
def test_only_a_generating_job_has_its_avatars_moderated(world, state):
    world.has(state)

    with pytest.raises(Conflict):
        moderate(world)


def test_a_clean_avatar_names_its_policy_and_detector_version(world):
    delivered(world, 1)

    moderate(world)

    verdict = world.jobs.avatars(JOB)[0].verdict
    assert (verdict.outcome, verdict.policy_version) == (Outcome.CLEAN, "test")
    assert verdict.evidence.detector_version == "7.0"


def test_under_an_unknown_detector_version_nothing_is_refused_or_drawn_again(world):
    delivered(world, 1, 2)
    world.detector.version = "8.0"

    with pytest.raises(UnknownDetector):
        moderate(world)

    assert states(world) == {}
    assert world.job.state is JobState.GENERATING
    assert world.metrics.counted["UnknownModerationFinding"] == 1
    world.detector.version = "7.0"
    assert (moderate(world).approved, moderate(world).redraw) == (2, False)


def test_two_hours_before_its_deadline_a_job_stops_waiting_for_the_policy(world):
    delivered(world, 1)
    world.detector.version = "8.0"
    world.clock.advance(DEADLINE - timedelta(hours=2))

    with pytest.raises(DetectorTimeout):
        moderate(world)


def test_an_unknown_label_is_counted_for_the_alarm(world):
    delivered(world, 1)
    world.detector.seen_labels["a01"] = [Label(name="New category", confidence=90)]

    moderate(world)
    moderate(world)

    assert states(world) == {"a01": AvatarState.REFUSED}
    assert world.metrics.counted["UnknownModerationFinding"] == 1


def suggestive(confidence, name="Female Swimwear or Underwear"):
    return [Label(name=name, confidence=confidence)]


@pytest.mark.parametrize(
    ("on_photo", "on_avatar", "state"),
    [
        # A moderator allowed the photo: its avatars show the same bare shoulders.
        (suggestive(82), suggestive(85), AvatarState.APPROVED),
        # The photo was clean: the engine added something.
        ([], suggestive(85), AvatarState.REFUSED),
        # Another label of the allowed kind, which no one saw.
        (suggestive(92, "Bare Back"), suggestive(94, BREAST), AvatarState.REFUSED),
        # Another kind than the allowed one.
        (suggestive(82), [Label(name="Weapons", confidence=70)], AvatarState.REFUSED),
        # Certain, whatever a moderator allowed as doubtful.
        (suggestive(82, BREAST), suggestive(96, BREAST), AvatarState.REFUSED),
        # Explicit pictures are never allowed this way.
        (suggestive(60, "Explicit"), suggestive(60, "Explicit"), AvatarState.REFUSED),
    ],
)
def test_what_a_moderator_allowed_on_the_photo_does_not_refuse_its_avatars(
    world, on_photo, on_avatar, state
):
    policy = load_policy()
    verdict = moderation(seen(labels=on_photo, detector_version="7.0"), policy)
    world.has(JobState.GENERATING, attempt=1, with_photos=[a_photo(1, verdict=verdict)])
    world.work.deliver(a_result(1), {"a01": a_png(1)})
    world.detector.seen_labels["a01"] = on_avatar

    moderate(world, policy=policy)

    assert states(world) == {"a01": state}


def test_an_appeal_granted_for_the_photo_rules_out_the_doubt_about_its_avatars(world):
    policy = load_policy()
    labels = suggestive(60, "Explicit")
    exonerated = seen(exonerated=frozenset({Reason.POLICY_NUDITY}), labels=labels)
    photo = a_photo(1, verdict=moderation(exonerated, policy))
    world.has(JobState.GENERATING, attempt=1, with_photos=[photo])
    world.work.deliver(a_result(1), {"a01": a_png(1)})
    world.detector.seen_labels["a01"] = suggestive(60, "Explicit")

    moderate(world, policy=policy)

    assert states(world) == {"a01": AvatarState.APPROVED}


def test_what_the_job_used_is_on_its_record_and_in_metrics(world):
    delivered(world, 1, 2, 3)
    photos = world.jobs.photos(JOB)
    before = of_photos(photos).detector_images

    moderate(world)
    moderate(world)  # a replayed step

    usage = world.job.usage
    result = a_result(1, 2, 3)
    assert before > 0
    assert (usage.engine, usage.container_s) == (result.engine, result.seconds)
    assert usage.detector_images == before + 3
    assert world.metrics.counted["DetectorImages"] == 3
    assert world.metrics.measured["ContainerSeconds"] == [result.seconds]


def test_a_second_attempt_adds_to_what_the_job_used(world):
    delivered(world, 1, 2)
    nude(world, "a02")
    moderate(world)
    first = world.job.usage
    world.jobs.save(world.job.move(JobState.GENERATING, world.clock.now(), attempt=2))
    delivered(world, 2, attempt=2)

    moderate(world, attempt=2)

    usage = world.job.usage
    assert usage.detector_images == first.detector_images + 1
    assert usage.container_s == pytest.approx(2 * first.container_s)


def test_approved_avatars_are_copied_several_at_a_time(world, monkeypatch):
    delivered(world, *range(1, service.AT_ONCE + 1))
    together = threading.Barrier(service.AT_ONCE, timeout=20)
    promote = world.work.promote

    def wait_for_the_others(avatar):
        together.wait()
        promote(avatar)

    monkeypatch.setattr(world.work, "promote", wait_for_the_others)

    assert moderate(world).approved == service.AT_ONCE


def test_an_avatar_that_cannot_be_copied_is_not_stored_as_approved(world, monkeypatch):
    delivered(world, 1, 2)

    def gone(avatar):
        raise NotFound(avatar.avatar_id)

    monkeypatch.setattr(world.work, "promote", gone)

    with pytest.raises(NotFound):
        moderate(world)
    assert states(world) == {}
