"""Build the container's image in the form that SageMaker accepts, and refuse every other form.

    python -m infra.image build [--variant diffusion] [--repository URI] [--push]     make image
    python -m infra.image check IMAGE                                    make deploy runs it first

SageMaker takes a manifest of one platform in Docker's format (version 2, schema 2). For others
CreateModel returns "Unsupported manifest media type" (aws/amazon-sagemaker-feedback, issue 180).
Docker's default is another one: an OCI index with a provenance attestation (docker/buildx, issue
1509), and the digest that it prints is the index's.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
VARIANTS = ("painter", "diffusion")
# Image Manifest Version 2, Schema 2 (distribution's specification).
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
IN_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<repository>[^:@]+)@(?P<digest>sha256:[0-9a-f]{64})"
)
HOW = "Build it with `make image VARIANT=... REPOSITORY=... PUSH=1` and use the name that it prints"


class ImageRefused(Exception):
    """SageMaker would refuse the image. The message says why and how to build it."""


class ImageNotSeen(Exception):
    """The image's manifest could not be read. The message says why."""


def check_manifest(text: str) -> None:
    """Raises ImageRefused if SageMaker does not take an image with this manifest."""
    try:
        manifest = json.loads(text)
        layers = {one["mediaType"] for one in manifest.get("layers", ())}
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise ImageRefused(f"The image's manifest cannot be read. {HOW}.") from error
    kind = manifest.get("mediaType", "no media type")  # OCI's may have none
    if "manifests" in manifest:
        attested = "attestation-manifest" in text
        raise _refused("an index with an attestation" if attested else "an index", kind)
    if any("in-toto" in one for one in layers):
        raise _refused("an attestation and no image", kind)
    if manifest.get("schemaVersion") != 2 or kind != MANIFEST:
        raise _refused("in another format than Docker's version 2, schema 2", kind)
    if layers != {LAYER}:
        raise _refused("made of layers that are not Docker's gzip", ", ".join(sorted(layers)))


def _refused(what: str, kind: str) -> ImageRefused:
    return ImageRefused(f"The image is {what} ({kind}), which SageMaker refuses. {HOW}.")


def check_image(name: str, client: Callable[..., Any]) -> None:
    """Read an image's manifest from ECR and check it. `client` is boto3's.

    Raises ImageRefused, also for a name without digest or an image that is not in the repository;
    ImageNotSeen if these credentials may not read it.
    """
    found = IN_ECR.fullmatch(name)
    if not found:
        raise ImageRefused(
            f"{name} is not ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST. {HOW}."
        )
    try:
        response = client("ecr", region_name=found["region"]).batch_get_image(
            registryId=found["account"],
            repositoryName=found["repository"],
            imageIds=[{"imageDigest": found["digest"]}],
        )
    except (ClientError, BotoCoreError) as error:
        if "RepositoryNotFound" in str(error):
            raise ImageRefused(f"{name}: there is no such repository. {HOW}.") from error
        raise ImageNotSeen(f"{name} was not checked: {error}") from error
    if not response["images"]:
        (failure,) = response["failures"]
        raise ImageRefused(f"{name}: {failure['failureReason']}. {HOW}.")
    check_manifest(response["images"][0]["imageManifest"])


def build(variant: str, repository: str, *, push: bool) -> str:
    """Build, and push; returns the name for TrainingImage, or the tag of what was not pushed.

    Raises ImageRefused. What was pushed is read back from the registry. What was not is checked as
    far as the builder says what it made: the daemon's own builder does not.
    """
    revision = _run("git", "describe", "--always", "--dirty", "--abbrev=12").strip()
    tag = f"{repository}:{variant}-{revision}"
    with tempfile.TemporaryDirectory() as folder:
        metadata = Path(folder) / "metadata.json"
        command = build_command(variant, tag, metadata, push=push)
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603
        made = json.loads(metadata.read_text())
    kind = made.get("containerimage.descriptor", {}).get("mediaType", MANIFEST)
    if kind != MANIFEST:
        raise _refused("in another format than Docker's version 2, schema 2", kind)
    if not push:
        return tag
    name = f"{repository}@{made['containerimage.digest']}"
    check_manifest(_run("docker", "buildx", "imagetools", "inspect", "--raw", name))
    return name


def build_command(variant: str, tag: str, metadata: Path, *, push: bool) -> list[str]:
    return [
        *("docker", "buildx", "build", "--file", "model/Dockerfile"),
        *("--build-arg", f"VARIANT={variant}", "--tag", tag, "--platform", "linux/amd64"),
        *("--provenance=false", "--sbom=false"),
        *("--output", f"type=image,oci-mediatypes=false,push={str(push).lower()}"),
        *("--metadata-file", str(metadata), "."),
    ]


def _run(*command: str) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.image", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    building.add_argument("--variant", choices=VARIANTS, default=VARIANTS[0])
    building.add_argument("--repository", default="likeness-model", help="ECR's URI, without tag")
    building.add_argument("--push", action="store_true")
    commands.add_parser("check").add_argument("image")
    options = parser.parse_args()
    try:
        if options.command == "check":
            check_image(options.image, boto3.client)
        else:
            sys.stdout.write(build(options.variant, options.repository, push=options.push) + "\n")
    except ImageNotSeen as unknown:
        sys.stderr.write(f"{unknown}\n")
    except ImageRefused as refused:
        sys.exit(str(refused))
    except FileNotFoundError as missing:
        sys.exit(f"{missing.filename} is not installed: docker with buildx and git are needed.")
    except subprocess.CalledProcessError as failed:
        sys.exit(f"{' '.join(failed.cmd[:4])} failed. {failed.stderr or 'Its output is above.'}")


if __name__ == "__main__":
    main()
