"""What `laptop_cloud` tells the server it starts, by environment variables."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    account: str
    region: str
    root: Path  # of the repository
    training: Path  # where training jobs live while they run
    training_image: str  # the one image that SageMaker knows here
    training_program: tuple[str, ...]  # what runs in place of the image
    layers: Path  # layers that were unpacked before
    rekognition: str  # the sidecar's address


@cache
def settings() -> Settings:
    """Raises KeyError when the server was not started by `laptop_cloud`."""
    return Settings(
        account=os.environ["MINISTACK_ACCOUNT_ID"],
        region=os.environ["MINISTACK_REGION"],
        root=Path(os.environ["LIKENESS_ROOT"]),
        training=Path(os.environ["LIKENESS_TRAINING_DIR"]),
        training_image=os.environ["LIKENESS_TRAINING_IMAGE"],
        training_program=tuple(json.loads(os.environ["LIKENESS_TRAINING_PROGRAM"])),
        layers=Path(os.environ["LIKENESS_LAYERS_DIR"]),
        rekognition=os.environ["LIKENESS_REKOGNITION_URL"],
    )
