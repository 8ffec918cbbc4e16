"""SageMaker's operations: training jobs, and with `hosting` asynchronous endpoints."""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from laptop_cloud.sagemaker.errors import Refused, invalid
from laptop_cloud.sagemaker.hosting import Hosting
from laptop_cloud.sagemaker.job import TrainingJob
from laptop_cloud.sagemaker.listing import select
from laptop_cloud.sagemaker.opt_ml import OptMl
from laptop_cloud.sagemaker.request import refuse_unsupported
from laptop_cloud.sagemaker.run import Run, RunSettings
from laptop_cloud.sagemaker.transfer import Place, matching_keys
from laptop_cloud.sagemaker.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from laptop_cloud.sagemaker.program import Program
    from laptop_cloud.sagemaker.services import Services

logger = logging.getLogger(__name__)

_CLOSE_SECONDS = 15.0


@dataclass(frozen=True)
class Capacity:
    """The limit of jobs on one instance type, and the types without capacity.

    Above `per_instance_type`, CreateTrainingJob raises ResourceLimitExceeded. On a type in
    `out_of_stock`, a job is accepted and then fails with CapacityError.
    """

    per_instance_type: int = 4
    out_of_stock: frozenset[str] = frozenset()

    @classmethod
    def read(cls, file: Path, *, limit: int = per_instance_type) -> Capacity:
        """The capacity in a JSON file with these names; `limit` where it names none."""
        try:
            found = json.loads(file.read_text())
        except FileNotFoundError:
            found = {}
        return cls(found.get("per_instance_type", limit), frozenset(found.get("out_of_stock", ())))


