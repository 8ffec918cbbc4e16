"""The alarms of the templates: each has an entry in the runbook and the reverse, and goes off."""

import re

import pytest

from tests.alarms import NAMESPACE, after, alarms
from tests.infra.documents import ROOT
from tests.infra.stacks import deployed

RUNBOOK = "docs/runbook.md"
PARTS = ["Means", "Look at", "Do", "Over when"]


def entries() -> dict[str, str]:
    parts = re.split(r"^### (.*)\n", (ROOT / RUNBOOK).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_alarm_has_an_entry_in_the_runbook_and_the_reverse():
    assert set(entries()) == set(alarms())


def test_an_entry_says_what_it_means_what_to_look_at_what_to_do_and_when_it_is_over():
    wrong = {
        name: found
        for name, text in entries().items()
        if (found := re.findall(r"^\*\*(.*?)\*\* \S", text, re.MULTILINE)) != PARTS
    }
    assert wrong == {}


def test_every_alarm_with_a_name_notifies_the_topic():
    for name, alarm in alarms().items():
        actions = {*alarm.get("AlarmActions", []), *alarm.get("InsufficientDataActions", [])}
        assert {one.rpartition(":")[2] for one in actions} == {"likeness-STAGE-alarms"}, name


# --- every alarm goes off ------------------------------------------------------------------------

API = {"ApiId": "Api"}
PIPELINE, ERASURE, SWEEP = (
    {"StateMachineArn": f"arn:aws:states:REGION:ACCOUNT:stateMachine:likeness-STAGE{name}"}
    for name in ("", "-erasure", "-sweep")
)


def queue(name):
    return [("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": name}, [1])]


def api(requests, failed, ms=100):
    return [
        ("AWS/ApiGateway", "Count", API, [requests]),
        ("AWS/ApiGateway", "5xx", API, [failed]),
        ("AWS/ApiGateway", "Latency", API, [ms] * 5),
    ]


def functions(invocations, failed, throttled=0, claimed=10):
    counts = {"Invocations": invocations, "Errors": failed, "Throttles": throttled}
    found = [("AWS/Lambda", name, {}, [count]) for name, count in counts.items()]
    return [*found, ("AWS/Lambda", "ClaimedAccountConcurrency", {}, [claimed])]


def executions(machine, **counts):
    return [("AWS/States", name, machine, [count]) for name, count in counts.items()]


def schedules(**counts):
    return [
        ("AWS/Scheduler", name, {"ScheduleGroup": "likeness-STAGE"}, [counts[name]])
        for name in counts
    ]


