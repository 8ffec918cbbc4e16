"""The real template on a laptop cloud: IAM enforced, real models, the real painter."""

from __future__ import annotations

import io
import json
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from PIL import Image

from infra.capacity.counting import PATTERN
from infra.laptop.client import app_client
from infra.laptop.project import ROOT, STACK, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.places import Folders
from tests.stack.people import PATIENCE, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from laptop_cloud.cloud import Cloud
    from likeness_client import Likeness

FIRST = {"test_path_of_a_job", "test_permissions"}  # of make test; the others are long
# Which cloud the modules use that do not use `running` of this file.
CLOUDS = {"test_deletion": "moody", "test_every_end": "moody"}
CLOUDS |= {name: name for name in ("test_async_endpoint", "test_detector_version", "test_quotas")}
PHOTOS = sorted((ROOT / "demo" / "photos").glob("*.jpg"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/stack/"):
            item.add_marker(pytest.mark.stack)
            if item.path.stem not in FIRST:
                item.add_marker(pytest.mark.long)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadscope` all tests on one cloud are in one worker, in order."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - it may be disabled

    class ByCloud(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = Path(nodeid.partition("::")[0])
            if file.parent.name == "stack":
                return CLOUDS.get(file.stem, "running")
            return file.parts[0]

    return ByCloud(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The celebrities of this cloud; empty until a test adds a portrait."""
    return tmp_path_factory.mktemp("gallery")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, gallery: Path) -> Iterator[Cloud]:
    folders = Folders(
        state=tmp_path_factory.mktemp("cloud") / "state",
        build=ROOT / ".aws-sam" / "stack-tests",
    )
    project = likeness(folders=folders, gallery=gallery)
    try:
        yield cloud.up(project, port=processes.free_port(), wait_scale=0.05, calls=PATTERN)
    finally:
        cloud.down(project)


@pytest.fixture(scope="session")
def moody(tmp_path_factory: pytest.TempPathFactory, gallery: Path) -> Iterator[Cloud]:
    """Another cloud, whose container does what the number of avatars says."""
    folders = Folders(
        state=tmp_path_factory.mktemp("moody") / "state",
        build=ROOT / ".aws-sam" / "stack-tests",
    )
    program = (str(ROOT / "tests/stack/moody_container.py"),)
    project = likeness(folders=folders, gallery=gallery, program=program)
    try:
        yield cloud.up(project, port=processes.free_port(), wait_scale=0.05)
    finally:
        cloud.down(project)


@pytest.fixture(scope="session")
def http() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=60, retries=False)


# A module that overrides `running` works with another cloud.


@pytest.fixture(scope="module")
def backend(running: Cloud) -> Likeness:
    return app_client(running, patience_s=PATIENCE)


@pytest.fixture
def person(backend: Likeness) -> Person:
    return Person(backend)


@pytest.fixture(scope="module")
def ops(running: Cloud) -> Callable[[str], Any]:
    return running.act_as(running.ops_credentials())


@pytest.fixture
def objects(running: Cloud, ops: Callable[[str], Any]) -> Callable[[str], list[str]]:
    """Every key of both buckets that names a job, listed independently of the pipeline."""

    def listing(job_id: str) -> list[str]:
        found = []
        for name in ("PhotosBucket", "AvatarsBucket"):
            pages = ops("s3").get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=running.outputs[name]):
                found += [one["Key"] for one in page.get("Contents", ()) if job_id in one["Key"]]
        return found

    return listing


@pytest.fixture(scope="session")
def selfies() -> list[bytes]:
    """Eight different views of one person."""
    return [photo.read_bytes() for photo in PHOTOS]


@pytest.fixture(scope="session")
def wall() -> bytes:
    """A sharp picture without a person."""
    picture = Image.effect_noise((800, 800), 80).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def without_permission(
    ops: Callable[[str], Any], resource: Callable[[str], str]
) -> Callable[[str, str], Any]:
    """`with without_permission("PublishAvatarsFunction", "WriteAvatars"):` its role lacks it."""
    iam = ops("iam")

    @contextmanager
    def lacking(owner: str, sid: str) -> Iterator[None]:
        role = resource(f"{owner}Role")
        changed = {}
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            left = [one for one in document["Statement"] if one.get("Sid") != sid]
            if len(left) < len(document["Statement"]):
                changed[name] = document
                iam.delete_role_policy(RoleName=role, PolicyName=name)
                if left:  # a policy must have a statement
                    lesser = json.dumps(document | {"Statement": left})
                    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=lesser)
        assert changed, f"{role} has no statement {sid}"
        try:
            yield
        finally:
            for name, document in changed.items():
                whole = json.dumps(document)
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=whole)

    return lacking


@pytest.fixture
def resource(ops: Callable[[str], Any]) -> Callable[[str], str]:
    """`resource("SweepRangeFunction")`: the physical id of a resource of a nested stack."""
    cloudformation = ops("cloudformation")

    def physical(logical_id: str) -> str:
        (found,) = (
            one["PhysicalResourceId"]
            for stack in in_stack(STACK)
            if stack["ResourceType"] == "AWS::CloudFormation::Stack"
            for one in in_stack(stack["PhysicalResourceId"])
            if one["LogicalResourceId"] == logical_id
        )
        return str(found)

    def in_stack(name: str) -> list[dict[str, Any]]:
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        return [one for page in pages for one in page["StackResourceSummaries"]]

    return physical


@pytest.fixture
def fire(ops, running):
    """Fires a job's own schedule now: the same target, under the same role."""
    scheduler, group = ops("scheduler"), running.outputs["Timers"]

    def now(job_id):
        target = scheduler.get_schedule(Name=f"{job_id}-Deadline", GroupName=group)["Target"]
        moment = datetime.now(UTC) - timedelta(seconds=1)
        scheduler.create_schedule(
            Name=f"{job_id}-{uuid.uuid4().hex[:8]}",
            GroupName=group,
            ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target=target,
        )

    return now


@pytest.fixture
def unheard(ops, resource):
    """The rule on stopped executions is disabled, so only the deadline acts."""
    rule = resource("ExecutionStopped")
    ops("events").disable_rule(Name=rule)
    yield
    ops("events").enable_rule(Name=rule)


@pytest.fixture
def portrait(gallery):
    """The path for a celebrity's portrait, for the duration of the test."""
    hangs = gallery / "A_Celebrity.jpg"
    yield hangs
    hangs.unlink(missing_ok=True)


@pytest.fixture
def celebrity(portrait, selfies):
    """The person on the photos is in the celebrity gallery, for the duration of the test."""
    portrait.write_bytes(selfies[0])


@pytest.fixture
def throttled(ops, resource):
    """`with throttled("DeletePhotos"):` its function is never given a place to run."""

    @contextmanager
    def nowhere(step):
        function = resource(f"{step}Function")
        ops("lambda").put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=0
        )
        try:
            yield
        finally:
            ops("lambda").delete_function_concurrency(FunctionName=function)

    return nowhere
