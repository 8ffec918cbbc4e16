"""Which GPU an engine gets, and what the operator learns if there is none."""

import logging

import pytest
import torch

from likeness_model.diffusion import device
from likeness_model.errors import DeviceError

PROPRIETARY = """NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.57.02  Tue Jul 13 16:14:05 2021
GCC version:  gcc version 7.3.1
"""
OPEN = """NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.163.01  Release Build
GCC version:
"""


@pytest.fixture
def host(monkeypatch, tmp_path):
    """Set what the host has: the driver's file, torch's CUDA, whether torch sees a GPU."""

    def has(driver, cuda, *, gpus=0):
        file = tmp_path / "version"
        if driver:
            file.write_text(driver)
        monkeypatch.setattr(device, "DRIVER", file)
        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _index: "NVIDIA L4")

    return has


@pytest.mark.parametrize(("text", "version"), [(PROPRIETARY, "470.57.02"), (OPEN, "550.163.01")])
def test_the_drivers_version_is_read(host, text, version):
    host(text, "12.8")
    assert device.driver_version() == version


def test_a_driver_that_is_too_old_is_named_with_the_one_that_is_needed(host):
    host(PROPRIETARY, "12.8")
    with pytest.raises(DeviceError, match=r"driver 470\.57\.02 .* CUDA 12\.8.* 525\.60\.13"):
        device.find_gpu("sdxl-lora")


def test_the_same_driver_can_be_new_enough_for_one_cuda_and_too_old_for_the_next(host):
    host(OPEN, "13.0")
    with pytest.raises(DeviceError, match=r"550\.163\.01 is too old for CUDA 13\.0.* 580"):
        device.find_gpu("sdxl-lora")


def test_a_host_without_driver_needs_another_instance(host):
    host(None, "12.8")
    with pytest.raises(DeviceError, match="no NVIDIA driver is visible"):
        device.find_gpu("sdxl-lora")


def test_a_torch_without_cuda_needs_another_image(host):
    host(OPEN, None)
    with pytest.raises(DeviceError, match="VARIANT=diffusion"):
        device.find_gpu("sdxl-lora")


def test_the_reason_of_cuda_is_repeated(host, monkeypatch):
    def fail():
        raise RuntimeError("No CUDA GPUs are available\nmore")

    host(OPEN, "12.8")
    monkeypatch.setattr(torch.cuda, "init", fail)
    with pytest.raises(DeviceError, match=r"find none: No CUDA GPUs are available$"):
        device.find_gpu("sdxl-lora")


def test_the_log_has_gpu_driver_and_cuda(host, caplog):
    host(OPEN, "12.8", gpus=1)
    with caplog.at_level(logging.INFO):
        assert device.find_gpu("sdxl-lora") == torch.device("cuda:0")
    assert caplog.messages == ["NVIDIA L4, driver 550.163.01, CUDA 12.8"]


def test_gpus_that_are_not_used_are_named(host, caplog):
    host(OPEN, "12.8", gpus=8)
    device.find_gpu("sdxl-lora")

    assert caplog.messages == ["1 of 8 GPUs is used: an instance type with one costs less"]
