"""Builds and deploys a project with the SAM CLI."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from laptop_cloud import artifacts, locks, places
from laptop_cloud.places import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from laptop_cloud.project import Project

# Settings of package indexes, which a layer's build may need.
INDEX_SETTINGS = ("PIP_", "UV_")
PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "XDG_CONFIG_HOME"})
STAMP = "fingerprint"


@contextmanager
def built(project: Project, log: Path) -> Iterator[Path]:
    """Build the project if a source changed; yields the template to deploy.

    The folder is locked while the template is used: another cloud's build would replace it.
    """
    with locks.locked(project.folders.build, wait=True):
        yield _build(project, project.folders.build, log)


def _build(project: Project, folder: Path, log: Path) -> Path:
    packed = folder / "build" / "packed.yaml"
    stamp = folder / STAMP
    fingerprint = project.fingerprint()
    if packed.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return packed
    stamp.unlink(missing_ok=True)
    sam(
        project,
        [
            "build",
            *("--template-file", str(project.template)),
            *("--build-dir", str(folder / "build")),
            *("--cache-dir", str(folder / "cache")),
            "--cached",
            *overrides(project.given()),
        ],
        project.build_environment,
        log,
    )
    packed = artifacts.pack(folder / "build" / "template.yaml", folder / "archives")
    stamp.write_text(fingerprint)
    return packed


def deploy(project: Project, built: Path, environment: Mapping[str, str], log: Path) -> None:
    """Deploy a built template to the cloud that the environment names; raises CannotRun."""
    sam(
        project,
        [
            "deploy",
            *("--template-file", str(built)),
            *("--stack-name", project.stack),
            *("--s3-bucket", project.artifacts, "--s3-prefix", project.stack),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
            "--no-progressbar",
            *("--on-failure", "DELETE"),
            *overrides(project.given()),
        ],
        environment,
        log,
    )


def overrides(parameters: Mapping[str, str]) -> list[str]:
    pairs = [f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()]
    return ["--parameter-overrides", *pairs] if pairs else []


def sam(
    project: Project, arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> None:
    """Run the SAM CLI without the user's own AWS settings."""
    command = [project.sam.command(), *arguments]
    # The builder looks for the functions' Python on the path.
    path = [str(Path(project.python.command()).parent), os.environ.get("PATH", os.defpath)]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(
            command,
            cwd=project.root,
            env={
                "HOME": os.environ.get("HOME", "/"),
                "PATH": os.pathsep.join(path),
                "LANG": "C.UTF-8",
                "SAM_CLI_TELEMETRY": "0",
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
