"""The lock files from which the container's image is built."""

import re

import pytest

from tests.infra.documents import ROOT

DOCKERFILE = (ROOT / "model/Dockerfile").read_text()


@pytest.mark.parametrize("name", ["requirements", "requirements-diffusion"])
def test_every_package_of_an_image_has_its_hashes(name):
    lines = (ROOT / f"model/{name}.txt").read_text().replace("\\\n", "").splitlines()
    packages = [line for line in lines if not line.lstrip().startswith("#")]
    assert packages
    for line in packages:
        assert re.search(r"==\S+ +--hash=sha256:[0-9a-f]{64}", line), line
    assert "--require-hashes" in DOCKERFILE


def test_the_diffusion_image_has_cuda_12():
    """CUDA 13 needs driver 580, which most of SageMaker's hosts do not have."""
    lock = (ROOT / "model/requirements-diffusion.txt").read_text()
    assert re.search(r"^nvidia-cuda-runtime-cu12==12\.", lock, re.MULTILINE)
    assert "cu13" not in lock
