"""Every branch of the pipeline, executed."""

import pytest

from tests.builders import JOB
from tests.workflow.machine import PREPARED, USUAL, Fails, Never, TaskFailure, definition

TO_THE_END = ["DeletePhotos", "PublishAvatars", "SettleJob", "ProveDeletion"]
BAD_END = ["FailJob", "ProveDeletion"]
ONE_ATTEMPT = ["PrepareGeneration", "StartTraining", "ModerateAvatars"]
ON_THE_ENDPOINT = ["PrepareGeneration", "StartInference", "UnpackAvatars", "ModerateAvatars"]
OUTAGE = Fails("Unavailable")
ENDS = {"late": False}
REFUSED = {"state": "refused"} | ENDS


def test_clean_photos_become_avatars(machine):
    ran = machine.run()

    assert ran.status == "SUCCEEDED"
    assert ran.steps == ["ModeratePhotos", *ONE_ATTEMPT, *TO_THE_END]


def test_doubtful_photos_wait_for_a_moderator_and_go_on_when_approved(machine):
    ran = machine.run(ModeratePhotos={"outcome": "doubtful"})

    assert ran.status == "SUCCEEDED"
    assert ran.steps == ["ModeratePhotos", "RequestReview", *ONE_ATTEMPT, *TO_THE_END]


def test_an_unknown_outcome_goes_to_a_moderator(machine):
    ran = machine.run(ModeratePhotos={"outcome": "splendid"})

    assert ran.steps[:2] == ["ModeratePhotos", "RequestReview"]


def test_photos_that_a_moderator_refuses_end_the_job(machine):
    ran = machine.run(
        ModeratePhotos={"outcome": "doubtful"},
        RequestReview={"approved": False, "second": False},
        FailJob=REFUSED,
    )

    assert ran.status == "SUCCEEDED", "a refusal is no failure of ours"
    assert ran.steps == ["ModeratePhotos", "RequestReview", *BAD_END]
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "Refused"}]


def test_refused_photos_end_the_job_before_anything_is_drawn(machine):
    ran = machine.run(ModeratePhotos={"outcome": "refused"}, FailJob=REFUSED)

    assert ran.steps == ["ModeratePhotos", *BAD_END]
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "Refused"}]


def test_an_undecided_review_ends_the_job(machine):
    ran = machine.run(
        ModeratePhotos={"outcome": "doubtful"},
        RequestReview=Never(),
        FailJob={"state": "expired"} | ENDS,
    )

    assert ran.status == "SUCCEEDED"
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "States.Timeout"}]


@pytest.mark.parametrize(
    ("first", "second", "goes_on"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_of_two_decisions_the_stricter_one_stands(machine, first, second, goes_on):
    ran = machine.run(
        ModeratePhotos={"outcome": "doubtful"},
        RequestReview={"approved": first, "second": True},
        RequestSecondReview={"approved": second, "second": False},
        FailJob=REFUSED,
    )

    then = [*ONE_ATTEMPT, *TO_THE_END] if goes_on else BAD_END
    assert ran.steps == ["ModeratePhotos", "RequestReview", "RequestSecondReview", *then]
    if not goes_on:
        assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "Refused"}]


@pytest.mark.parametrize("first", [True, False])
def test_without_a_second_opinion_in_time_the_first_decision_stands(machine, first):
    ran = machine.run(
        ModeratePhotos={"outcome": "doubtful"},
        RequestReview={"approved": first, "second": True},
        RequestSecondReview=Never(),
        FailJob=REFUSED,
    )

    assert ran.status == "SUCCEEDED"
    assert ran.steps[3:4] == (["PrepareGeneration"] if first else ["FailJob"])


def test_refused_avatars_are_drawn_again_once(machine):
    ran = machine.run(
        ModerateAvatars=[{"redraw": True, "approved": 17}, {"redraw": False, "approved": 28}]
    )

    assert ran.status == "SUCCEEDED"
    assert ran.steps == ["ModeratePhotos", *ONE_ATTEMPT, *ONE_ATTEMPT, *TO_THE_END]
    assert [asked["attempt"] for asked in ran.inputs["PrepareGeneration"]] == [1, 2]
    assert [asked["attempt"] for asked in ran.inputs["ModerateAvatars"]] == [1, 2]


