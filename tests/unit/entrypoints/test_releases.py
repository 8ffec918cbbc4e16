"""What a release does wrong is counted with its digest, and sets off the alarm that undoes it."""

from __future__ import annotations

import pytest

from laptop_cloud.metrics import matches, read
from likeness.domain.errors import (
    CapacityError,
    Denied,
    DetectorBusy,
    NotFound,
    Unavailable,
    UnknownDetector,
    WorkStopped,
)
from likeness.entrypoints import releases
from likeness.entrypoints.releases import METRIC, WAITS, handles
from tests.alarms import NAMESPACE, after
from tests.builders import Context
from tests.infra.stacks import deployed

RELEASE = "Release"  # of the resolved template


def faults(error: Exception, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, dict]]:
    @handles(lambda: None)
    def handler(_event: object, _context: object) -> None:
        raise error

    with pytest.raises(type(error)):
        handler({}, Context())
    return [(one.metric, dict(one.dimensions)) for one in read(capsys.readouterr().out, 0)]


@pytest.fixture(autouse=True)
def release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "RELEASE", RELEASE)


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), Denied("no kms:Sign")])
def test_an_exception_that_no_use_case_raises_is_a_fault_of_the_release(error, capsys):
    assert faults(error, capsys) == [(METRIC, {"Release": RELEASE})]


@pytest.mark.parametrize("error", [Unavailable("throttled"), NotFound("no such job")])
def test_an_error_of_a_use_case_is_none(error, capsys):
    assert faults(error, capsys) == []


@pytest.mark.parametrize("error", [CapacityError, DetectorBusy, UnknownDetector, WorkStopped])
def test_a_step_whose_job_waits_is_no_error_of_a_function(error, capsys):
    """Else no release could be deployed while operators stop the work."""
    assert faults(error("waits"), capsys) == [(WAITS, {})]
    lambdas = [("AWS/Lambda", "Invocations", {}, [1000]), ("AWS/Lambda", "Errors", {}, [400])]

    assert after("function-errors", lambdas) == "ALARM"
    assert after("function-errors", [*lambdas, (NAMESPACE, WAITS, {}, [1] * 400)]) == "OK"


@pytest.mark.parametrize(
    ("release", "times", "state"), [(RELEASE, 3, "ALARM"), (RELEASE, 2, "OK"), ("older", 9, "OK")]
)
def test_the_alarm_goes_off_for_faults_of_its_release_only(release, times, state):
    published = (NAMESPACE, METRIC, {"Release": release}, [1] * times)

    assert after("release-faults", [published]) == state


# Records of Lambda ("Lambda Telemetry API Event schema reference") and of Python's runtime
# (awslambdaric/bootstrap.py, log_error) in a function's log.
NOT_IMPORTED = (
    '{"type":"platform.initReport","record":{"phase":"init","status":"error",'
    '"errorType":"Runtime.ImportModuleError"}}'
)
NOT_RESTORED = '{"type":"platform.restoreReport","record":{"status":"failure"}}'
NOT_FOUND = (
    '{"log_level":"ERROR","errorType":"Runtime.HandlerNotFound","errorMessage":"","requestId":""}'
)
STARTED = '{"type":"platform.initReport","record":{"phase":"init","status":"success"}}'
RAISED = (
    '{"type":"platform.report","record":{"status":"error","errorType":"Runtime.Unknown"}}'
    '\n{"log_level":"ERROR","errorType":"CapacityError","errorMessage":"","requestId":"1"}'
)
TIMED_OUT = '{"type":"platform.report","record":{"requestId":"1","status":"timeout"}}'
KILLED = '{"type":"platform.report","record":{"status":"error","errorType":"Runtime.ExitError"}}'


@pytest.mark.parametrize(
    ("log", "counted"),
    [
        (NOT_IMPORTED, ["FunctionsNotStarted"]),
        (NOT_RESTORED, ["FunctionsNotStarted"]),
        (NOT_FOUND, ["FunctionsNotStarted"]),
        (TIMED_OUT, ["FunctionTimeouts"]),
        (STARTED, []),
        (RAISED, []),
        (KILLED, []),
    ],
)
def test_an_invocation_that_dies_is_counted_from_lambdas_record(log, counted):
    filters = [
        resource["Properties"]
        for stack in deployed()
        for resource in stack.resources.values()
        if resource["Type"] == "AWS::Logs::MetricFilter"
    ]
    found = [
        one["MetricTransformations"][0]["MetricName"]
        for line in log.splitlines()
        for one in filters
        if matches(one["FilterPattern"], line)
    ]

    assert found == counted


def test_the_alarm_goes_off_for_a_release_that_cannot_be_imported():
    assert after("functions-not-started", [(NAMESPACE, "FunctionsNotStarted", {}, [1])]) == "ALARM"


@pytest.mark.parametrize(
    ("timeouts", "invocations", "state"),
    [(3, 3000, "ALARM"), (2, 10, "OK"), (9, 9001, "OK"), (30, 30_000, "ALARM")],
)
def test_the_alarm_goes_off_if_one_invocation_in_a_thousand_times_out(timeouts, invocations, state):
    """That is a tenth of the calls of one function in sixty, and not a slow call now and then."""
    published = [
        (NAMESPACE, "FunctionTimeouts", {}, [timeouts]),
        ("AWS/Lambda", "Invocations", {}, [invocations]),
    ]

    assert after("function-timeouts", published) == state
