"""A training job by hand: `python -m likeness_model.tools.launch --stack NAME --photos FOLDER`.

For experiments. It needs its own environment (`requirements/install.sh launch`) and an operator's
credentials; AWS_ENDPOINT_URL points it to the laptop's SageMaker. Photos, order, checkpoints and
avatars are deleted from S3 when it ends, also after an error; the avatars are in `--out` by then.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from likeness.contracts.container import (
    METRIC_DEFINITIONS,
    ORDER_FILE,
    RESULT_FILE,
    GenerationOrder,
)
from likeness_model.tools.order import make_order, read_photos

MAX_RUNTIME_S = 1800
NO_TELEMETRY = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


class LaunchError(Exception):
    """The message says what is wrong and what to do."""


@dataclass(frozen=True)
class Stack:
    """The outputs of a deployed stack that a training job needs."""

    photos_bucket: str
    work_bucket: str
    role: str
    image: str
    weights: str

    @classmethod
    def read(cls, stack: str) -> "Stack":
        """Raises LaunchError."""
        try:
            described = boto3.client("cloudformation").describe_stacks(StackName=stack)
        except (NoCredentialsError, NoRegionError) as error:
            raise LaunchError(
                "set AWS_REGION and the AWS credentials of the stack's account"
            ) from error
        except (BotoCoreError, ClientError) as error:
            raise LaunchError(f"the stack {stack} cannot be read: {error}") from error
        outputs = {
            row["OutputKey"]: row["OutputValue"] for row in described["Stacks"][0]["Outputs"]
        }
        return cls(
            photos_bucket=outputs["PhotosBucket"],
            work_bucket=outputs["AvatarsBucket"],
            role=outputs["TrainingRole"],
            image=outputs["TrainingImage"],
            weights=outputs.get("Weights", ""),
        )


def launch(
    order: GenerationOrder,
    photos: Mapping[str, bytes],
    stack: Stack,
    out: Path,
    *,
    instance: str,
    logs: bool,
) -> list[Path]:
    """Upload, train, download, delete. Returns the avatars' files, best first."""
    job_id = order.job_id
    bucket = boto3.resource("s3").Bucket
    uploads, work = bucket(stack.photos_bucket), bucket(stack.work_bucket)
    try:
        # 1. Upload photos and order to where PrepareGeneration puts them.
        for photo_id, content in photos.items():
            uploads.put_object(Key=f"photos/{job_id}/{photo_id}.jpg", Body=content)
        work.put_object(
            Key=f"work/{job_id}/r1/order/{ORDER_FILE}", Body=order.model_dump_json().encode()
        )
        # 2. Train and draw.
        train(order, stack, instance=instance, logs=logs)
        # 3. Download the checkpoints.
        return download(work, f"work/{job_id}/r1/checkpoints/", out)
    finally:
        # 4. Delete every copy.
        uploads.objects.filter(Prefix=f"photos/{job_id}/").delete()
        work.objects.filter(Prefix=f"work/{job_id}/").delete()


def train(order: GenerationOrder, stack: Stack, *, instance: str, logs: bool) -> None:
    """Run the state machine's training job with the SDK's ModelTrainer."""
    # The SDK would reject the stack's role: it lacks the permissions of a job in its own VPC.
    os.environ.setdefault("SAGEMAKER_VALIDATE_ROLE", "false")
    from sagemaker.core.helper.session_helper import Session  # noqa: PLC0415 - takes seconds
    from sagemaker.train import ModelTrainer  # noqa: PLC0415
    from sagemaker.train.configs import (  # noqa: PLC0415
        CheckpointConfig,
        Compute,
        InputData,
        MetricDefinition,
        Networking,
        OutputDataConfig,
        StoppingCondition,
    )

    folder = f"s3://{stack.work_bucket}/work/{order.job_id}/r1"
    trainer = ModelTrainer(
        sagemaker_session=Session(
            boto_session=boto3.Session(),
            default_bucket=stack.work_bucket,
            sagemaker_config=NO_TELEMETRY,
        ),
        role=stack.role,
        base_job_name="likeness-by-hand",
        training_image=stack.image,
        training_input_mode="File",
        compute=Compute(instance_type=instance, instance_count=1, volume_size_in_gb=30),
        networking=Networking(enable_network_isolation=True),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=MAX_RUNTIME_S),
        output_data_config=OutputDataConfig(s3_output_path=f"{folder}/output/"),
        checkpoint_config=CheckpointConfig(s3_uri=f"{folder}/checkpoints/"),
    ).with_metric_definitions(
        [MetricDefinition(name=row["Name"], regex=row["Regex"]) for row in METRIC_DEFINITIONS]
    )
    channels = {
        "photos": f"s3://{stack.photos_bucket}/photos/{order.job_id}/",
        "order": f"{folder}/order/",
    }
    if stack.weights and not order.engine.startswith(("painter", "tiny")):
        channels["weights"] = stack.weights
    trainer.train(
        [InputData(channel_name=name, data_source=uri) for name, uri in channels.items()],
        wait=True,
        logs=logs,
    )


def download(work: Any, prefix: str, out: Path) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    try:
        content = work.Object(f"{prefix}{RESULT_FILE}").get()["Body"].read()
    except ClientError as missing:
        raise LaunchError("the job has no result: see its log") from missing
    (out / RESULT_FILE).write_bytes(content)
    files = []
    for avatar in json.loads(content)["avatars"]:
        path = out / Path(avatar["file"]).name
        work.download_file(f"{prefix}{path.name}", str(path))
        files.append(path)
    return files


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m likeness_model.tools.launch", description=__doc__
    )
    parser.add_argument("--stack", default="likeness-dev")
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG photos")
    parser.add_argument("--styles", default="glamour,comic,oil")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--engine", default="painter")
    parser.add_argument("--instance", default="ml.c7i.xlarge")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--logs", action="store_true", help="show the container's log")
    arguments = parser.parse_args()
    try:
        photos = read_photos(arguments.photos)
        if not photos:
            raise LaunchError(f"there is no .jpg in {arguments.photos}: set --photos to a folder")
        order = make_order(
            photos,
            arguments.styles.split(","),
            arguments.count,
            random_seeds=True,
            engine=arguments.engine,
            size=arguments.size,
        )
        stack = Stack.read(arguments.stack)
        avatars = launch(
            order,
            photos,
            stack,
            arguments.out,
            instance=arguments.instance,
            logs=arguments.logs,
        )
    except LaunchError as error:
        sys.exit(f"Nothing was drawn: {error}.")
    print(f"{len(avatars)} avatars are in {arguments.out}; nothing of the job is left in S3.")


if __name__ == "__main__":
    main()