def test_a_training_job_is_started_and_awaited(machine):
    ran = machine.run()

    (started,) = ran.inputs["StartTraining"]
    assert set(started) == {"job_id", "attempt", "task_token"}
    assert (started["job_id"], started["attempt"]) == (JOB, 1)


def test_a_failed_training_job_ends_the_job(machine):
    """The container's error would occur again; SageMaker itself retries its own errors."""
    ran = machine.run(StartTraining=TaskFailure("GenerationFailed"))

    assert ran.status == "FAILED"
    assert ran.steps.count("StartTraining") == 1
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "GenerationFailed"}]


@pytest.mark.parametrize("backend", ["training-job", "async-endpoint"])
@pytest.mark.parametrize("no_instance", [TaskFailure("CapacityError"), Fails("CapacityError")])
def test_without_capacity_another_try_follows(machine, backend, no_instance):
    """An instance is missing after the start, or the account's quota refuses it at the start."""
    step = "StartTraining" if backend == "training-job" else "StartInference"

    ran = machine.run(backend=backend, **{step: [no_instance, USUAL[step]]})

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count(step) > 1, "moto may lose the second answer: then the step times out"
    assert ran.steps.count("PrepareGeneration") == 1


@pytest.mark.parametrize("backend", ["training-job", "async-endpoint"])
def test_when_it_is_too_late_to_wait_for_capacity_the_job_ends(machine, backend):
    step = "StartTraining" if backend == "training-job" else "StartInference"

    ran = machine.run(
        backend=backend, **{step: [TaskFailure("CapacityError"), Fails("CapacityTimeout")]}
    )

    assert ran.status == "FAILED"
    assert ran.steps.count(step) == 2
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "CapacityTimeout"}]


def test_a_lost_event_is_noticed_because_the_step_runs_again(machine):
    ran = machine.run(StartTraining=[Never(), USUAL["StartTraining"]])

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count("StartTraining") > 1, "moto may lose the second answer too"


@pytest.mark.parametrize("step", ["ModeratePhotos", "ModerateAvatars"])
def test_under_an_unknown_detector_version_a_job_waits_and_draws_nothing_more(machine, step):
    ran = machine.run(**{step: [Fails("UnknownDetector"), USUAL[step]]})

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count(step) == 2
    assert ran.steps.count("StartTraining") == 1
    assert "RequestReview" not in ran.steps


@pytest.mark.parametrize("step", ["ModeratePhotos", "ModerateAvatars"])
def test_when_it_is_too_late_to_wait_for_the_policy_the_job_ends(machine, step):
    ran = machine.run(**{step: [Fails("UnknownDetector"), Fails("DetectorTimeout")]})

    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "DetectorTimeout"}]


def test_on_the_endpoint_an_attempt_is_started_awaited_and_unpacked(machine):
    ran = machine.run(backend="async-endpoint")

    assert ran.status == "SUCCEEDED"
    assert ran.steps == ["ModeratePhotos", *ON_THE_ENDPOINT, *TO_THE_END]
    assert set(ran.inputs["StartInference"][0]) == {"job_id", "attempt", "task_token"}
    assert ran.inputs["UnpackAvatars"] == [{"job_id": JOB, "attempt": 1}]


def test_on_the_endpoint_refused_avatars_are_drawn_again_once(machine):
    ran = machine.run(
        backend="async-endpoint",
        ModerateAvatars=[{"redraw": True, "approved": 17}, {"redraw": False, "approved": 28}],
    )

    assert ran.steps == ["ModeratePhotos", *ON_THE_ENDPOINT, *ON_THE_ENDPOINT, *TO_THE_END]
    assert [asked["attempt"] for asked in ran.inputs["StartInference"]] == [1, 2]
    assert [asked["attempt"] for asked in ran.inputs["UnpackAvatars"]] == [1, 2]


def test_a_failed_inference_is_retried(machine):
    ran = machine.run(
        backend="async-endpoint",
        StartInference=[TaskFailure("GenerationFailed"), USUAL["StartInference"]],
    )

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count("StartInference") > 1
    assert ran.steps.count("UnpackAvatars") == 1


def test_an_inference_that_keeps_failing_ends_the_job(machine):
    ran = machine.run(backend="async-endpoint", StartInference=TaskFailure("GenerationFailed"))

    assert ran.status == "FAILED"
    assert ran.steps[-2:] == BAD_END
    assert "UnpackAvatars" not in ran.steps
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "GenerationFailed"}]


