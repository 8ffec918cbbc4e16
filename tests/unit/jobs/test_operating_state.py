"""What operators switch, and what is short: new jobs, submitted jobs, what the app is told."""

from datetime import timedelta

import pytest

from likeness.api.message import PageQuery
from likeness.contracts.container import GenerationProgress
from likeness.contracts.jobs import JobError
from likeness.domain.account.quota import QuotaState
from likeness.domain.errors import (
    CapacityError,
    ConcurrentChange,
    DetectorBusy,
    DetectorTimeout,
    EndpointOff,
    JobStopped,
    NotAccepting,
    StylesOff,
    Unavailable,
    UnknownStyle,
    WorkStopped,
)
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.jobs.estimate import bucket, work_time
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import JobState, Wait, WaitingFor
from likeness.domain.jobs.operating_state import (
    AVATARS_WHEN_SHORT,
    LONGEST_QUEUE,
    REPORTED_WITHIN,
    Scarce,
    Shortage,
    Stop,
    Submitted,
)
from likeness.domain.reasons import Reason
from likeness.domain.review.audit import AuditAction
from likeness.domain.verdict import Label, Outcome
from likeness.entrypoints.http import status_of
from likeness.ports.generation import TrainingStatus
from likeness.services.jobs.list_styles import list_styles
from likeness.services.jobs.switch import switch
from tests.builders import (
    JOB,
    NOW,
    TODAY,
    USER,
    a_photo,
    a_png,
    a_result,
    a_verdict,
    an_avatar,
    an_order,
    styles,
)
from tests.unit.generation.test_inferences import (
    finish as finish_inference,
    start as start_inference,
)
from tests.unit.generation.test_moderate_avatars import moderate as moderate_avatars
from tests.unit.generation.test_prepare_generation import prepare
from tests.unit.generation.test_training import finish as finish_training, start as start_training
from tests.unit.jobs.test_completion import publish, settle
from tests.unit.jobs.test_create_job import create
from tests.unit.jobs.test_fail_job import fail
from tests.unit.jobs.test_get_job import get
from tests.unit.jobs.test_submit_job import submit
from tests.unit.photos.test_moderate_photos import moderate as moderate_photos
from tests.world import DEADLINE

WAIT, END = (Stop(submitted=kind) for kind in (Submitted.WAIT, Submitted.END))
DRAIN = Stop(submitted=Submitted.CONTINUE, retry_after_s=3600)
CLEAN = [a_photo(n, verdict=a_verdict()) for n in (1, 2, 3)]


def short(world, of=Scarce.CAPACITY, *, waited=timedelta(minutes=5)):
    seconds = int(waited.total_seconds())
    world.operating_state.report(Shortage(of=of, seen_at=world.clock.now(), waited_s=seconds))


def too_late(world):
    world.clock.advance(DEADLINE)


# --- a stop ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [DRAIN, WAIT, END], ids=lambda stop: stop.submitted)
def test_a_stop_refuses_new_jobs_before_anything_is_stored(world, stop):
    world.operating_state.switch(stop=stop)

    with pytest.raises(NotAccepting) as refused:
        create(world)

    assert refused.value.retry_after_s == stop.retry_after_s
    assert status_of(NotAccepting) == 503
    assert world.jobs.jobs == {}


def test_an_open_job_cannot_be_submitted_and_no_day_is_taken(world):
    world.has()
    world.operating_state.switch(stop=DRAIN)

    with pytest.raises(NotAccepting):
        submit(world)

    assert world.job.state is JobState.OPEN
    assert world.ledger.entries(USER, TODAY) == []


def test_a_job_that_was_submitted_before_is_submitted(world):
    world.has()
    submit(world)
    world.operating_state.switch(stop=WAIT)

    assert submit(world).state is JobState.MODERATING


def moderating(world):
    world.has(JobState.MODERATING)


def approved(world):
    world.has(JobState.MODERATING, with_photos=CLEAN)


