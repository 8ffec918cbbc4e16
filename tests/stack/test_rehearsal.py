"""make rehearse on the laptop cloud: the command that is meant for an AWS account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from infra.certificate import Certified, request
from infra.laptop.project import ROOT
from infra.rehearse.__main__ import Wanted, rehearse
from infra.rehearse.places import Laptop
from infra.rehearse.results import Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from laptop_cloud.cloud import Cloud


@pytest.fixture
def laptop(running: Cloud) -> Laptop:
    return Laptop(running.project, running.state.port)


def written(out: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((out / "rehearsal-likeness-local.json").read_text())
    return report


def levels(report: dict[str, Any]) -> dict[str, str]:
    """The last level of each check."""
    return {one["check"]: one["level"] for one in report["checks"]}


def test_a_rehearsal_ends_with_avatars_a_genuine_receipt_and_a_cost(
    laptop: Laptop, tmp_path: Path, objects: Callable[[str], list[str]]
) -> None:
    rehearse(laptop, Wanted(count=2, out=tmp_path))

    report = written(tmp_path)
    assert report["failed"] == ""
    checks = levels(report)
    for name in ("stack", "certificate", "moderators", "deletion", "receipt", "buckets"):
        assert checks[name] == Level.OK, name
    assert checks["state machine pipeline.asl.yaml"] == Level.OK
    assert checks["alarms"] == Level.ADVICE  # no address is subscribed
    assert checks["sagemaker quotas"] == Level.UNSEEN  # the laptop has none
    assert len(list((tmp_path / "avatars").glob("*.png"))) == 2
    assert all(key.startswith("avatars/") for key in objects(report["job_id"]))
    assert list(report["job_states"]) == ["open", "moderating", "generating", "finishing"]
    assert {"ModeratePhotos", "PublishAvatars", "ProveDeletion"} <= report["machine_steps"].keys()
    lines = {one["service"]: one for one in report["cost"]}
    # 8 photos and 2 avatars are moderated, and each photo is inspected
    assert lines["Rekognition"]["count"] >= 18
    assert lines["Step Functions"]["count"] == len(report["machine_steps"])
    assert all(one["count"] > 0 and one["usd"] > 0 for one in report["cost"])
    assert {"SageMaker ml.c7i.xlarge", "Lambda"} <= lines.keys()


def test_the_report_has_no_secret(laptop: Laptop, tmp_path: Path) -> None:
    rehearse(laptop, Wanted(checks_only=True, out=tmp_path))

    text = json.dumps(written(tmp_path))
    for secret in ("X-Amz-Signature", "AKIA", "ASIA", "PRIVATE KEY", "eyJ"):
        assert secret not in text


def test_a_missing_certificate_stops_before_the_job_and_says_what_to_do(
    laptop: Laptop, tmp_path: Path, ops: Callable[[str], Any]
) -> None:
    store, name = ops("ssm"), "/likeness/local/certificate-chain"
    chain = store.get_parameter(Name=name)["Parameter"]["Value"]
    store.delete_parameter(Name=name)
    try:
        report = rehearse(laptop, Wanted(count=2, out=tmp_path))
    finally:
        store.put_parameter(Name=name, Value=chain, Type="String")

    assert "certificate" in report.failed
    assert "make certificate STACK=likeness-local DO=issue" in report.failed
    assert report.job_id == ""
    assert "job" not in report.steps


def test_a_certificate_request_is_signed_by_the_stacks_key(
    running: Cloud, ops: Callable[[str], Any]
) -> None:
    asked = request(ops, Certified(running.outputs["SigningKey"], "local"))

    assert x509.load_pem_x509_csr(asked.encode()).is_signature_valid


def test_the_stack_of_the_account_creates_the_image_repository(ops: Callable[[str], Any]) -> None:
    cloudformation, ecr = ops("cloudformation"), ops("ecr")
    template = (ROOT / "infra" / "account.yaml").read_text()
    cloudformation.create_stack(StackName="likeness-account", TemplateBody=template)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="likeness-account", WaiterConfig={"Delay": 1}
    )

    (repository,) = ecr.describe_repositories(repositoryNames=["likeness-model"])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    described = cloudformation.describe_stacks(StackName="likeness-account")["Stacks"][0]
    assert described["Outputs"][0]["OutputValue"] == repository["repositoryUri"]
