"""The same job, by hand: `python -m likeness_model.launch --stack likeness-dev --photos DIR`.

For people who experiment. It needs an environment of its own (`requirements/install.sh launch`) and
the credentials of somebody in ops; AWS_ENDPOINT_URL leads it to the laptop's SageMaker. Photos,
order, checkpoints and avatars are deleted from S3 when it ends, however it ends; the avatars are
in `--out` by then.
"""

import argparse
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from likeness.contracts import ORDER_FILE, RESULT_FILE, AvatarOrder, GenerationOrder, OrderedPhoto
from likeness_model.metrics import DEFINITIONS

MAX_RUNTIME_S = 1800
NO_TELEMETRY = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


class CannotLaunch(Exception):
    """One sentence that says what is wrong and what to do."""


@dataclass(frozen=True)
class Deployed:
    """What a stack of Likeness offers to a training job."""

    photos_bucket: str
    work_bucket: str
    role: str
    image: str
    weights: str

    @classmethod
    def of(cls, stack: str) -> "Deployed":
        try:
            described = boto3.client("cloudformation").describe_stacks(StackName=stack)
        except (BotoCoreError, ClientError) as error:
            raise CannotLaunch(f"the stack {stack} cannot be read: {error}") from error
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


@dataclass(frozen=True)
class Wish:
    """What is to be drawn, by which engine, on which instance."""

    photos: Mapping[str, bytes]
    styles: Sequence[str]
    count: int
    engine: str
    instance: str
    size: int


def launch(wish: Wish, deployed: Deployed, out: Path, *, logs: bool) -> list[Path]:
    """Upload, train, fetch, delete; the avatars' files, best first."""
    job_id = f"j{secrets.token_hex(16)}"
    bucket = boto3.resource("s3").Bucket
    photos, work = bucket(deployed.photos_bucket), bucket(deployed.work_bucket)
    try:
        # 1. Lay photos and order where PrepareGeneration lays them.
        for photo_id, content in wish.photos.items():
            photos.put_object(Key=f"photos/{job_id}/{photo_id}.jpg", Body=content)
        order = order_of(wish, job_id)
        work.put_object(
            Key=f"work/{job_id}/r1/order/{ORDER_FILE}", Body=order.model_dump_json().encode()
        )
        # 2. Train and draw.
        train(wish, deployed, job_id, logs=logs)
        # 3. Fetch what the checkpoints carried out.
        return fetch(work, f"work/{job_id}/r1/checkpoints/", out)
    finally:
        # 4. Delete every copy.
        photos.objects.filter(Prefix=f"photos/{job_id}/").delete()
        work.objects.filter(Prefix=f"work/{job_id}/").delete()


def order_of(wish: Wish, job_id: str) -> GenerationOrder:
    avatars = tuple(
        AvatarOrder.model_validate(
            {
                "avatar_id": f"a{n + 1:02}",
                "style": wish.styles[n % len(wish.styles)],
                "seed": secrets.randbits(62),
            }
        )
        for n in range(wish.count)
    )
    photos = tuple(
        OrderedPhoto.model_validate(
            {"photo_id": photo_id, "sha256": hashlib.sha256(content).hexdigest()}
        )
        for photo_id, content in wish.photos.items()
    )
    return GenerationOrder.model_validate(
        {
            "job_id": job_id,
            "round": 1,
            "engine": wish.engine,
            "size": wish.size,
            "photos": photos,
            "avatars": avatars,
        }
    )


def train(wish: Wish, deployed: Deployed, job_id: str, *, logs: bool) -> None:
    """The training job that the state machine creates, by the SDK's ModelTrainer."""
    # The SDK would refuse the stack's role for lacking what a job in a VPC of its own needs.
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

    folder = f"s3://{deployed.work_bucket}/work/{job_id}/r1"
    trainer = ModelTrainer(
        sagemaker_session=Session(
            boto_session=boto3.Session(),
            default_bucket=deployed.work_bucket,
            sagemaker_config=NO_TELEMETRY,
        ),
        role=deployed.role,
        base_job_name="likeness-by-hand",
        training_image=deployed.image,
        training_input_mode="File",
        compute=Compute(instance_type=wish.instance, instance_count=1, volume_size_in_gb=30),
        networking=Networking(enable_network_isolation=True),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=MAX_RUNTIME_S),
        output_data_config=OutputDataConfig(s3_output_path=f"{folder}/output/"),
        checkpoint_config=CheckpointConfig(s3_uri=f"{folder}/checkpoints/"),
    ).with_metric_definitions(
        [MetricDefinition(name=row["Name"], regex=row["Regex"]) for row in DEFINITIONS]
    )
    channels = {
        "photos": f"s3://{deployed.photos_bucket}/photos/{job_id}/",
        "order": f"{folder}/order/",
    }
    if deployed.weights and not wish.engine.startswith(("painter", "tiny")):
        channels["weights"] = deployed.weights
    trainer.train(
        [InputData(channel_name=name, data_source=uri) for name, uri in channels.items()],
        wait=True,
        logs=logs,
    )


def fetch(work: Any, prefix: str, out: Path) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    try:
        content = work.Object(f"{prefix}{RESULT_FILE}").get()["Body"].read()
    except ClientError as missing:
        raise CannotLaunch("the job left no result: its log says why") from missing
    (out / RESULT_FILE).write_bytes(content)
    files = []
    for avatar in json.loads(content)["avatars"]:
        path = out / Path(avatar["file"]).name
        work.download_file(f"{prefix}{path.name}", str(path))
        files.append(path)
    return files


def read_photos(folder: Path) -> dict[str, bytes]:
    """At most ten, named as the pipeline names them."""
    found = sorted(folder.glob("*.jpg"))[:10] if folder.is_dir() else []
    if not found:
        raise CannotLaunch(f"there is no .jpg in {folder}: --photos names a folder of them")
    return {f"p{n:02}": path.read_bytes() for n, path in enumerate(found, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m likeness_model.launch", description=__doc__)
    parser.add_argument("--stack", default="likeness-dev")
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG photos")
    parser.add_argument("--styles", default="glamour,comic,oil")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--engine", default="painter")
    parser.add_argument("--instance", default="ml.c7i.xlarge")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--logs", action="store_true", help="show the container's log")
    asked = parser.parse_args()
    try:
        wish = Wish(
            photos=read_photos(asked.photos),
            styles=asked.styles.split(","),
            count=asked.count,
            engine=asked.engine,
            instance=asked.instance,
            size=asked.size,
        )
        avatars = launch(wish, Deployed.of(asked.stack), asked.out, logs=asked.logs)
    except CannotLaunch as error:
        sys.exit(f"Nothing was drawn: {error}.")
    print(f"{len(avatars)} avatars are in {asked.out}; nothing of the job is left in S3.")


if __name__ == "__main__":
    main()
