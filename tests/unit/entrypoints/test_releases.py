"""What a release does wrong is counted with its digest, and rings the alarm that undoes it."""

from __future__ import annotations

import pytest

from laptop_cloud.metrics import read
from likeness.domain.errors import Denied, NotFound, Unavailable
from likeness.entrypoints import releases
from likeness.entrypoints.releases import METRIC, handles
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


@pytest.mark.parametrize(
    ("release", "times", "state"), [(RELEASE, 3, "ALARM"), (RELEASE, 2, "OK"), ("older", 9, "OK")]
)
def test_the_alarm_rings_for_faults_of_its_release_only(release, times, state):
    published = (NAMESPACE, METRIC, {"Release": release}, [1] * times)

    assert after("release-faults", [published]) == state
