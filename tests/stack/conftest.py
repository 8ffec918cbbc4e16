"""The real template on a laptop cloud: IAM enforced, real models, the real painter."""

from __future__ import annotations

import io
import json
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from PIL import Image

from infra.local import cloud, places, processes, servers
from infra.local.demo.app_backend import AppBackend
from infra.local.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.local.cloud import Cloud

PHOTOS = sorted((places.ROOT / "infra" / "local" / "demo" / "photos").glob("*.jpg"))
ENDED = {"completed", "refused", "cancelled", "expired", "failed"}
PATIENCE = 180  # s: two busy cores


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.stack)


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The celebrities of this cloud; empty, until a test hangs a portrait."""
    return tmp_path_factory.mktemp("gallery")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, gallery: Path) -> Iterator[Cloud]:
    where = Places(
        state=tmp_path_factory.mktemp("cloud") / "state",
        build=places.ROOT / ".aws-sam" / "stack-tests",
    )
    port = processes.free_port()
    models = None
    try:
        where.logs.mkdir(parents=True)
        models = servers.start_models(where, port, gallery)
        yield cloud.up(
            port=processes.free_port(), where=where, models=f"http://{places.HOST}:{port}"
        )
    finally:
        cloud.down(where=where)
        if models:
            models.end()


@dataclass
class Person:
    """A user of the app, and the app backend that acts for them."""

    backend: AppBackend
    user_id: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:8]}")

    def order(self, *, count: int = 3, avatars: int = 4, **fields: Any) -> dict[str, Any]:
        return {
            "user_id": self.user_id,
            "styles": ["comic", "pencil"],
            "photos": [{"content_type": "image/jpeg"}] * count,
            "avatars": avatars,
            "time_zone": "Europe/Berlin",
            "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
        } | fields

    def hands_in(self, *photos: bytes, **fields: Any) -> str:
        """A job with these photos uploaded and inspected; its id."""
        created = self.backend.create_job(self.order(count=len(photos), **fields))
        for form, photo in zip(created["uploads"], photos, strict=True):
            self.backend.upload(form, photo)
        job_id: str = created["job_id"]
        until(lambda: all(p["state"] != "awaited" for p in self.backend.job(job_id)["photos"]))
        return job_id

    def sees_end(self, job_id: str) -> dict[str, Any]:
        until(lambda: self.backend.job(job_id)["state"] in ENDED)
        return self.backend.job(job_id)


def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Ask until it is true, or fail after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"not true within {patience} s"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def http() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=60, retries=False)


@pytest.fixture(scope="session")
def backend(running: Cloud, http: urllib3.PoolManager) -> AppBackend:
    return AppBackend(running.api_url, places.REGION, running.app_credentials(), http)


@pytest.fixture
def person(backend: AppBackend) -> Person:
    return Person(backend)


@pytest.fixture(scope="session")
def ops(running: Cloud) -> Callable[[str], Any]:
    return running.act_as(running.ops_credentials())


@pytest.fixture
def objects(running: Cloud, ops: Callable[[str], Any]) -> Callable[[str], list[str]]:
    """Every key of both buckets that names a job: an own listing, not the pipeline's."""

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
    """A sharp picture of nobody."""
    picture = Image.effect_noise((800, 800), 80).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def without_permission(ops: Callable[[str], Any]) -> Callable[[str, str], Any]:
    """`with without_permission("GetJobFunction", "ReadJob"):` a role lacks that statement."""
    iam, stack = ops("iam"), ops("cloudformation")

    @contextmanager
    def lacking(owner: str, sid: str) -> Iterator[None]:
        role = stack.describe_stack_resource(
            StackName=places.STACK, LogicalResourceId=f"{owner}Role"
        )["StackResourceDetail"]["PhysicalResourceId"]
        changed = {}
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            left = [one for one in document["Statement"] if one.get("Sid") != sid]
            if len(left) < len(document["Statement"]):
                changed[name] = document
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
