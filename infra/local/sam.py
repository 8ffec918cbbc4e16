"""Builds and deploys a project with the real SAM CLI."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from infra.local import artifacts, locks, places
from infra.local.places import CannotRun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from infra.local.project import Project

ARTIFACTS = "likeness-laptop-artifacts"
# How a package index is reached, while a layer is built.
INDEX_SETTINGS = ("PIP_", "UV_")
PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "XDG_CONFIG_HOME"})
STAMP = "fingerprint"


def build(project: Project, folder: Path, log: Path) -> Path:
    """Build the project, unless `folder` holds this very build; returns the template to deploy."""
    with locks.alone(folder, wait=True):
        return _build(project, folder, log)


def _build(project: Project, folder: Path, log: Path) -> Path:
    packed = folder / "build" / "packed-template.yaml"
    stamp = folder / STAMP
    fingerprint = project.fingerprint()
    if packed.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return packed
    stamp.unlink(missing_ok=True)
    sam(
        [
            "build",
            *("--template-file", str(project.template)),
            *("--build-dir", str(folder / "build")),
            *("--cache-dir", str(folder / "cache")),
            "--cached",
            *overrides(project.parameters),
        ],
        {},
        log,
    )
    packed = artifacts.pack(folder / "build" / "template.yaml", folder / "archives")
    stamp.write_text(fingerprint)
    return packed


def deploy(project: Project, built: Path, environment: Mapping[str, str], log: Path) -> None:
    """Deploy a built template to whatever cloud the environment names; raises CannotRun."""
    sam(
        [
            "deploy",
            *("--template-file", str(built)),
            *("--stack-name", project.stack),
            *("--s3-bucket", ARTIFACTS, "--s3-prefix", project.stack),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
            "--no-progressbar",
            *("--on-failure", "DELETE"),
            *overrides(project.parameters),
        ],
        environment,
        log,
    )


def overrides(parameters: Mapping[str, str]) -> list[str]:
    pairs = [f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()]
    return ["--parameter-overrides", *pairs] if pairs else []


def sam(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """Run the SAM CLI with nothing of the user's own AWS settings in its sight."""
    binary = places.python_of("sam").with_name("sam")
    # The builder looks for the functions' own Python on the path.
    path = [str(places.python_of("cloud").parent), os.environ.get("PATH", os.defpath)]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(
            [str(binary), *arguments],
            cwd=places.ROOT,
            env={
                "HOME": os.environ.get("HOME", "/"),
                "PATH": os.pathsep.join(path),
                "LANG": "C.UTF-8",
                "SAM_CLI_TELEMETRY": "0",
                "UV": str(places.python_of("uv").with_name("uv")),  # the layer's Makefile
                "ARCHITECTURE": places.architecture(),
                "AWS_DEFAULT_REGION": places.REGION,
                "AWS_REGION": places.REGION,
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
                **_network(),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        last = "\n".join(log.read_text(errors="replace").strip().splitlines()[-25:])
        raise CannotRun(f"sam {arguments[0]} failed. The end of {log}:\n{last}")


def _network() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(INDEX_SETTINGS) or name.upper() in PROXIES
    }