# What AWS publishes in each period of the alarm when its fault is there, and in a period before it.
# Names and dimensions are those of the page of AWS's documentation that alarms.yaml names.
FAULTS = {
    "api-errors": (api(1000, 10), api(1000, 9)),
    "api-slow": (api(1000, 0, ms=3000), api(1000, 0, ms=2999)),
    "function-errors": (functions(1000, 50), functions(1000, 49)),
    "function-throttles": (functions(1000, 0, throttled=10), functions(1000, 0, throttled=9)),
    "function-concurrency": (functions(9, 0, claimed=800), functions(9, 0, claimed=799)),
    "pipeline-failed": (
        executions(PIPELINE, ExecutionsFailed=1, ExecutionsTimedOut=1, ExecutionThrottled=1),
        [*executions(PIPELINE, ExecutionsFailed=2), *executions(ERASURE, ExecutionsFailed=9)],
    ),
    "erasure-failed": (
        executions(ERASURE, ExecutionsTimedOut=1),
        executions(PIPELINE, ExecutionsTimedOut=1),
    ),
    "schedules-failed": (schedules(InvocationDroppedCount=1), schedules(InvocationAttemptCount=9)),
    "rules-failed": (
        [("AWS/Events", "FailedInvocations", {"RuleName": "any"}, [1])],
        [("AWS/Events", "Invocations", {"RuleName": "any"}, [1])],
    ),
    "events-late": (
        [("AWS/Lambda", "IteratorAge", {"FunctionName": "AnnounceChangesFunction"}, [300_000])],
        [("AWS/Lambda", "IteratorAge", {"FunctionName": "AnnounceChangesFunction"}, [299_999])],
    ),
    "endpoint-behind": (
        [
            (
                "AWS/SageMaker",
                "ApproximateAgeOfOldestRequest",
                {"EndpointName": "likeness-STAGE"},
                [600],
            )
        ],
        [
            (
                "AWS/SageMaker",
                "ApproximateAgeOfOldestRequest",
                {"EndpointName": "likeness-STAGE"},
                [599],
            )
        ],
    ),
    "sweep-failed": (
        executions(SWEEP, ExecutionsAborted=1),
        [*executions(SWEEP, ExecutionsStarted=1), *executions(PIPELINE, ExecutionsFailed=1)],
    ),
    "dead-letters": (queue("DeadLetterQueue.QueueName"), queue("EventDeadLetterQueue.QueueName")),
    "event-dead-letters": (
        queue("EventDeadLetterQueue.QueueName"),
        queue("DeadLetterQueue.QueueName"),
    ),
    "delivery-dead-letters": (
        queue("DeliveryDeadLetterQueue.QueueName"),
        queue("DeadLetterQueue.QueueName"),
    ),
}
# INSUFFICIENT_DATA notifies.
BY_ABSENCE = {"audit-anchor-missing", "sweep-missing", "certificate-expires"}


@pytest.mark.parametrize("name", FAULTS)
def test_an_alarm_on_a_metric_of_aws_goes_off_at_its_threshold(name):
    fault, before = FAULTS[name]

    assert (after(name, fault), after(name, before)) == ("ALARM", "OK")


@pytest.mark.parametrize("name", sorted(BY_ABSENCE))
def test_an_alarm_that_misses_its_data_notifies(name):
    alarm = alarms()[name]

    assert alarm["InsufficientDataActions"]
    assert after(name, []) == "INSUFFICIENT_DATA"


def test_the_end_of_the_last_sweep_is_not_taken_for_a_sweep():
    """An execution that ends publishes ExecutionsStarted with the value 0."""
    ended = executions(SWEEP, ExecutionsStarted=0)

    assert after("sweep-missing", ended) == "ALARM"
    assert alarms()["sweep-missing"]["AlarmActions"]


def test_every_alarm_goes_off_in_a_test():
    """`goes_off` or `after` is in the tests that cause the fault."""
    caused = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r'\b(?:goes_off|after)\(\s*"([a-z-]+)"', path.read_text())
    }

    assert caused | set(FAULTS) | BY_ABSENCE == set(alarms())


def test_every_alarm_on_a_metric_of_ours_is_on_one_that_the_code_or_a_filter_publishes():
    sources = [*(ROOT / "layers").rglob("*.py"), ROOT / "canary" / "canary.py"]
    code = "".join(path.read_text() for path in sources)
    filtered = {
        transformation["MetricName"]
        for stack in deployed()
        for resource in stack.resources.values()
        if resource["Type"] == "AWS::Logs::MetricFilter"
        for transformation in resource["Properties"]["MetricTransformations"]
    }
    watched = {
        metric
        for alarm in alarms().values()
        for namespace, metric in metrics_of(alarm)
        if namespace == NAMESPACE
    }

    assert len(watched) > 10
    assert [one for one in watched if f'"{one}"' not in code and one not in filtered] == []


def metrics_of(alarm):
    if "MetricName" in alarm:
        yield alarm["Namespace"], alarm["MetricName"]
    for one in alarm.get("Metrics", []):
        if "MetricStat" in one:
            metric = one["MetricStat"]["Metric"]
            yield metric["Namespace"], metric["MetricName"]