def waiting_for_an_instance(world):
    world.has(JobState.GENERATING, attempt=1)


def drawn(world, *names):
    avatars = [an_avatar(n, style=name) for n, name in enumerate(names or ("comic",), start=1)]
    world.has(JobState.FINISHING, with_avatars=avatars)
    for n, avatar in enumerate(avatars, start=1):
        world.avatar_objects.put(f"drawn/{JOB}/{avatar.avatar_id}.png", a_png(n))


STEPS = {
    "ModeratePhotos": (moderating, moderate_photos),
    "PrepareGeneration": (approved, prepare),
    "StartTraining": (waiting_for_an_instance, start_training),
    "StartInference": (waiting_for_an_instance, start_inference),
    "PublishAvatars": (drawn, publish),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_submitted_job_waits_at_its_next_step_and_changes_nothing(world, name):
    given, step = STEPS[name]
    given(world)
    before, files = world.job, world.avatar_objects.listing()
    world.operating_state.switch(stop=WAIT)

    with pytest.raises(WorkStopped):
        step(world)

    assert world.job == before.change(waits=(Wait(of=WaitingFor.STOPPED, since=NOW),))
    assert world.avatar_objects.listing() == files
    assert world.training.statuses == {}


@pytest.mark.parametrize("name", STEPS)
def test_a_job_that_waited_too_long_ends_and_its_day_is_returned(world, name):
    given, step = STEPS[name]
    given(world)
    world.operating_state.switch(stop=WAIT)
    too_late(world)

    with pytest.raises(JobStopped):
        step(world)
    fail(world, JobStopped.__name__)

    assert (world.job.state, world.job.failure) == (JobState.FAILED, FailureKind.STOPPED)
    assert (world.job.reason, world.day) == (Reason.SYSTEM_STOPPED, QuotaState.RETURNED)


@pytest.mark.parametrize("name", STEPS)
def test_a_stop_that_ends_jobs_ends_them_at_their_next_step(world, name):
    given, step = STEPS[name]
    given(world)
    world.operating_state.switch(stop=END)

    with pytest.raises(JobStopped):
        step(world)


def test_a_stop_that_lets_jobs_continue_changes_nothing_for_them(world):
    drawn(world)
    world.operating_state.switch(stop=DRAIN)

    publish(world)

    assert settle(world).state is JobState.COMPLETED


def test_a_job_continues_once_the_stop_has_ended(world):
    moderating(world)
    world.operating_state.switch(stop=WAIT)
    with pytest.raises(WorkStopped):
        moderate_photos(world)

    world.operating_state.switch(stop=None)

    assert moderate_photos(world).outcome is Outcome.CLEAN


# --- engines and the endpoint ---------------------------------------------------------------------


def test_an_engine_that_is_off_stops_its_jobs_and_no_others(world):
    world.operating_state.switch(engines_off={"sdxl-lora": WAIT})
    approved(world)

    with pytest.raises(WorkStopped):
        prepare(world, engine="sdxl-lora")

    assert prepare(world, engine="painter").attempt == 1


def test_an_engine_that_is_off_gets_no_new_jobs(world):
    world.operating_state.switch(engines_off={"sdxl-lora": WAIT})

    with pytest.raises(NotAccepting):
        create(world, engine="sdxl-lora")

    assert create(world, engine="painter")


def test_avatars_of_an_engine_that_is_off_are_not_published(world):
    drawn(world)
    world.operating_state.switch(engines_off={"painter": END})

    with pytest.raises(JobStopped):
        publish(world)


def test_without_the_endpoint_orders_go_to_training_jobs(world):
    approved(world)
    world.operating_state.switch(endpoint_off=True)

    assert prepare(world, backend="async-endpoint").backend == "training-job"
    assert world.job.backend == "training-job.painter", "the estimate is that of training jobs"


def test_a_job_that_waits_for_the_endpoint_is_ordered_again_as_a_training_job(world):
    approved(world)
    assert prepare(world, backend="async-endpoint").backend == "async-endpoint"
    start_inference(world)
    finish_inference(world, error=JobError.NO_CAPACITY)
    world.operating_state.switch(endpoint_off=True)

    with pytest.raises(EndpointOff):
        start_inference(world, "t2")
    assert prepare(world, backend="async-endpoint").backend == "training-job"
    start_training(world, "t3")

    assert list(world.training.statuses) == [f"likeness-{JOB}-a1-t2"]
    assert world.job.backend == "training-job.painter"


# --- styles ---------------------------------------------------------------------------------------


def test_a_style_that_is_off_is_not_offered_and_refused(world):
    world.operating_state.switch(styles_off=("oil",))

    listed = list_styles(PageQuery(), styles=styles(), operating_state=world.operating_state).styles
    with pytest.raises(UnknownStyle) as refused:
        create(world, an_order(styles=["comic", "oil"]))

    assert [style.style for style in listed] == ["comic", "pencil"]
    assert refused.value.field == "/body/styles/1"


def test_an_open_job_with_such_a_style_is_not_submitted(world):
    world.has()
    world.operating_state.switch(styles_off=("oil",))

    with pytest.raises(UnknownStyle, match="'oil' is switched off"):
        submit(world)

    assert world.ledger.entries(USER, TODAY) == []


def test_the_other_styles_are_drawn_and_the_app_is_told(world):
    approved(world)
    world.operating_state.switch(styles_off=("oil",))

    prepare(world)

    (order,) = world.work.orders
    assert [avatar.style for avatar in order.avatars] == ["comic", "comic"]
    view = get(world)
    assert (view.styles_off, view.avatars_asked, view.avatars_planned) == (("oil",), 4, 2)
    assert (view.progress.done, view.progress.total) == (0, 2)


def test_a_style_that_is_on_again_is_not_drawn_in_a_second_attempt_only(world):
    approved(world)
    world.operating_state.switch(styles_off=("oil",))
    prepare(world)
    world.jobs.save(world.job.move(JobState.FINISHING, NOW))
    world.jobs.save_avatars([an_avatar(1), an_avatar(3, AvatarState.REFUSED)])
    world.operating_state.switch(styles_off=())

    prepare(world, 2)

    assert [avatar.avatar_id for avatar in world.work.orders[-1].avatars] == ["a03"]
    assert world.job.styles_off == ("oil",)


def test_a_style_that_was_off_between_the_attempts_is_lost_although_it_is_on_again(world):
    """The app was told that the job has none of it, and how many avatars are left."""
    approved(world)
    prepare(world)
    result = a_result(1, 2, 3, 4)
    avatars = tuple(
        avatar.model_copy(update={"style": world.job.style_of(n)})
        for n, avatar in enumerate(result.avatars, start=1)
    )
    pngs = {f"a{n:02d}": a_png(n) for n in (1, 2, 3, 4)}
    world.work.deliver(result.model_copy(update={"avatars": avatars}), pngs)
    world.detector.seen_labels["a01"] = [Label(name="Explicit", confidence=99)]
    assert moderate_avatars(world).redraw
    world.operating_state.switch(styles_off=("oil",))
    prepare(world, 2)
    world.operating_state.switch(styles_off=())
    assert [one.avatar_id for one in world.work.orders[-1].avatars] == ["a01"]
    world.detector.seen_labels.clear()
    world.work.deliver(a_result(1, attempt=2), {"a01": a_png(1)})
    moderate_avatars(world, 2)
    finishing = get(world)
    assert (finishing.progress.done, finishing.progress.total) == (2, 2)

    publish(world)
    settle(world)

    view = get(world)
    assert [one.style for one in view.avatars] == ["comic", "comic"]
    assert (view.styles_off, view.avatars_planned, world.job.avatars_shown) == (("oil",), 2, 2)


@pytest.mark.parametrize("stored", [(), ("a01", "a02"), ("a03",)])
def test_a_style_that_is_off_since_a_publication_died_is_deleted(world, monkeypatch, stored):
    """Its files would stay until the sweep, or be shown: avatars are stored in several writes."""

    def dies(avatars):
        monkeypatch.undo()
        world.jobs.save_avatars([one for one in avatars if one.avatar_id in stored])
        raise Unavailable("throttled")

    drawn(world, "comic", "comic", "oil")
    monkeypatch.setattr(world.jobs, "save_avatars", dies)
    with pytest.raises(Unavailable):
        publish(world)
    assert any("a03" in key for key in world.avatar_objects.listing())
    world.operating_state.switch(styles_off=("oil",))

    publish(world)

    assert not any("a03" in key for key in world.avatar_objects.listing())
    assert b"oil" not in world.avatar_objects.get(f"avatars/{JOB}/avatars.zip", "ZIP")
    settle(world)
    assert [one.avatar_id for one in get(world).avatars] == ["a01", "a02"]


@pytest.mark.parametrize(("given", "step"), [(approved, prepare), (drawn, publish)])
def test_a_job_of_which_every_style_is_off_ends_and_its_day_is_returned(world, given, step):
    given(world)
    world.operating_state.switch(styles_off=("comic", "oil"))

    with pytest.raises(StylesOff):
        step(world)
    fail(world, StylesOff.__name__)

    assert (world.job.reason, world.day) == (Reason.SYSTEM_STYLE_OFF, QuotaState.RETURNED)


@pytest.mark.parametrize(
    ("names", "day"),
    [(("comic", "comic", "oil"), QuotaState.SPENT), (("comic", "oil", "oil"), QuotaState.RETURNED)],
)
def test_drawn_avatars_of_such_a_style_are_not_published(world, names, day):
    """With fewer than half of the planned avatars, the day is returned as ever."""
    drawn(world, *names)
    world.operating_state.switch(styles_off=("oil",))

    for _ in range(2):
        publish(world)
    settle(world)

    assert {avatar.style for avatar in get(world).avatars} == {"comic"}
    assert (world.job.styles_off, world.day) == (("oil",), day)


@pytest.mark.parametrize("write", ["save", "save_avatars"])
def test_a_step_that_dies_between_the_writes_still_tells_the_app(world, monkeypatch, write):
    def dies(*_):
        monkeypatch.undo()
        raise Unavailable("throttled")

    drawn(world, "comic", "comic", "oil")
    world.operating_state.switch(styles_off=("oil",))
    monkeypatch.setattr(world.jobs, write, dies)
    with pytest.raises(Unavailable):
        publish(world)

    publish(world)

    assert world.job.styles_off == ("oil",)
    shown = [one for one in world.jobs.avatars(JOB) if one.state is AvatarState.PUBLISHED]
    assert [one.style for one in shown] == ["comic", "comic"]


# --- shortages ------------------------------------------------------------------------------------


def test_without_an_instance_at_the_start_a_shortage_is_reported(world):
    waiting_for_an_instance(world)
    world.training.quota_used_up = True

    with pytest.raises(CapacityError):
        start_training(world)

    (found,) = world.operating_state.shortages()
    assert (found.of, found.seen_at, found.waited_s) == (Scarce.CAPACITY, NOW, 0)
    assert world.metrics.counted == {"GenerationWithoutCapacity": 1}


def test_without_an_instance_after_the_start_a_shortage_is_reported(world):
    waiting_for_an_instance(world)
    start_training(world)

    finish_training(world, TrainingStatus.NO_CAPACITY)

    assert [found.of for found in world.operating_state.shortages()] == [Scarce.CAPACITY]


def test_without_an_instance_of_the_endpoint_a_shortage_is_reported(world):
    approved(world)
    prepare(world)
    start_inference(world)

    finish_inference(world, error=JobError.NO_CAPACITY)

    assert [found.of for found in world.operating_state.shortages()] == [Scarce.CAPACITY]


def test_a_report_that_fails_does_not_hide_why_the_job_waits(world, monkeypatch):
    """The state machine tries a CapacityError for hours, and Unavailable for minutes."""

    def throttled(_):
        raise Unavailable("throttled")

    waiting_for_an_instance(world)
    world.training.quota_used_up = True
    monkeypatch.setattr(world.operating_state, "report", throttled)

    with pytest.raises(CapacityError):
        start_training(world)


def test_a_failed_training_job_is_no_shortage(world):
    waiting_for_an_instance(world)
    start_training(world)

    finish_training(world, TrainingStatus.FAILED)

    assert world.operating_state.shortages() == []


@pytest.mark.parametrize("late", [False, True])
def test_while_the_detector_throttles_the_job_waits_and_a_shortage_is_reported(
    world, monkeypatch, late
):
    moderating(world)
    monkeypatch.setattr(world.detector, "labels", _busy)
    if late:
        too_late(world)

    with pytest.raises(DetectorTimeout if late else DetectorBusy):
        moderate_photos(world)

    assert [found.of for found in world.operating_state.shortages()] == [Scarce.DETECTOR]
    assert world.metrics.counted == {"DetectorBusy": 1}


def test_while_the_detector_throttles_avatars_wait_too(world, monkeypatch):
    waiting_for_an_instance(world)
    world.work.deliver(a_result(1), {"a01": a_png(1)})
    monkeypatch.setattr(world.detector, "avatar_labels", _busy)

    with pytest.raises(DetectorBusy):
        moderate_avatars(world)

    assert world.jobs.avatars(JOB) == []


def _busy(*_, **__):
    raise DetectorBusy("throttled")


# --- how long a job waits -------------------------------------------------------------------------


def without_instance(world):
    with pytest.raises(CapacityError):
        start_training(world)


def busy_photos(world):
    with pytest.raises(DetectorBusy):
        moderate_photos(world)


def busy_avatars(world):
    with pytest.raises(DetectorBusy):
        moderate_avatars(world)


def to_be_moderated(world):
    measured(world, world.has(JobState.GENERATING, attempt=1, backend="training-job.painter"))
    world.work.report(JOB, 1, GenerationProgress(stage="done", done=1, total=1))
    world.work.deliver(a_result(1), {"a01": a_png(1)})


WAITS = {
    WaitingFor.CAPACITY: (waiting_for_an_instance, without_instance, start_training),
    WaitingFor.DETECTOR: (moderating, busy_photos, moderate_photos),
    "of avatars": (to_be_moderated, busy_avatars, moderate_avatars),
}


@pytest.fixture
def throttled(world, monkeypatch):
    world.training.quota_used_up = True
    with monkeypatch.context() as patch:
        patch.setattr(world.detector, "labels", _busy)
        patch.setattr(world.detector, "avatar_labels", _busy)
        yield patch


@pytest.mark.parametrize("of", WAITS)
def test_a_job_waits_since_its_first_refusal_and_no_longer_than_until_it_goes_on(
    world, throttled, of
):
    given, refused, step = WAITS[of]
    given(world)
    kind = WaitingFor.CAPACITY if of is WaitingFor.CAPACITY else WaitingFor.DETECTOR
    waited = []
    for _ in range(3):
        refused(world)
        waited += [one.waited_s for one in world.operating_state.shortages()]
        progress = get(world).progress
        assert (progress.waiting_for, progress.estimate) == (kind, None)
        world.clock.advance(timedelta(minutes=10))
    assert waited == [0, 600, 1200]

    throttled.undo()
    world.training.quota_used_up = False
    step(world)

    if kind is WaitingFor.DETECTOR:
        (wait,) = world.job.waits
        assert (wait.since, wait.until) == (NOW, NOW + timedelta(minutes=30))
        assert get(world).progress.waiting_for is None


def test_at_last_a_busy_detector_refuses_new_jobs(world, throttled):
    to_be_moderated(world)
    for _ in range(13):
        busy_avatars(world)
        world.clock.advance(timedelta(minutes=10))

    with pytest.raises(NotAccepting):
        create(world, an_order(user_id="another"))


@pytest.mark.parametrize("of", WAITS)
def test_a_stop_is_no_wait_for_something_else(world, throttled, of):
    """Else the first job after a stop of two hours would refuse new ones for 20 minutes."""
    given, refused, step = WAITS[of]
    given(world)
    refused(world)
    world.operating_state.switch(stop=WAIT)
    if of in STOPPABLE:
        with pytest.raises(WorkStopped):
            step(world)
    world.clock.advance(LONGEST_QUEUE)
    world.operating_state.switch(stop=None)

    refused(world)

    found = max(one.waited_s for one in world.operating_state.shortages())
    assert found == (0 if of in STOPPABLE else LONGEST_QUEUE.total_seconds())


STOPPABLE = {WaitingFor.CAPACITY, WaitingFor.DETECTOR}  # moderating avatars goes on


def test_an_attempt_waits_for_an_instance_until_it_is_drawn(world):
    """The container says how long it worked. The detector's wait comes after it."""
    waiting_for_an_instance(world)
    start_training(world)
    world.clock.advance(timedelta(minutes=20))
    finish_training(world, TrainingStatus.NO_CAPACITY)
    assert world.operating_state.shortages()[0].waited_s == 1200
    start_training(world, "t2")
    world.clock.advance(timedelta(minutes=10))
    world.work.deliver(a_result(1), {"a01": a_png(1)})

    moderate_avatars(world)

    drawn_at = world.clock.now() - timedelta(seconds=12.5)
    assert world.job.waits == (Wait(of=WaitingFor.CAPACITY, since=NOW, until=drawn_at),)


def test_a_wait_is_not_in_the_duration_from_which_others_are_estimated(world):
    avatars = [an_avatar(1)]
    wait = Wait(of=WaitingFor.DETECTOR, since=NOW - timedelta(minutes=4), until=NOW)
    job = world.has(JobState.FINISHING, with_avatars=avatars, waits=(wait,), backend="b.painter")
    whole = work_time(job, NOW)

    settle(world)

    assert world.durations.recent(job.backend, job.tier) == {
        bucket((whole - timedelta(minutes=4)).total_seconds()): 1
    }


def test_a_wait_that_cannot_be_stored_does_not_hide_why_the_job_waits(world, throttled):
    moderating(world)

    def lose(_):
        raise Unavailable("throttled")

    throttled.setattr(world.jobs, "save", lose)

    busy_photos(world)

    assert [one.waited_s for one in world.operating_state.shortages()] == [0]


@pytest.mark.parametrize("of", Scarce)
def test_while_something_is_short_a_new_job_gets_fewer_avatars_and_is_told(world, of):
    short(world, of)

    created = create(world, an_order(avatars=30))

    job = world.jobs.get(created.job_id)
    assert created.avatars == job.avatars == job.avatars_planned == AVATARS_WHEN_SHORT
    assert (job.avatars_asked, job.min_avatars) == (30, 6), "half of what the job promises"


def test_a_job_that_asks_for_few_gets_them_all(world):
    short(world)

    created = create(world, an_order(avatars=4))

    assert created.avatars == 4
    assert world.jobs.get(created.job_id).avatars_asked is None


def test_each_style_keeps_an_avatar(world):
    world.operating_state.switch(avatars_at_most=1)

    assert create(world, an_order(styles=["comic", "oil"], avatars=30)).avatars == 2


def test_an_operator_may_allow_fewer_without_a_shortage(world):
    world.operating_state.switch(avatars_at_most=6)

    assert create(world, an_order(avatars=30)).avatars == 6


def test_when_jobs_wait_for_hours_new_ones_are_refused(world):
    short(world, waited=LONGEST_QUEUE)

    with pytest.raises(NotAccepting) as refused:
        create(world)

    assert refused.value.retry_after_s == 900
    assert world.jobs.jobs == {}


def test_an_open_job_may_be_submitted_during_a_shortage(world):
    world.has()
    short(world, waited=LONGEST_QUEUE)

    assert submit(world).state is JobState.MODERATING


@pytest.mark.parametrize("waited", [timedelta(minutes=5), LONGEST_QUEUE])
def test_operators_may_switch_the_brownout_off(world, waited):
    world.operating_state.switch(brownout=False)
    short(world, waited=waited)

    assert create(world, an_order(avatars=30)).avatars == 30


def test_a_shortage_is_over_when_no_job_reports_it_any_more(world):
    short(world, waited=LONGEST_QUEUE)
    world.clock.advance(REPORTED_WITHIN)

    assert create(world, an_order(avatars=30)).avatars == 30


def test_the_longest_wait_of_the_last_minutes_counts(world):
    short(world, waited=LONGEST_QUEUE)
    world.clock.advance(timedelta(minutes=10))
    short(world, waited=timedelta(minutes=5))
    (longest,) = world.operating_state.shortages()
    assert longest.waited_s == LONGEST_QUEUE.total_seconds()

    world.clock.advance(timedelta(minutes=10))
    short(world, waited=timedelta(minutes=5))

    (latest,) = world.operating_state.shortages()
    assert latest.waited_s == 300


# --- what the app is told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "of", "shown"),
    [
        (JobState.GENERATING, Scarce.CAPACITY, WaitingFor.CAPACITY),
        (JobState.GENERATING, Scarce.DETECTOR, None),
        (JobState.MODERATING, Scarce.DETECTOR, None),
        (JobState.MODERATING, Scarce.CAPACITY, None),
    ],
)
def test_a_job_that_was_ordered_waits_for_an_instance_like_the_others(world, state, of, shown):
    job = measured(world, world.has(state, backend="training-job.painter"))
    short(world, of)

    progress = get(world).progress

    assert progress.waiting_for is shown
    assert (progress.estimate is None) == (shown is not None)
    assert progress.ends_by == job.created_at + DEADLINE


