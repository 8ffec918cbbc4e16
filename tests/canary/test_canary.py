"""The canary ends what it began, says what was wrong, and erases its users."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canary import canary
from canary.canary import handler, run, user_of
from laptop_cloud.metrics import read
from likeness_client.errors import NotReached
from tests.alarms import NAMESPACE, after
from tests.infra.documents import ROOT

JOB = "j" + "0" * 32
ENDED = {
    "state": "completed",
    "avatars": [{}],
    "deletion": "deleted",
    "timeline": [
        {"state": "open", "at": "2026-11-30T09:05:01Z"},
        {"state": "completed", "at": "2026-11-30T09:09:01Z"},
    ],
}


class Api:
    """The API with the jobs of users, and what was called."""

    def __init__(self, jobs: dict[str, dict[str, Any]] | None = None) -> None:
        self.jobs = jobs or {}
        self.states = ["accepted"] * len(canary.PHOTOS)
        self.calls: list[str] = []
        self.erased: list[str] = []

    def list_jobs(self, user: str) -> Any:
        return {"jobs": [{"job_id": JOB}] if user in self.jobs else []}

    def get_job(self, _job_id: str) -> Any:
        return next(iter(self.jobs.values()))

    def request_erasure(self, user: str) -> None:
        self.erased.append(user)

    def get_consents(self) -> Any:
        return {"consents": [{"version": "2026-11"}]}

    def create_job(self, order: Any) -> Any:
        self.calls.append(f"create {order['user_id']}")
        return {"job_id": JOB, "uploads": [{}] * len(order["photos"])}

    def upload(self, _post: Any, photo: bytes) -> None:
        assert photo.startswith(b"\xff\xd8")
        self.calls.append("upload")

    def wait_for_photos(self, _job_id: str, **_: Any) -> Any:
        return {"photos": [{"state": state} for state in self.states]}

    def submit_job(self, _job_id: str) -> None:
        self.calls.append("submit")


@pytest.fixture(autouse=True)
def photos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "PHOTOS", sorted((ROOT / "demo" / "photos").glob("0[167]-*.jpg")))
    monkeypatch.setenv("LIKENESS_METRICS_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("LIKENESS_API_URL", "https://api.example")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


def test_each_hour_has_a_user_so_each_user_has_one_job_a_day() -> None:
    assert len({user_of(hour) for hour in range(48)}) == 24
    assert (user_of(-1), user_of(7)) == ("canary-23", "canary-07")


def test_a_run_ends_the_job_of_the_hour_before_and_begins_one() -> None:
    api = Api({"canary-06": ENDED})

    assert list(run(api, 7)) == []  # type: ignore[arg-type]
    assert api.calls == ["create canary-07", "upload", "upload", "upload", "submit"]
    assert api.erased == ["canary-06"]


@pytest.mark.parametrize(
    "change", [{"state": "in_review"}, {"avatars": []}, {"deletion": "pending"}]
)
def test_a_job_that_did_not_end_well_is_a_fault_and_its_user_is_erased(
    change: dict[str, Any],
) -> None:
    api = Api({"canary-06": ENDED | change})

    (fault,) = run(api, 7)  # type: ignore[arg-type]

    assert JOB in fault
    assert api.erased == ["canary-06"]
    assert api.calls[-1] == "submit"


def test_a_user_who_is_not_erased_after_an_hour_is_a_fault() -> None:
    assert len(list(run(Api({"canary-05": ENDED}), 7))) == 1  # type: ignore[arg-type]


def test_a_photo_that_is_not_accepted_is_a_fault_and_nothing_is_submitted() -> None:
    api = Api()
    api.states[1] = "refused"

    (fault,) = run(api, 7)  # type: ignore[arg-type]

    assert "accepted, refused, accepted" in fault
    assert "submit" not in api.calls


@pytest.mark.parametrize(("works", "state"), [(True, "OK"), (False, "ALARM")])
def test_the_alarm_rings_when_the_canary_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], works: bool, state: str
) -> None:
    api = Api()
    if not works:

        def refuse(_order: Any) -> None:
            raise NotReached("nothing listens")

        monkeypatch.setattr(api, "create_job", refuse)
    monkeypatch.setattr(canary, "Likeness", lambda *_: api)

    found = handler({"hour": 7}, None)

    assert bool(found["faults"]) is not works
    (sample,) = read(capsys.readouterr().out, 0)
    assert json.loads(json.dumps(sample.dimensions)) == {}
    published = (sample.namespace, sample.metric, {}, [sample.value])
    assert after("canary-failed", [published]) == state
