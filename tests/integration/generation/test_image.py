"""`make image` and the check of an image's manifest. There is no container engine: `docker` is a
program that records its arguments and answers as buildx does."""

import json
import os
import subprocess
import sys

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from infra import image
from infra.image import ImageNotSeen, ImageRefused, check_image, check_manifest

DOCKER = "application/vnd.docker"
OCI = "application/vnd.oci.image"
DIGEST = "sha256:" + "a" * 64
REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/likeness-model"


def manifest(**changes):
    """What buildx pushes with oci-mediatypes=false and without attestations."""
    whole = {
        "schemaVersion": 2,
        "mediaType": f"{DOCKER}.distribution.manifest.v2+json",
        "config": {
            "mediaType": f"{DOCKER}.container.image.v1+json",
            "digest": DIGEST,
            "size": 1,
        },
        "layers": [
            {"mediaType": f"{DOCKER}.image.rootfs.diff.tar.gzip", "digest": DIGEST, "size": 1}
        ],
    }
    return whole | changes


PLATFORM = {"digest": DIGEST, "size": 1, "platform": {"architecture": "amd64", "os": "linux"}}
ATTESTATION = {
    "digest": DIGEST,
    "size": 1,
    "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
    "platform": {"architecture": "unknown", "os": "unknown"},
}
OCI_INDEX = {
    "schemaVersion": 2,
    "mediaType": f"{OCI}.index.v1+json",
    "manifests": [PLATFORM, ATTESTATION],
}
REFUSED = {
    "an OCI index with provenance, docker's default": (OCI_INDEX, "an index with an attestation"),
    "an OCI index": (OCI_INDEX | {"manifests": [PLATFORM]}, r"an index \("),
    "docker's manifest list": (
        {
            "schemaVersion": 2,
            "mediaType": f"{DOCKER}.distribution.manifest.list.v2+json",
            "manifests": [PLATFORM],
        },
        r"an index \(.*manifest.list",
    ),
    "an OCI manifest": (manifest(mediaType=f"{OCI}.manifest.v1+json"), r"vnd\.oci\.image\.manif"),
    "an OCI manifest that does not say so": (
        {name: value for name, value in manifest().items() if name != "mediaType"},
        "no media type",
    ),
    "an attestation": (
        manifest(layers=[{"mediaType": "application/vnd.in-toto+json"}]),
        "an attestation and no image",
    ),
    "zstd layers": (
        manifest(layers=[{"mediaType": f"{DOCKER}.image.rootfs.diff.tar.zstd"}]),
        "layers that are not Docker's gzip",
    ),
    "schema 1": (
        {
            "schemaVersion": 1,
            "mediaType": f"{DOCKER}.distribution.manifest.v1+prettyjws",
            "fsLayers": [],
        },
        "another format",
    ),
}


def test_dockers_manifest_of_one_platform_is_accepted():
    check_manifest(json.dumps(manifest()))


@pytest.mark.parametrize("name", REFUSED)
def test_every_other_form_is_refused_with_the_way_to_build_it(name):
    form, reason = REFUSED[name]
    with pytest.raises(ImageRefused, match=reason) as refused:
        check_manifest(json.dumps(form))
    assert "make image VARIANT=" in str(refused.value)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"layers": [1]}', '{"layers": 1}'])
def test_what_is_no_manifest_is_refused(text):
    with pytest.raises(ImageRefused, match="cannot be read"):
        check_manifest(text)


# ---------------------------------------------------------------- in ECR


@pytest.fixture
def pushed(monkeypatch):
    """Push a manifest to ECR; returns the image's name."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with mock_aws():
        ecr = boto3.client("ecr", region_name="eu-central-1")
        ecr.create_repository(repositoryName="likeness-model")

        def push(form):
            found = ecr.put_image(
                repositoryName="likeness-model", imageManifest=json.dumps(form), imageTag="one"
            )
            return f"{REPOSITORY}@{found['image']['imageId']['imageDigest']}"

        yield push


def test_an_image_in_ecr_is_accepted(pushed):
    check_image(pushed(manifest()), boto3.client)


def test_an_image_in_ecr_is_refused(pushed):
    with pytest.raises(ImageRefused, match=r"vnd\.oci\.image\.manifest"):
        check_image(pushed(manifest(mediaType=f"{OCI}.manifest.v1+json")), boto3.client)


def test_an_image_that_is_not_in_the_repository_is_refused(pushed):
    pushed(manifest())
    with pytest.raises(ImageRefused, match="not found"):
        check_image(f"{REPOSITORY}@{DIGEST}", boto3.client)


@pytest.mark.parametrize(
    "name", ["likeness-model", f"{REPOSITORY}:latest", f"docker.io/likeness@{DIGEST}"]
)
def test_a_name_without_digest_or_outside_ecr_is_refused(name):
    with pytest.raises(ImageRefused, match="is not ACCOUNT"):
        check_image(name, boto3.client)


def test_a_repository_that_does_not_exist_is_refused(pushed):
    name = pushed(manifest()).replace("likeness-model", "another")
    with pytest.raises(ImageRefused, match="no such repository"):
        check_image(name, boto3.client)


def test_what_the_credentials_may_not_read_is_not_refused():
    ecr = boto3.client("ecr", "eu-central-1", aws_access_key_id="k", aws_secret_access_key="s")
    with Stubber(ecr) as stub:
        stub.add_client_error("batch_get_image", "AccessDeniedException", "not authorized")
        with pytest.raises(ImageNotSeen, match="not authorized"):
            check_image(f"{REPOSITORY}@{DIGEST}", lambda *_service, **_options: ecr)


# ---------------------------------------------------------------- the commands


FAKE = """#!{python}
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if "--metadata-file" in sys.argv:
    with open(sys.argv[sys.argv.index("--metadata-file") + 1], "w") as file:
        file.write(os.environ["METADATA"])
