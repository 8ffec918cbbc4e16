"""The servers of the laptop cloud: MiniStack with its extension, Rekognition, CloudFront."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from laptop_cloud import places, processes
from laptop_cloud.extension.quotas import LAMBDA_CONCURRENCY
from laptop_cloud.places import HOST, PACKAGE, Folders
from laptop_cloud.project import digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from laptop_cloud.processes import Process
    from laptop_cloud.project import Project, VisionModels

SECONDS_TO_START = 60.0
REKOGNITION, MINISTACK, CLOUDFRONT = "Rekognition", "MiniStack", "CloudFront"


def fingerprint(project: Project, quotas: str) -> str:
    """Changes with the code that the servers run, their quotas, and what they preload."""
    return digest(
        f"{quotas} {project.preload}",
        PACKAGE / "extension",
        PACKAGE / "rekognition",
        PACKAGE / "sagemaker",
        PACKAGE / "recorded.py",
        PACKAGE / "edge.py",
        *(project.vision.sources if project.vision else ()),
    )


def start_rekognition(project: Project, vision: VisionModels, port: int) -> Process:
    """Start Rekognition with the project's models; raises CannotRun if its Python is missing."""
    gallery = ["--gallery", str(vision.gallery)] if vision.gallery else []
    return processes.start(
        REKOGNITION,
        [
            *(vision.python.command(), "-m", "laptop_cloud.rekognition"),
            *("--port", str(port), "--vision", vision.module, *gallery),
        ],
        _environment(project, vision.path),
        log_of(project.folders, REKOGNITION),
        project.root,
        port,
    )


def start_ministack(
    project: Project,
    port: int,
    root_secret: str,
    *,
    rekognition: str,
    wait_scale: float,
    quotas: str,
    calls: str,
) -> Process:
    """Start MiniStack with every gap closed; raises CannotRun if a program is missing.

    `rekognition` is the address of Rekognition, empty without one. `quotas` is "aws" or empty.
    With a pattern in `calls`, calls are recorded in the file of `calls_of()`.
    """
    folders = project.folders
    folders.temporary.mkdir(parents=True, exist_ok=True)
    containers = {
        one.image: {
            "command": [one.program.command(), *one.arguments],
            "environment": dict(one.environment),
        }
        for one in project.containers
    }
    return processes.start(
        MINISTACK,
        [project.python.command(), "-m", "laptop_cloud.extension"],
        {
            **_environment(project),
            "AUTH": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "SFN_WAIT_SCALE": str(wait_scale),
            "STATE_DIR": str(folders.temporary / "state"),
            "S3_DATA_DIR": str(folders.temporary / "s3"),
            "DOCKER_HOST": "unix:///nonexistent",  # do not touch the user's containers
            "MINISTACK_ACCOUNT_ID": places.ACCOUNT,
            "MINISTACK_REGION": places.REGION,
            "AWS_DEFAULT_REGION": places.REGION,
            "AWS_ACCESS_KEY_ID": places.ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": root_secret,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "LAPTOP_CLOUD_TRAINING": str(folders.training),
            "LAPTOP_CLOUD_CAPACITY": str(folders.capacity),
            "LAPTOP_CLOUD_CONTAINERS": json.dumps(containers),
            "LAPTOP_CLOUD_LAYERS": str(folders.build / "layers"),
            "LAPTOP_CLOUD_PRELOAD": " ".join(project.preload),
            "LAPTOP_CLOUD_REKOGNITION": rekognition,
            "LAPTOP_CLOUD_QUOTAS": quotas,
            "LAPTOP_CLOUD_CALLS": str(calls_of(folders)) if calls else "",
            "LAPTOP_CLOUD_CALLS_PATTERN": calls,
            **({"LAMBDA_ACCOUNT_CONCURRENCY": str(LAMBDA_CONCURRENCY)} if quotas else {}),
        },
        log_of(folders, MINISTACK),
        project.root,
        port,
    )


def start_edge(
    project: Project, port: int, *, domain: str, cloud: str, api: str, api_paths: Iterable[str]
) -> Process:
    """Start the local address of a CloudFront distribution."""
    paths = [part for path in api_paths for part in ("--api-path", path)]
    return processes.start(
        CLOUDFRONT,
        [
            *(project.python.command(), "-m", "laptop_cloud.edge", "--port", str(port)),
            *("--domain", domain, "--cloud", cloud, "--api", api, *paths),
        ],
        _environment(project),
        log_of(project.folders, CLOUDFRONT),
        project.root,
        port,
    )


def log_of(folders: Folders, name: str) -> Path:
    return folders.logs / f"{name.lower()}.log"


def calls_of(folders: Folders) -> Path:
    return folders.logs / "calls.jsonl"


def wait(folders: Folders, process: Process) -> None:
    """Wait until a server answers; raises CannotRun with the end of its log if it does not."""
    log = log_of(folders, process.name)
    processes.wait_until_it_listens(process, process.port, log, SECONDS_TO_START)


def _environment(project: Project, path: tuple[Path, ...] = ()) -> dict[str, str]:
    """A server's environment, without the user's AWS settings."""
    return {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TMPDIR": str(project.folders.temporary),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join(map(str, [PACKAGE.parent, *path])),
    }
