"""The GPU that an engine runs on, or why there is none."""

import logging
import re
from pathlib import Path

import torch

from likeness_model.errors import DeviceError

log = logging.getLogger(__name__)

DRIVER = Path("/proc/driver/nvidia/version")  # the NVIDIA runtime shows it to containers
# The oldest driver for each major version of CUDA, by its minor-version compatibility: CUDA
# Toolkit release notes, table "CUDA Toolkit and Minimum Required NVIDIA Driver Version".
OLDEST_DRIVER = {12: "525.60.13", 13: "580"}


def find_gpu(engine: str) -> torch.device:
    """The first GPU. Raises DeviceError with the versions of driver and CUDA."""
    driver, cuda = driver_version(), torch.version.cuda
    if not torch.cuda.is_available():
        raise DeviceError(f"{engine} needs a GPU: {_why_none(driver, cuda)}")
    log.info("%s, driver %s, CUDA %s", torch.cuda.get_device_name(0), driver, cuda)
    if (count := torch.cuda.device_count()) > 1:
        log.warning("1 of %d GPUs is used: an instance type with one costs less", count)
    return torch.device("cuda:0")


def driver_version() -> str | None:
    """The NVIDIA driver's version; None where no driver is visible."""
    try:
        found = re.search(r"Kernel Module.*?\s(\d+(?:\.\d+)+)", DRIVER.read_text())
    except OSError:
        return None
    return found[1] if found else None


def _why_none(driver: str | None, cuda: str | None) -> str:
    if cuda is None:
        return "this torch has no CUDA; build the image with VARIANT=diffusion"
    if driver is None:
        return "no NVIDIA driver is visible; use an instance type with a GPU"
    oldest = OLDEST_DRIVER[int(cuda.split(".")[0])]
    if _numbers(driver) < _numbers(oldest):
        return (
            f"the host's driver {driver} is too old for CUDA {cuda}, which needs {oldest}; "
            "choose another instance type or, for the endpoint, another InferenceAmi"
        )
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        return f"driver {driver} and CUDA {cuda} find none: {str(error).splitlines()[0]}"
    return f"driver {driver} and CUDA {cuda} find none"


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
