"""SageMaker's training jobs: one for each try of an attempt."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from likeness.adapters.aws_errors import code_of, domain_errors
from likeness.adapters.s3 import object_keys as keys
from likeness.contracts.container import METRIC_DEFINITIONS
from likeness.domain.errors import CapacityError, NotFound, Unavailable
from likeness.ports.generation import TrainingStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sagemaker.client import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import ChannelTypeDef

    from likeness.domain.generation.run import Run

MAX_RUN_S = 1800  # also of an inference
METRICS: Any = METRIC_DEFINITIONS
# Errors and statuses as in botocore's model of sagemaker, 2017-07-24. StopTrainingJob returns a
# ValidationException for a job that has ended, and both operations also for an unknown one.
NO_SUCH_JOB = ("ResourceNotFound", "ValidationException")
BEFORE_AN_INSTANCE = frozenset({"Starting", "Pending"})


@dataclass(frozen=True)
class TrainingSettings:
    """What all training jobs of a stage have in common. Stopping and reading need none of it."""

    image: str
    role: str
    instance: str
    volume_gb: int
    warm_seconds: int
    key: str
    tags: Mapping[str, str]
    photos_bucket: str
    avatars_bucket: str
    weights_uri: str | None


class TrainingJobs:
    def __init__(self, client: SageMakerClient, settings: TrainingSettings) -> None:
        self._client = client
        self._settings = settings

    def start(self, run: Run) -> bool:
        """The checkpoints are those of the attempt, so that a new try continues an earlier one.

        Without a quota for an instance, SageMaker refuses the job. Without an instance, it accepts
        the job, which fails later: see `status`.
        """
        settings = self._settings
        at = (run.job_id, run.attempt)
        avatars = f"s3://{settings.avatars_bucket}/"
        used_up = CapacityError("the account's quota of instances is used up")
        with domain_errors({"ResourceLimitExceeded": used_up}):
            try:
                self._client.create_training_job(
                    TrainingJobName=run.name,
                    RoleArn=settings.role,
                    AlgorithmSpecification={
                        "TrainingImage": settings.image,
                        "TrainingInputMode": "File",
                        "MetricDefinitions": METRICS,
                    },
                    # Photos come by channels, avatars go by checkpoints, as soon as each is drawn.
                    EnableNetworkIsolation=True,
                    InputDataConfig=_channels(run, settings),
                    CheckpointConfig={"S3Uri": avatars + keys.checkpoints(*at)},
                    OutputDataConfig={
                        "S3OutputPath": avatars + keys.output_folder(*at),
                        "KmsKeyId": settings.key,
                    },
                    ResourceConfig=_resources(settings),
                    StoppingCondition={"MaxRuntimeInSeconds": MAX_RUN_S},
                    RetryStrategy={"MaximumRetryAttempts": 1},  # SageMaker's own internal errors
                    Tags=[{"Key": name, "Value": value} for name, value in settings.tags.items()],
                )
            except ClientError as error:
                if code_of(error) != "ResourceInUse":
                    raise
                return False
        return True

    def status(self, run: Run) -> TrainingStatus:
        unknown = NotFound(f"there is no training job {run.name}")
        with domain_errors(dict.fromkeys(NO_SUCH_JOB, unknown)):
            job = self._client.describe_training_job(TrainingJobName=run.name)
        match job["TrainingJobStatus"]:
            case "Completed":
                return TrainingStatus.COMPLETED
            case "Failed" | "Stopped":
                no_capacity = "CapacityError" in job.get("FailureReason", "")
                return TrainingStatus.NO_CAPACITY if no_capacity else TrainingStatus.FAILED
            case "InProgress" if job.get("SecondaryStatus") in BEFORE_AN_INSTANCE:
                return TrainingStatus.WAITING
        return TrainingStatus.RUNNING

    def stop(self, run: Run) -> None:
        """A container has two minutes to end and writes checkpoints until then. They can be deleted
        only after that, so the caller retries while this raises Unavailable.
        """
        ended = NotFound(f"training job {run.name} does not run")
        with suppress(NotFound), domain_errors(dict.fromkeys(NO_SUCH_JOB, ended)):
            self._client.stop_training_job(TrainingJobName=run.name)
        with suppress(NotFound):
            if self.status(run) in {TrainingStatus.WAITING, TrainingStatus.RUNNING}:
                raise Unavailable(f"training job {run.name} is still stopping")


def _resources(settings: TrainingSettings) -> Any:
    resources: dict[str, Any] = {
        "InstanceCount": 1,
        "InstanceType": settings.instance,
        "VolumeSizeInGB": settings.volume_gb,
    }
    if settings.warm_seconds:  # the instance waits that long for the next job
        resources["KeepAlivePeriodInSeconds"] = settings.warm_seconds
    return resources


def _channels(run: Run, settings: TrainingSettings) -> list[ChannelTypeDef]:
    """Without weights there is no channel for them: an empty one fails the training job."""
    order = keys.order_folder(run.job_id, run.attempt)
    sources = {
        "photos": f"s3://{settings.photos_bucket}/{keys.photos(run.job_id)}",
        "order": f"s3://{settings.avatars_bucket}/{order}",
    }
    if settings.weights_uri:
        sources["weights"] = settings.weights_uri
    return [
        {
            "ChannelName": name,
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": uri,
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
        }
        for name, uri in sources.items()
    ]
