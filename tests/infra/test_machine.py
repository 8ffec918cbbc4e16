"""Rules that every state of the pipeline keeps."""

import pytest

from likeness.adapters.generation.endpoint import MAX_QUEUE_S
from likeness.adapters.generation.training_jobs import MAX_RUN_S
from likeness.adapters.policy_files import load_retention
from likeness.domain.generation.run import RUN_NAME, Run
from likeness.services.generation.prepare_generation import TIME_LIMIT_S
from likeness.services.jobs.waiting import UNKNOWN_FINDING
from tests.builders import JOB, NOW
from tests.infra.documents import read
from tests.infra.stacks import properties

MACHINE = read("infra/pipeline.asl.yaml")
TASKS = {name: state for name, state in MACHINE["States"].items() if state["Type"] == "Task"}
# Without a second opinion in time the first decision stands.
REROUTED = {  # operators switched the endpoint off
    "ErrorEquals": ["EndpointOff"],
    "ResultPath": "$.inference",
    "Next": "PrepareGeneration",
}
GOES_ON = {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.second", "Next": "ReadFirstDecision"}
# FailJob is the last resort: it is tried for hours, and no step follows on its failure. The job's
# own schedule repeats what ProveDeletion cannot do.
GIVES_UP = {"FailJob", "ProveDeletion"}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout(name):
    assert "TimeoutSeconds" in TASKS[name]


@pytest.mark.parametrize("name", TASKS)
def test_every_task_tries_again(name):
    assert TASKS[name]["Retry"]


@pytest.mark.parametrize("name", sorted(set(TASKS) - GIVES_UP))
def test_whatever_goes_wrong_ends_in_fail_job(name):
    *before, last = TASKS[name]["Catch"]
    assert last == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "FailJob"}
    assert before == {"RequestSecondReview": [GOES_ON], "StartInference": [REROUTED]}.get(name, [])


def test_an_unknown_value_at_a_choice_never_widens_what_passes():
    choices = {n: s["Default"] for n, s in MACHINE["States"].items() if s["Type"] == "Choice"}
    assert choices["ReadVerdict"] == "RequestReview"
    for name in ("ReadDecision", "ReadFirstDecision", "ReadSecondDecision"):
        assert choices[name] == "Refuse"


def test_the_endpoints_container_has_no_network(generation):
    assert generation["Resources"]["Model"]["Properties"]["EnableNetworkIsolation"] is True


def test_the_endpoint_is_waited_for_as_long_as_it_may_queue_and_draw():
    assert MACHINE["States"]["StartInference"]["TimeoutSeconds"] == MAX_QUEUE_S + MAX_RUN_S


def test_the_container_is_to_be_done_before_sagemaker_stops_it():
    assert MAX_RUN_S > TIME_LIMIT_S


@pytest.mark.parametrize(
    ("name", "error", "lasts"),
    [
        ("StartTraining", "States.Timeout", TASKS["StartTraining"]["TimeoutSeconds"]),
        ("StartTraining", "CapacityError", 0),
        ("StartInference", "CapacityError", MAX_QUEUE_S),
        ("ModeratePhotos", "UnknownDetector", 0),
        ("ModerateAvatars", "UnknownDetector", 0),
    ],
)
def test_a_job_waits_until_the_function_and_not_the_state_machine_gives_up(name, error, lasts):
    (retry,) = (one for one in TASKS[name]["Retry"] if error in one["ErrorEquals"])
    pause = retry["IntervalSeconds"] / 2  # the mean with JitterStrategy FULL

    assert retry["MaxAttempts"] * (pause + lasts) > load_retention().deadline.total_seconds()


def test_the_end_of_every_try_reaches_finish_training():
    event = properties("FinishTrainingFunction")["Events"]["Ended"]["Properties"]
    detail = event["Pattern"]["detail"]
    run = Run(job_id=JOB, attempt=1, requested_at=NOW)

    assert run.name.startswith(detail["TrainingJobName"][0]["prefix"])
    assert detail["TrainingJobStatus"] == ["Completed", "Failed", "Stopped"]
    assert detail["RoleArn"] == [
        properties("StartTrainingFunction")["Environment"]["Variables"]["LIKENESS_TRAINING_ROLE"]
    ]
    assert event["DeadLetterConfig"]["Arn"]


def test_the_longest_name_of_a_training_job_is_short_enough():
    """63 characters: botocore's model of sagemaker, TrainingJobName."""
    run = Run(job_id=JOB, attempt=2, tries=99_999, requested_at=NOW)

    assert len(run.name) <= 63
    assert RUN_NAME.fullmatch(run.name)


def test_an_unknown_label_or_version_raises_an_alarm():
    alarm = read("infra/alarms.yaml")["Resources"]["UnknownModeration"]["Properties"]

    assert alarm["MetricName"] == UNKNOWN_FINDING
    assert alarm["AlarmActions"]


def test_an_execution_ends_before_a_photo_may_be_a_day_old():
    assert MACHINE["TimeoutSeconds"] < 24 * 3600


@pytest.mark.parametrize("name", sorted(n for n in TASKS if "lambda" in TASKS[n]["Resource"]))
def test_only_ids_and_attempts_and_tokens_go_into_a_step(name):
    assert set(TASKS[name]["Parameters"]["Payload"]) <= {
        "job_id.$",
        "attempt.$",
        "error.$",
        "task_token.$",
    }