def test_an_unknown_backend_starts_a_training_job(machine):
    assert machine.run(backend="by-hand").steps == ["ModeratePhotos", *ONE_ATTEMPT, *TO_THE_END]


def test_without_any_avatar_there_is_nothing_to_publish(machine):
    ran = machine.run(ModerateAvatars={"redraw": False, "approved": 0})

    assert ran.status == "FAILED"
    assert ran.error == "JobFailed"
    assert ran.steps[-2:] == BAD_END
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "NoAvatars"}]
    assert "PublishAvatars" not in ran.steps


TASKS = [
    name
    for name, state in definition()["States"].items()
    if state["Type"] == "Task" and name not in {"RunTest", *BAD_END}
]
WAYS = {
    "RequestReview": {"ModeratePhotos": {"outcome": "doubtful"}},
    "StartInference": {"backend": "async-endpoint"},
    "UnpackAvatars": {"backend": "async-endpoint"},
    "RequestSecondReview": {
        "ModeratePhotos": {"outcome": "doubtful"},
        "RequestReview": {"approved": True, "second": True},
    },
}


@pytest.mark.parametrize("name", TASKS)
def test_a_step_that_fails_once_is_retried(machine, name):
    ran = machine.run(**{**WAYS.get(name, {}), name: [OUTAGE, USUAL[name]]})

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count(name) == 2


@pytest.mark.parametrize("name", TASKS)
def test_a_step_that_keeps_failing_ends_in_fail_job(machine, name):
    ran = machine.run(**{**WAYS.get(name, {}), name: OUTAGE})

    assert ran.status == "FAILED"
    assert ran.error == "JobFailed"
    assert ran.steps[-2:] == BAD_END
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "Unavailable"}]


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"DeletePhotos"}))
def test_a_permanent_error_is_not_retried(machine, name):
    ran = machine.run(**{**WAYS.get(name, {}), name: Fails("Denied")})

    assert ran.steps.count(name) == 1
    assert ran.steps[-2:] == BAD_END


def test_a_left_out_photo_that_is_not_deleted_yet_does_not_end_the_job(machine):
    ran = machine.run(ModeratePhotos=[Fails("NotDeleted"), {"outcome": "clean"}])

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count("ModeratePhotos") == 2


def test_deleting_is_retried_after_any_error(machine):
    ran = machine.run(DeletePhotos=[Fails("Denied"), Fails("NotDeleted"), {"objects": 0}])

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count("DeletePhotos") == 3


def test_ending_a_job_is_retried_after_any_error(machine):
    ran = machine.run(
        ModeratePhotos={"outcome": "refused"},
        FailJob=[Fails("NotDeleted"), Fails("ConcurrentChange"), REFUSED],
    )

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count("FailJob") == 3


@pytest.mark.parametrize("error", ["Cancelled", "NotSubmitted", "Stopped"])
def test_an_execution_with_a_failure_as_input_ends_the_job_at_once(machine, error):
    ran = machine.run({"failure": {"Error": error}}, FailJob={"state": "cancelled"} | ENDS)

    assert ran.status == "SUCCEEDED"
    assert ran.steps == BAD_END
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": error}]


def test_an_unknown_job_is_not_ended_repeatedly(machine):
    """Its timer was set, and then the job could not be stored."""
    ran = machine.run({"failure": {"Error": "NotSubmitted"}}, FailJob=Fails("NotFound"))

    assert ran.steps == ["FailJob"]
    assert ran.status == "SUCCEEDED"


def test_the_timer_of_a_submitted_job_deletes_nothing(machine):
    ran = machine.run(
        {"failure": {"Error": "NotSubmitted"}}, FailJob={"state": "in_review", "late": True}
    )

    assert ran.status == "SUCCEEDED"
    assert ran.steps == ["FailJob"]


@pytest.mark.parametrize(
    ("moderated", "status"), [("clean", "SUCCEEDED"), ("refused", "FAILED")], ids=["good", "bad"]
)
def test_an_unproven_deletion_does_not_change_the_outcome(machine, moderated, status):
    """The job's own schedule continues with it."""
    ran = machine.run(ModeratePhotos={"outcome": moderated}, ProveDeletion=Fails("Denied"))

    assert ran.status == status
    assert ran.steps[-3:] == ["ProveDeletion"] * 3