def measured(world, job):
    """Forty jobs like it took ten minutes."""
    for n in range(40):
        earlier = job.model_copy(update={"job_id": f"j{n:032x}"})
        world.durations.add(earlier, 600 + n, NOW)
    return job


def test_a_job_that_is_drawn_does_not_wait(world):
    waiting_for_an_instance(world)
    world.work.report(JOB, 1, GenerationProgress(stage="drawing", done=1, total=4))
    short(world)

    assert get(world).progress.waiting_for is None


@pytest.mark.parametrize(("stop", "shown"), [(WAIT, WaitingFor.STOPPED), (DRAIN, None)])
def test_a_stopped_job_says_so(world, stop, shown):
    moderating(world)
    world.operating_state.switch(stop=stop)

    assert get(world).progress.waiting_for is shown


# --- who switched ---------------------------------------------------------------------------------


def test_each_change_is_recorded_with_its_author_and_reason(world):
    changed = switch(
        lambda now: {"styles_off": (*now.styles_off, "oil")},
        by="arn:aws:sts::1:assumed-role/Operators/mia",
        why=" it draws hats ",
        state=world.operating_state,
        clock=world.clock,
    )

    assert world.operating_state.switches() == changed
    assert (changed.version, changed.last.why, changed.last.at) == (1, "it draws hats", NOW)
    (entry,) = world.audit_log.written
    assert (entry.action, entry.actor) == (AuditAction.SWITCHED, changed.last.by)
    assert entry.details == {"set": '{"styles_off":["oil"]}', "why": "it draws hats"}


def test_of_two_operators_at_once_the_second_is_refused(world):
    def changed(_):
        world.operating_state.switch(brownout=False)
        return {"endpoint_off": True}

    with pytest.raises(ConcurrentChange):
        switch(changed, by="mia", why="x", state=world.operating_state, clock=world.clock)

    assert not world.operating_state.switches().endpoint_off