else:
    sys.stdout.write(os.environ["MANIFEST"])
"""


@pytest.fixture
def make_image(tmp_path, monkeypatch, capsys):
    """Run `python -m infra.image` with a docker that makes the given form.

    Returns what was printed, the error, and the arguments of each call of docker.
    """
    docker = tmp_path / "docker"
    docker.write_text(FAKE.format(python=sys.executable))
    docker.chmod(0o755)
    calls = tmp_path / "calls"

    def run(*arguments, form=None, metadata=None):
        kind = (form or manifest())["mediaType"]
        described = {"mediaType": kind, "digest": DIGEST, "size": 1}
        made = {"containerimage.digest": DIGEST, "containerimage.descriptor": described}
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("CALLS", str(calls))
        monkeypatch.setenv("METADATA", json.dumps(metadata or made))
        monkeypatch.setenv("MANIFEST", json.dumps(form or manifest()))
        monkeypatch.setattr(sys, "argv", ["infra.image", *arguments])
        error = None
        try:
            image.main()
        except SystemExit as ended:
            error = ended.code
        found = [json.loads(line) for line in calls.read_text().splitlines()]
        return capsys.readouterr().out, error, found

    return run


def test_the_pushed_image_is_named_by_its_manifests_digest(make_image):
    printed, error, (build, inspect) = make_image(
        "build", "--variant", "diffusion", "--repository", REPOSITORY, "--push"
    )
    assert (printed, error) == (f"{REPOSITORY}@{DIGEST}\n", None)
    assert image.IN_ECR.fullmatch(printed.strip())
    assert build[:4] == ["buildx", "build", "--file", "model/Dockerfile"]
    assert build[build.index("--build-arg") + 1] == "VARIANT=diffusion"
    assert build[build.index("--platform") + 1] == "linux/amd64"
    assert build[build.index("--tag") + 1].startswith(f"{REPOSITORY}:diffusion-")
    assert build[build.index("--output") + 1] == "type=image,oci-mediatypes=false,push=true"
    assert {"--provenance=false", "--sbom=false"} <= set(build)
    assert inspect == ["buildx", "imagetools", "inspect", "--raw", f"{REPOSITORY}@{DIGEST}"]


def test_without_push_the_image_has_only_its_tag(make_image):
    printed, _, (build,) = make_image("build")
    assert printed.startswith("likeness-model:painter-")
    assert build[build.index("--output") + 1] == "type=image,oci-mediatypes=false,push=false"


def test_a_builder_that_does_not_say_what_it_made_is_believed_until_the_push(make_image):
    metadata = {"containerimage.digest": DIGEST}
    assert make_image("build", metadata=metadata)[1] is None
    _, error, _ = make_image("build", "--push", metadata=metadata, form=OCI_INDEX)
    assert "an index with an attestation" in error


@pytest.mark.parametrize("push", [["--push"], []])
def test_an_image_that_sagemaker_refuses_has_no_name(make_image, push):
    printed, error, _ = make_image("build", *push, form=OCI_INDEX)
    assert printed == ""
    assert "which SageMaker refuses" in error


def test_a_failed_build_is_one_sentence(make_image, tmp_path):
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "calls").touch()
    _, error, _ = make_image("build")
    assert error == "docker buildx build --file failed. Its output is above."


def test_a_missing_docker_is_one_sentence(monkeypatch):
    def missing(*_command, **_how):
        raise FileNotFoundError(2, "No such file", "docker")

    monkeypatch.setattr(subprocess, "run", missing)
    monkeypatch.setattr(sys, "argv", ["infra.image", "build"])
    with pytest.raises(SystemExit, match="docker is not installed"):
        image.main()
