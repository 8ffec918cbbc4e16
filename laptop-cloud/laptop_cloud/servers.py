"""The servers of the laptop cloud: MiniStack with its extension, the models beside it, the edge."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from laptop_cloud import places, processes
from laptop_cloud.places import HOST, Places
from laptop_cloud.project import given_and_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from laptop_cloud.processes import Process

SECONDS_TO_START = 60.0
MODELS, CLOUD, EDGE = "Rekognition", "MiniStack", "CloudFront"
GALLERY = places.ROOT / "infra" / "local" / "rekognition" / "gallery"


def start_models(where: Places, port: int, gallery: Path) -> Process:
    """Start the laptop's Rekognition; raises CannotRun when its environment is missing."""
    python = places.python_of("vision")
    return processes.start(
        MODELS,
        [
            *(str(python), "-m", "laptop_cloud.rekognition"),
            *("--port", str(port), "--gallery", str(gallery)),
        ],
        {**_base(where), "PYTHONPATH": f"{places.ROOT}{os.pathsep}{places.ROOT / 'model'}"},
        log_of(where, MODELS),
        places.ROOT,
        port,
    )


def log_of(where: Places, name: str) -> Path:
    return where.logs / f"{name.lower()}.log"


def fingerprint() -> str:
    """Changes with the code that the servers run."""
    here = places.ROOT / "infra" / "local"
    return given_and_files(
        "",
        here / "extension",
        here / "rekognition",
        here / "sagemaker",
        here / "recorded.py",
        here / "edge.py",
        places.ROOT / "model" / "likeness_model" / "vision",
    )


def training_program() -> tuple[str, ...]:
    """What runs in place of the container's image."""
    return (str(places.python_of("model")), "-m", "likeness_model")


def start_cloud(
    where: Places,
    port: int,
    root_secret: str,
    *,
    models: str,
    training: Sequence[str],
    wait_scale: float,
) -> Process:
    """Start MiniStack with every gap closed; raises CannotRun when its environment is missing.

    `models` is the address of Rekognition, `training` the program of SageMaker's one image.
    """
    where.temporary.mkdir(parents=True, exist_ok=True)
    return processes.start(
        CLOUD,
        [str(places.python_of("cloud")), "-m", "laptop_cloud.extension"],
        {
            **_base(where),
            "PYTHONPATH": str(places.ROOT),
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "SFN_WAIT_SCALE": str(wait_scale),
            "STATE_DIR": str(where.temporary / "state"),
            "S3_DATA_DIR": str(where.temporary / "s3"),
            "DOCKER_HOST": "unix:///nonexistent",  # never looks at the user's containers
            "MINISTACK_ACCOUNT_ID": places.ACCOUNT,
            "MINISTACK_REGION": places.REGION,
            "AWS_DEFAULT_REGION": places.REGION,
            "AWS_ACCESS_KEY_ID": places.ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": root_secret,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "LIKENESS_ROOT": str(places.ROOT),
            "LIKENESS_TRAINING_DIR": str(where.training),
            "LIKENESS_TRAINING_IMAGE": places.TRAINING_IMAGE,
            "LIKENESS_TRAINING_PROGRAM": json.dumps(list(training)),
            "LIKENESS_LAYERS_DIR": str(where.build / "layers"),
            "LIKENESS_REKOGNITION_URL": models,
        },
        log_of(where, CLOUD),
        places.ROOT,
        port,
    )


def start_edge(where: Places, port: int, *, domain: str, cloud: str, api: str) -> Process:
    """Start what answers for the console's distribution, at an address of its own."""
    return processes.start(
        EDGE,
        [
            *(str(places.python_of("cloud")), "-m", "laptop_cloud.edge", "--port", str(port)),
            *("--domain", domain, "--cloud", cloud, "--api", api),
        ],
        {**_base(where), "PYTHONPATH": str(places.ROOT)},
        log_of(where, EDGE),
        places.ROOT,
        port,
    )


def wait(where: Places, process: Process) -> None:
    """Wait until a server answers; raises CannotRun with the end of its log if it does not."""
    log = log_of(where, process.name)
    processes.wait_until_it_listens(process, process.port, log, SECONDS_TO_START)


def _base(where: Places) -> dict[str, str]:
    """A server's environment: nothing of the user's AWS settings reaches it."""
    return {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TMPDIR": str(where.temporary),
        "PYTHONUNBUFFERED": "1",
    }
