"""The directory that a SageMaker container has at /opt/ml, and its environment variables."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HOST = "algo-1"
CONTAINER_ROOT = "/opt/ml"


class OptMl:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "input" / "config"
        self.data = root / "input" / "data"
        self.model = root / "model"
        self.output = root / "output"
        self.output_data = root / "output" / "data"
        self.failure = root / "output" / "failure"

    def make(self, request: Mapping[str, Any]) -> None:
        """Create the directories and the three configuration files."""
        self.root.mkdir(parents=True, mode=0o700)
        for directory in (self.config, self.data, self.model, self.output_data, self.root / "tmp"):
            directory.mkdir(parents=True)
        self._write("hyperparameters.json", request.get("HyperParameters", {}))
        self._write("inputdataconfig.json", _channels(request))
        self._write("resourceconfig.json", _resources(request))

    def local(self, container_path: str) -> Path:
        """The local path for a path below /opt/ml."""
        return self.root / os.path.relpath(os.path.normpath(container_path), CONTAINER_ROOT)

    def failure_text(self) -> str:
        if not self.failure.is_file():
            return ""
        return self.failure.read_text(encoding="utf-8", errors="replace").strip()

    def wipe(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def environment(self, request: Mapping[str, Any], job_arn: str) -> dict[str, str]:
        """The variables of SageMaker and its toolkit; no AWS_ variables, no credentials."""
        names = [channel["ChannelName"] for channel in request.get("InputDataConfig", ())]
        return {
            "SAGEMAKER_BASE_DIR": str(self.root),
            "TRAINING_JOB_NAME": request["TrainingJobName"],
            "TRAINING_JOB_ARN": job_arn,
            "SM_CHANNELS": json.dumps(names),
            **{f"SM_CHANNEL_{name.upper()}": str(self.data / name) for name in names},
            "SM_CURRENT_HOST": HOST,
            "SM_HOSTS": json.dumps([HOST]),
            "SM_HPS": json.dumps(request.get("HyperParameters", {})),
            "SM_INPUT_DIR": str(self.root / "input"),
            "SM_MODEL_DIR": str(self.model),
            "SM_NUM_CPUS": str(os.cpu_count() or 1),
            "SM_NUM_GPUS": "0",
            "SM_OUTPUT_DATA_DIR": str(self.output_data),
            "SM_OUTPUT_DIR": str(self.output),
            **request.get("Environment", {}),
        }

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        (self.config / name).write_text(json.dumps(content), encoding="utf-8")


def _channels(request: Mapping[str, Any]) -> dict[str, Any]:
    described = {}
    for channel in request.get("InputDataConfig", ()):
        described[channel["ChannelName"]] = {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }
        if "ContentType" in channel:
            described[channel["ChannelName"]]["ContentType"] = channel["ContentType"]
    return described


def _resources(request: Mapping[str, Any]) -> dict[str, Any]:
    instance_type = request["ResourceConfig"]["InstanceType"]
    return {
        "current_host": HOST,
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": [HOST],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": instance_type,
                "hosts": [HOST],
            }
        ],
        "network_interface_name": "lo",
    }