class SageMaker:
    """`handle` takes an operation and its JSON and returns a status and JSON. Thread-safe.

    `programs` maps an image URI to the program that stands in for the image. Jobs have their files
    below `directory` while they run; it is deleted at the start and by `close`. `capacity` is asked
    for each training job.
    """

    def __init__(
        self,
        services: Services,
        *,
        directory: Path,
        programs: Mapping[str, Program],
        capacity: Callable[[], Capacity] = Capacity,
        sync_seconds: float = 0.25,
        grace_seconds: float = 120.0,
    ) -> None:
        self._capacity = capacity
        self._services = services
        self._directory = directory
        self._programs = programs
        self._arn = f"arn:aws:sagemaker:{services.region}:{services.account}:training-job"
        self._run_settings = RunSettings(
            logs=services.logs,
            sync_seconds=sync_seconds,
            grace_seconds=grace_seconds,
        )
        self._lock = threading.Lock()
        self._jobs: dict[str, TrainingJob] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._closed = False
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateTrainingJob": self._create,
            "DescribeTrainingJob": self._describe,
            "ListTrainingJobs": self._list,
            "StopTrainingJob": self._stop,
        }
        self._hosting = Hosting(
            services,
            directory=directory,
            programs=programs,
            as_role=self._as_role,
            grace_seconds=grace_seconds,
        )
        self._operations |= self._hosting.operations
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True, mode=0o700)

    def invoke_async(self, request: dict[str, Any]) -> tuple[int, dict[str, str]]:
        """InvokeEndpointAsync, with the request's headers by their names in the API."""
        try:
            return 202, self._hosting.invoke_async(request)
        except Refused as refusal:
            return 400, {"__type": refusal.code, "message": str(refusal)}

    def handle(self, operation: str, payload: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            run = self._operations.get(operation)
            if run is None:
                raise Refused(
                    "UnknownOperationException",
                    f"SageMaker has no {operation} here; "
                    f"it has {', '.join(sorted(self._operations))}.",
                )
            validate(operation, payload)
            return 200, run(payload)
        except Refused as refusal:
            return 400, {"__type": refusal.code, "message": str(refusal)}

    def close(self) -> None:
        """Kill all programs, wait for them, and delete all files. No event is sent.

        The wait is limited: a transfer may hang if S3 has already ended.
        """
        with self._lock:
            self._closed = True
            jobs, threads = list(self._jobs.values()), list(self._threads.values())
        for job in jobs:
            job.abandoned.set()
        self._hosting.close()
        deadline = time.monotonic() + _CLOSE_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        shutil.rmtree(self._directory, ignore_errors=True)

    def _create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["TrainingJobName"]
        refuse_unsupported(request)
        program = self._programs.get(request["AlgorithmSpecification"]["TrainingImage"])
        if program is None:
            raise invalid(
                f"Cannot find image {request['AlgorithmSpecification']['TrainingImage']}. This "
                f"cloud has: {', '.join(sorted(self._programs)) or 'none'}."
            )
        with self._lock:
            self._refuse_taken_name(name)
        s3 = self._as_role(request["RoleArn"])
        self._services.check_role(
            request["RoleArn"],
            "TrainingJobs",
            request["AlgorithmSpecification"]["TrainingImage"],
        )
        _refuse_empty_channels(s3, request)
        job = TrainingJob(
            request, arn=f"{self._arn}/{name}", role_credentials=s3, announce=self._announce
        )
        capacity = self._capacity()
        run = Run(
            job=job,
            opt_ml=OptMl(self._directory / name),
            program=program,
            settings=self._run_settings,
            in_stock=job.instance_type not in capacity.out_of_stock,
        )
        thread = threading.Thread(target=run.to_the_end, name=f"training-{name}", daemon=True)
        with self._lock:
            self._refuse_taken_name(name)
            self._refuse_above(capacity.per_instance_type, job.instance_type)
            if self._closed:
                raise Refused("InternalFailure", "the cloud is ending")
            self._jobs[name] = job
            self._threads[name] = thread
            thread.start()
        return {"TrainingJobArn": job.arn}

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._find(request).describe()

    def _stop(self, request: dict[str, Any]) -> dict[str, Any]:
        if status := self._find(request).ask_to_stop():
            raise invalid(
                f"The request was rejected because the training job is in status {status}."
            )
        return {}

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            jobs = list(self._jobs.values())
        return select([job.summary() for job in jobs], request)

    def _find(self, request: dict[str, Any]) -> TrainingJob:
        with self._lock:
            job = self._jobs.get(request["TrainingJobName"])
        if job is None:
            raise invalid("Requested resource not found.")
        return job

    def _refuse_taken_name(self, name: str) -> None:
        if name in self._jobs:
            raise Refused(
                "ResourceInUse",
                "Training job names must be unique within an AWS account and region, and a "
                f"training job with this name already exists ({self._jobs[name].arn})",
            )

    def _refuse_above(self, limit: int, kind: str) -> None:
        used = sum(job.instance_type == kind and not job.ended for job in self._jobs.values())
        if used >= limit:
            raise Refused(
                "ResourceLimitExceeded",
                f"The account-level service limit '{kind} for training job usage' is {limit} "
                f"Instances, with current utilization of {used} Instances and a request delta of "
                "1 Instances. Please use AWS Service Quotas to request an increase for this quota.",
            )

    def _as_role(self, role_arn: str) -> S3Client:
        try:
            return self._services.s3_for_role(role_arn)
        except (ClientError, BotoCoreError) as error:
            raise invalid(
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
                "principal 'sagemaker.amazonaws.com' to assume the role."
            ) from error

    def _announce(self, detail: dict[str, Any]) -> None:
        if self._closed:
            return
        try:
            self._services.emit(detail)
        except Exception:
            logger.exception("an event of training job %s was lost", detail["TrainingJobName"])


def _refuse_empty_channels(s3: S3Client, request: Mapping[str, Any]) -> None:
    """AWS lists each channel with the job's role before it accepts the job."""
    for channel in request.get("InputDataConfig", ()):
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        message = "The specified key does not exist."
        try:
            if any(True for _ in matching_keys(s3, uri)):
                continue
        except (ClientError, BotoCoreError) as error:
            message = str(error)
        raise invalid(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure '
            "that the bucket exists in the selected region, that objects exist under that S3 "
            f'prefix, and that the role "{request["RoleArn"]}" has "s3:ListBucket" permissions on '
            f'bucket "{Place.of(uri).bucket}". Error message from S3: {message}'
        )
