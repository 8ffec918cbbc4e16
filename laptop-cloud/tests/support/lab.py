"""A SageMaker that runs small programs, beside moto's S3."""

import io
import json
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from laptop_cloud.sagemaker import Capacity, LogFiles, Program, SageMaker, Services

PROGRAMS = Path(__file__).parents[1] / "sagemaker" / "programs"
ROLE = "arn:aws:iam::123456789012:role/training"
DEADLINE = 30.0


T = TypeVar("T")


def wait_for(look: Callable[[], T], deadline: float = DEADLINE) -> T:
    """The first true result of `look`; AssertionError if there is none in time."""
    end = time.monotonic() + deadline
    while not (answer := look()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {look!r} still returns {answer!r}")
        time.sleep(0.02)
    return answer


class Lab:
    """A SageMaker with moto's S3, and helpers to call it."""

    bucket = "work"

    def __init__(self, directory: Path, s3: Any) -> None:
        self.directory = directory
        self.s3 = s3
        self.roles: list[str] = []
        self.checked: list[tuple[str, str, str]] = []
        self.events: list[dict[str, Any]] = []
        self.listener: Callable[[dict[str, Any]], None] = self.events.append
        self.logs = directory / "logs"
        self.published: list[tuple[str, str, dict[str, Any]]] = []
        self.sagemaker = self.build()

    def build(self, **changes: Any) -> SageMaker:
        services = Services(
            account="123456789012",
            region="eu-central-1",
            s3_for_role=self.assume,
            emit=self.emit,
            logs=LogFiles(self.logs),
            endpoint_logs=LogFiles(self.logs),
            publish=self.publish,
            check_role=lambda *asked: self.checked.append(asked),
        )
        programs = {
            path.stem: Program(
                (sys.executable, str(path)), {"BAKED_IN": "yes", "ADDRESS": "./socket"}
            )
            for path in PROGRAMS.glob("*.py")
        }
        settings = {"capacity": Capacity, "sync_seconds": 0.05, "grace_seconds": 20.0}
        self.jobs_directory = self.directory / "jobs"
        return SageMaker(
            services,
            directory=self.jobs_directory,
            programs=programs,
            **{**settings, **changes},
        )

    def rebuild(self, **changes: Any) -> None:
        self.sagemaker.close()
        self.sagemaker = self.build(**changes)

    def assume(self, role: str) -> Any:
        self.roles.append(role)
        if role.endswith("/unknown"):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
        return self.s3

    def emit(self, detail: dict[str, Any]) -> None:
        self.listener(detail)

    def publish(self, role: str, topic: str, message: str) -> None:
        self.published.append((role, topic, json.loads(message)))

    def deny_writing(self, prefix: str) -> None:
        """Remove s3:PutObject below the prefix from the role."""

        def refuse(params: dict[str, Any], **_: object) -> None:
            if params["Key"].startswith(prefix):
                error = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
                raise ClientError(error, "PutObject")

        self.s3.meta.events.register("before-parameter-build.s3.PutObject", refuse)

    def put(self, key: str, text: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def request(self, program: str = "report", **changes: Any) -> dict[str, Any]:
        request: dict[str, Any] = {
            "TrainingJobName": "job-1",
            "AlgorithmSpecification": {"TrainingImage": program, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/output"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 5,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **changes,
        }
        return {name: value for name, value in request.items() if value is not None}

    def channel(self, name: str, prefix: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/{prefix}"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": source}}

    def checkpoints(self, prefix: str = "checkpoints") -> dict[str, Any]:
        return {"S3Uri": f"s3://{self.bucket}/{prefix}"}

    def call(self, operation: str, **payload: Any) -> tuple[int, dict[str, Any]]:
        # Through JSON, as on the wire: other values fail here.
        status, answer = self.sagemaker.handle(operation, json.loads(json.dumps(payload)))
        return status, json.loads(json.dumps(answer))

    def start(self, program: str = "report", **changes: Any) -> dict[str, Any]:
        status, answer = self.call("CreateTrainingJob", **self.request(program, **changes))
        assert status == 200, answer
        return answer

    def describe(self, name: str = "job-1") -> dict[str, Any]:
        status, answer = self.call("DescribeTrainingJob", TrainingJobName=name)
        assert status == 200, answer
        return answer

    def finished(self, name: str = "job-1") -> dict[str, Any]:
        """The description of a job after its end."""
        final = {"Completed", "Failed", "Stopped"}

        def announced() -> bool:
            return any(
                one["TrainingJobName"] == name and one["TrainingJobStatus"] in final
                for one in self.events
            )

        wait_for(announced)  # after the job's state has changed
        return self.describe(name)

    def uploaded(self, prefix: str = "") -> set[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return {entry["Key"] for entry in found}

    def text(self, key: str) -> str:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def archive(self, key: str) -> dict[str, str]:
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
            return {
                member.name: archive.extractfile(member).read().decode()
                for member in archive.getmembers()
                if member.isfile()
            }

    def leftovers(self) -> list[Path]:
        return sorted(self.jobs_directory.iterdir())
