"""The settings that `laptop_cloud.servers` gives MiniStack's process, in environment variables."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from laptop_cloud.sagemaker import Program

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    account: str
    region: str
    training: Path  # the files of training jobs, while they run
    capacity: Path  # the file with SageMaker's capacity
    programs: Mapping[str, Program]  # by the container image that each stands in for
    layers: Path  # unpacked layers
    preload: tuple[str, ...]  # the packages that functions share, see `function_process`
    quotas: bool  # services have the default quotas of an account
    rekognition: str  # the address of the models' process; empty without models
    calls: Path | None  # the file of recorded calls
    calls_pattern: str  # what is recorded of the content of a call


@cache
def settings() -> Settings:
    """Raises KeyError if the process was not started by `laptop_cloud.servers`."""
    containers = json.loads(os.environ["LAPTOP_CLOUD_CONTAINERS"])
    return Settings(
        account=os.environ["MINISTACK_ACCOUNT_ID"],
        region=os.environ["MINISTACK_REGION"],
        training=Path(os.environ["LAPTOP_CLOUD_TRAINING"]),
        capacity=Path(os.environ["LAPTOP_CLOUD_CAPACITY"]),
        programs={
            image: Program(tuple(one["command"]), one["environment"])
            for image, one in containers.items()
        },
        layers=Path(os.environ["LAPTOP_CLOUD_LAYERS"]),
        preload=tuple(os.environ["LAPTOP_CLOUD_PRELOAD"].split()),
        quotas=bool(os.environ["LAPTOP_CLOUD_QUOTAS"]),
        rekognition=os.environ["LAPTOP_CLOUD_REKOGNITION"],
        calls=Path(os.environ["LAPTOP_CLOUD_CALLS"]) if os.environ["LAPTOP_CLOUD_CALLS"] else None,
        calls_pattern=os.environ["LAPTOP_CLOUD_CALLS_PATTERN"],
    )
