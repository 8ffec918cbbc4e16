"""The steps of a rehearsal, their order and their ends."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from urllib3.exceptions import ProtocolError

from demo.job import NoAvatars
from infra.rehearse import __main__ as command, job, places
from infra.rehearse.__main__ import Wanted, rehearse
from infra.rehearse.places import Account
from infra.rehearse.results import CheckResult, Failed, Level
from infra.rehearse.stack import Stack
from likeness_client.errors import ApiError, NotReached

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ID, ISSUER = "j0123", "likeness/dev"
DONE: dict[str, Any] = {"job_id": ID, "timeline": [], "photos": [], "avatars": [{}]}


class Pretended:
    """A place that records what is done to it."""

    stack, region = "likeness-dev", "eu-central-1"
    outputs = {"StateMachine": "machine"}

    def __init__(self, *, status: str = "CREATE_COMPLETE", deploys: bool = True) -> None:
        self.status, self.deploys = status, deploys
        self.did: list[Any] = []

    def clients(self, service: str) -> Any:
        assert service == "sts"
        return type("Sts", (), {"get_caller_identity": lambda _: {"Account": "123456789012"}})()

    def image(self, uri: str, deployed: Mapping[str, str]) -> str:
        return uri or deployed.get("TrainingImage", "")

    def check_image(self, uri: str) -> Iterator[CheckResult]:
        yield CheckResult(
            "image", Level.OK if uri else Level.STOP, uri, "" if uri else "make image"
        )

    def deploy(self, image: str, parameters: str, *, ask: bool) -> None:
        self.did.append(("deploy", image, parameters, ask))
        if not self.deploys:
            raise Failed("make deploy failed", "see above")
        self.status = "UPDATE_COMPLETE"

    def app_backend(self, outputs: Mapping[str, str]) -> Any:
        return "backend"

    def advice(self, outputs: Mapping[str, str]) -> Any:
        return lambda job_id: job_id


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    made = Pretended()
    ok = [CheckResult("a check", Level.OK, "fine")]
    described = lambda *_: Stack("likeness-dev", made.status, {}, made.outputs)  # noqa: E731
    monkeypatch.setattr(command.stack, "describe", described)
    for module, names in (
        (command.account, ("quotas", "opt_out", "machines")),
        (command.stack, ("signing_certificate", "alarms", "moderators")),
        (command.job, ("deletion",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, lambda *_, **__: ok)
    monkeypatch.setattr(command.job, "run_job", lambda *_: made.did.append("job") or DONE)
    monkeypatch.setattr(command.job, "step_seconds", lambda *_: ({"Step": 1.0}, 1))
    lines = [command.cost.Line("Lambda", 1, "call", 0.5)]
    monkeypatch.setattr(command.cost, "count", lambda *_, **__: lines)
    return made


def test_the_steps_in_their_order(place, tmp_path):
    report = rehearse(place, Wanted(image="an-image", parameters="LogDays=7", out=tmp_path))

    assert report.failed == ""
    assert list(report.steps) == [
        "checks of the account",
        "deployment",
        "checks of the stack",
        "job",
        "deletion",
        "times and cost",
    ]
    assert place.did == [("deploy", "an-image", "LogDays=7", True), "job"]
    written = json.loads((tmp_path / "rehearsal-likeness-dev.json").read_text())
    assert (written["job_id"], written["cost_total"]) == (ID, "$0.5000")
    assert "LogDays" not in json.dumps(written)  # a value may be a secret


def test_only_checks_changes_nothing(place, tmp_path):
    report = rehearse(place, Wanted(image="an-image", checks_only=True, out=tmp_path))

    assert (place.did, list(report.steps)) == ([], ["checks of the account"])


def test_a_stop_ends_the_rehearsal_before_the_deployment(place, tmp_path, capsys):
    report = rehearse(place, Wanted(out=tmp_path))

    assert report.failed == "checks of the account: image. To do: make image"
    assert place.did == []
    assert "stop  image" in capsys.readouterr().err
    assert (tmp_path / "rehearsal-likeness-dev.json").exists()


def test_a_repeated_rehearsal_deploys_the_image_of_the_stack(place, tmp_path):
    place.outputs = place.outputs | {"TrainingImage": "the-stack's"}

    rehearse(place, Wanted(ask=False, out=tmp_path))

    assert place.did[0] == ("deploy", "the-stack's", "", False)


def test_a_failed_deployment_ends_it_without_a_job(place, tmp_path):
    place.deploys = False

    report = rehearse(place, Wanted(image="an-image", out=tmp_path))

    assert report.failed == "make deploy failed. To do: see above"
    assert "job" not in place.did


def test_a_declined_change_set_ends_it_without_a_job(place, tmp_path, monkeypatch):
    """The SAM CLI returns 0 then; a new stack stays in review."""
    place.status = "REVIEW_IN_PROGRESS"
    monkeypatch.setattr(place, "deploy", lambda *_, **__: None)

    report = rehearse(place, Wanted(image="an-image", out=tmp_path))

    assert report.failed == "likeness-dev is not deployed. To do: confirm the change set"
    assert "job" not in place.did


def test_a_lost_connection_is_a_failure_with_a_report(place, tmp_path, monkeypatch):
    def lose(*_: Any) -> None:
        raise ProtocolError("Connection aborted")

    monkeypatch.setattr(command.job, "run_job", lose)

    report = rehearse(place, Wanted(image="an-image", out=tmp_path))

    assert report.failed == "Connection aborted"
    assert "job" in report.steps


# --- the job --------------------------------------------------------------------------------------


def test_a_job_without_avatars_and_an_error_of_the_api_are_failures(monkeypatch, tmp_path):
    for error, message in (
        (NoAvatars("the job ended as refused"), "No avatars: the job ended as refused"),
        (ApiError(503, {"message": "Service Unavailable"}), "The API returned 503: Service"),
        (NotReached("no response: ReadTimeoutError"), "The API was not reached: no response"),
    ):

        def fail(*_: Any, raised: Exception = error, **__: Any) -> None:
            raise raised

        monkeypatch.setattr(job, "run", fail)
        with pytest.raises(Failed, match=message):
            job.run_job("backend", tmp_path, 2, lambda job_id: job_id)  # type: ignore[arg-type]


def test_each_rehearsal_has_a_user_of_its_own_and_as_many_styles_as_avatars(monkeypatch, tmp_path):
    orders = []
    monkeypatch.setattr(job, "run", lambda order, *_, **__: orders.append(order) or DONE)

    for count in (2, 30):
        job.run_job("backend", tmp_path, count, lambda job_id: job_id)  # type: ignore[arg-type]

    assert orders[0].user != orders[1].user
    assert [(len(one.styles), one.count, len(one.photos)) for one in orders] == [
        (2, 2, 8),
        (5, 30, 8),
    ]


class Backend:
    """The API after a job: its receipt is signed by `key`."""

    def __init__(self, *, state: str = "deleted", left: int = 0, job_id: str = ID) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.claims = {
            "job_id": job_id,
            "state": state,
            "issuer": ISSUER,
            "checked": [{"left": left}],
        }
        self.published = self.key

    def get_job(self, _: str) -> dict[str, Any]:
        return {"deletion": "deleted", "photos_deleted_at": "2026-11-29T12:00:00Z"}

    def get_receipt(self, _: str) -> dict[str, str]:
        headers = {"typ": "likeness-deletion+jws", "kid": "k"}
        signed = jwt.encode(self.claims, self.key, algorithm="ES256", headers=headers)
        return {"receipt": signed}

    def get_keys(self) -> dict[str, Any]:
        public = ECAlgorithm.to_jwk(self.published.public_key(), as_dict=True)
        return {"keys": [public | {"kid": "k", "alg": "ES256", "use": "sig"}]}


def listed(key: str) -> dict[str, Any]:
    return {"Key": key, "VersionId": "null"}


def deletion(aws: Any, backend: Any, *keys: str, marker: str = "") -> list[CheckResult]:
    """With the photos bucket empty, and these keys in work/ of the other one."""
    prefixes = [{"Prefix": "avatars/"}, {"Prefix": "work/"}]
    call = "list_object_versions"
    aws.will("s3", call, {}, {"Bucket": "photos", "Delimiter": "/"})
    top = {"CommonPrefixes": prefixes}
    aws.will("s3", call, top, {"Bucket": "avatars", "Delimiter": "/"})
    page = {
        "Versions": [listed(key) for key in keys],
        "DeleteMarkers": [listed(marker)] if marker else [],
    }
    aws.will("s3", call, page, {"Bucket": "avatars", "Prefix": "work/"})
    outputs = {"PhotosBucket": "photos", "AvatarsBucket": "avatars"}
    return list(job.deletion(aws, backend, outputs, ID, ISSUER))


def test_a_genuine_receipt_and_buckets_without_other_objects_of_the_job(aws):
    """What is in avatars/ is not read: it may be millions of objects."""
    found = deletion(aws, Backend(), "work/j9/order.json")

    assert [one.level for one in found] == [Level.OK] * 3


def test_a_leftover_stops_although_the_receipt_says_deleted(aws):
    *_, last = deletion(aws, Backend(), f"work/{ID}/r1/order.json", "work/j9/order.json")

    assert (last.level, last.text) == (Level.STOP, f"left: s3://avatars/work/{ID}/r1/order.json")


def test_a_deleted_version_is_a_leftover_too(aws):
    *_, last = deletion(aws, Backend(), marker=f"work/{ID}/r1/order.json")

    assert last.level is Level.STOP


@pytest.mark.parametrize("wrong", [{"left": 1}, {"state": "held"}, {"job_id": "another"}])
def test_a_receipt_that_says_something_else_stops(aws, wrong):
    found = list(job.deletion(aws, Backend(**wrong), {}, ID, ISSUER))  # type: ignore[arg-type]

    assert [one.level for one in found] == [Level.OK, Level.STOP]


def test_a_receipt_of_another_key_stops(aws):
    backend = Backend()
    backend.published = ec.generate_private_key(ec.SECP256R1())

    found = list(job.deletion(aws, backend, {}, ID, ISSUER))  # type: ignore[arg-type]

    assert (found[-1].check, found[-1].level) == ("receipt", Level.STOP)
    assert "not genuine" in found[-1].text


def test_a_deletion_that_is_never_verified_stops(aws, monkeypatch):
    backend = Backend()
    monkeypatch.setattr(backend, "get_job", lambda _: {"deletion": "pending"})
    clock = iter([0.0, 1.0, job.PROVEN_WITHIN + 1])
    monkeypatch.setattr(job.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(job.time, "sleep", lambda _: None)

    (found,) = job.deletion(aws, backend, {}, ID, ISSUER)  # type: ignore[arg-type]

    assert (found.level, "pending" in found.text) == (Level.STOP, True)


# --- the account and the command line -------------------------------------------------------------


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a-key")


@pytest.mark.usefixtures("credentials")
def test_stage_and_region_come_from_samconfig():
    found = Account.of("likeness-staging")

    assert (found.stage, found.region) == ("staging", "eu-central-1")
    assert found.image("", {"TrainingImage": "the-stack's"}) == "the-stack's"
    assert found.image("mine", {"TrainingImage": "the-stack's"}) == "mine"


def test_without_credentials_nothing_is_tried(monkeypatch):
    monkeypatch.setattr(places.boto3.Session, "get_credentials", lambda _: None)

    with pytest.raises(Failed, match="no AWS credentials"):
        Account.of("likeness-dev")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(("ask", "confirm"), [(True, "yes"), (False, "no")])
def test_it_deploys_with_make_deploy_and_asks_unless_told_not_to(monkeypatch, ask, confirm):
    commands: list[list[str]] = []

    def run(given: list[str], **_: Any) -> Any:
        commands.append(given)
        return subprocess.CompletedProcess(given, 1)

    monkeypatch.setattr(places.subprocess, "run", run)

    with pytest.raises(Failed, match="make deploy failed"):
        Account.of("likeness-dev").deploy("an-image", "LogDays=7", ask=ask)

    assert commands == [
        [
            *("make", "deploy", "ENV=dev", "TRAINING_IMAGE=an-image", "PARAMETERS=LogDays=7"),
            f"CONFIRM={confirm}",
        ]
    ]


@pytest.mark.parametrize(
    ("confirm", "option"),
    [("yes", " --confirm-changeset"), ("no", " --no-confirm-changeset"), ("", "")],
)
def test_make_deploy_passes_the_confirmation_on(confirm, option):
    told = ["make", "-n", "deploy", "ENV=dev", "TRAINING_IMAGE=i", f"CONFIRM={confirm}"]
    printed = subprocess.run(
        told, cwd=places.ROOT, capture_output=True, text=True, check=True
    ).stdout

    (deploying,) = [
        line for line in printed.replace("\\\n", "").splitlines() if "sam deploy" in line
    ]
    assert ("confirm-changeset" in deploying) is bool(option)
    assert option in deploying


@pytest.mark.parametrize(
    ("given", "stage"),
    [
        (["ENV=prod"], "Stage=prod"),
        (["ENV=prod-us", "PARAMETERS=LogDays=7 Stage=prod"], "Stage=prod"),
    ],
)
def test_make_deploy_names_the_stage_once(given, stage):
    """A second region is an entry of samconfig.toml with another name, and the same stage."""
    printed = subprocess.run(
        ["make", "-n", "deploy", "TRAINING_IMAGE=i", *given],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    (deploying,) = [
        line for line in printed.replace("\\\n", "").splitlines() if "sam deploy" in line
    ]
    words = deploying.partition("sam deploy")[2].split()
    assert [word for word in words if word.startswith("Stage=")] == [stage]
    assert f'infra.release check --config-env "{given[0].removeprefix("ENV=")}"' in printed


def test_make_account_takes_region_and_bucket_from_samconfig():
    """The SAM CLI looks for samconfig.toml beside the template, and that is in infra/."""
    told = ["make", "-n", "account", "ENV=dev"]
    printed = subprocess.run(
        told, cwd=places.ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert f'--config-file "{places.ROOT}/samconfig.toml" --config-env dev' in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--stack", "likeness-moon"],
            "samconfig.toml has no stack likeness-moon. To do: choose one of those in it\n",
        ),
        (["--stack", "likeness-local", "--port", "x"], "The port must be a number"),
        (["--stack", "likeness-local", "--count", "31"], "a number from 1 to 30"),
        ([], "--stack"),
    ],
)
def test_a_wrong_option_is_exit_code_2(capsys, options, message):
    with pytest.raises(SystemExit) as ended:
        command.main(options)

    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("failed", "code"), [("", 0), ("a step", 1)])
def test_the_exit_code_says_if_a_step_failed(monkeypatch, failed, code):
    report = command.Report("likeness-local", "us-east-1", failed=failed)
    given: list[Any] = []
    monkeypatch.setattr(command, "rehearse", lambda *both: given.append(both) or report)

    with pytest.raises(SystemExit) as ended:
        command.main(["--stack", "likeness-local", "--only", "checks", "--yes", "--count", "3"])

    assert ended.value.code == code
    ((place, wanted),) = given
    assert (place.stack, wanted.checks_only, wanted.ask, wanted.count) == (
        *("likeness-local", True, False, 3),
    )