def test_prove_deletion_gets_only_the_job_id(machine):
    """Only a schedule may say that a job is overdue."""
    ran = machine.run()

    assert ran.inputs["ProveDeletion"] == [{"job_id": JOB}]


# --- test jobs -----------------------------------------------------------------------------------

TEST = {"test": True}


def test_a_test_job_is_neither_moderated_nor_drawn(machine):
    ran = machine.run(TEST)

    assert ran.status == "SUCCEEDED"
    assert ran.steps == ["RunTest", *TO_THE_END]
    assert ran.inputs["RunTest"] == [{"job_id": JOB}]


def test_a_test_job_waits_as_long_as_its_plan_says(machine):
    wait = USUAL["RunTest"] | {"next": "wait", "wait_s": 1}

    ran = machine.run(TEST, RunTest=[wait, wait, USUAL["RunTest"]])

    assert ran.steps == ["RunTest"] * 3 + TO_THE_END


def test_a_test_job_that_a_moderator_approves_continues_as_a_test(machine):
    review = USUAL["RunTest"] | {"next": "review"}

    ran = machine.run(TEST, RunTest=[review, USUAL["RunTest"]])

    assert ran.steps == ["RunTest", "RequestReview", "RunTest", *TO_THE_END]


def test_a_test_job_that_a_moderator_refuses_ends(machine):
    ran = machine.run(
        TEST,
        RunTest=USUAL["RunTest"] | {"next": "review"},
        RequestReview={"approved": False, "second": False},
        FailJob=REFUSED,
    )

    assert ran.steps == ["RunTest", "RequestReview", *BAD_END]


@pytest.mark.parametrize("then", ["fail", "splendid"])
def test_a_test_job_that_fails_as_planned_is_no_failed_execution(machine, then):
    """A failed execution raises an alarm. An unknown result of the step ends the job too."""
    failed = USUAL["RunTest"] | {"next": then, "error": "GenerationFailed"}

    ran = machine.run(TEST, RunTest=failed)

    assert ran.status == "SUCCEEDED"
    assert ran.steps == ["RunTest", *BAD_END]
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "GenerationFailed"}]


def test_an_error_of_the_step_that_passes_is_retried(machine):
    ran = machine.run(TEST, RunTest=[OUTAGE, USUAL["RunTest"]])

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count("RunTest") == 2


def test_an_error_of_the_step_ends_a_test_job(machine):
    ran = machine.run(TEST, RunTest=OUTAGE)

    assert ran.steps.count("RunTest") > 1
    assert ran.steps[-2:] == BAD_END
    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": "Unavailable"}]


@pytest.mark.parametrize(
    ("backend", "step"),
    [
        ("training-job", "ModeratePhotos"),
        ("training-job", "PrepareGeneration"),
        ("training-job", "StartTraining"),
        ("async-endpoint", "StartInference"),
        ("training-job", "PublishAvatars"),
    ],
)
def test_a_stopped_job_waits_and_goes_on_where_it_waited(machine, backend, step):
    ran = machine.run(backend=backend, **{step: [Fails("WorkStopped"), USUAL[step]]})

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count(step) > 1
    assert "FailJob" not in ran.steps


@pytest.mark.parametrize("step", ["ModeratePhotos", "ModerateAvatars"])
def test_a_job_waits_for_a_busy_detector(machine, step):
    ran = machine.run(**{step: [Fails("DetectorBusy"), USUAL[step]]})

    assert ran.status == "SUCCEEDED"
    assert ran.steps.count(step) == 2


@pytest.mark.parametrize("error", ["JobStopped", "StylesOff"])
@pytest.mark.parametrize("step", ["PrepareGeneration", "PublishAvatars"])
def test_a_job_that_operators_ended_fails_at_once(machine, step, error):
    ran = machine.run(**{step: Fails(error)})

    assert ran.inputs["FailJob"] == [{"job_id": JOB, "error": error}]
    assert ran.steps.count(step) == 1


def test_without_the_endpoint_a_waiting_job_is_ordered_as_a_training_job(machine):
    ran = machine.run(
        PrepareGeneration=[PREPARED | {"backend": "async-endpoint"}, PREPARED],
        StartInference=Fails("EndpointOff"),
    )

    assert ran.status == "SUCCEEDED"
    assert ran.steps == [
        "ModeratePhotos",
        "PrepareGeneration",
        "StartInference",
        *ONE_ATTEMPT,
        *TO_THE_END,
    ]
