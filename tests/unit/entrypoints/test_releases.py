"""What a release does wrong is counted with its digest, and rings the alarm that undoes it."""

from __future__ import annotations

import pytest

from laptop_cloud.metrics import read
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
def test_the_alarm_rings_for_faults_of_its_release_only(release, times, state):
    published = (NAMESPACE, METRIC, {"Release": release}, [1] * times)

    assert after("release-faults", [published]) == state
