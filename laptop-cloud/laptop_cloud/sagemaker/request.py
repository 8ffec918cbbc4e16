"""Checks of CreateTrainingJob beyond its shapes, and what is not supported on a laptop."""

from collections.abc import Iterator, Mapping
from typing import Any

from laptop_cloud.sagemaker.errors import invalid


def refuse_unsupported(request: Mapping[str, Any]) -> None:
    """Raise Refused for the first thing that AWS refuses, or that is not supported."""
    for complaint in _complaints(request):
        raise invalid(complaint)


def _complaints(request: Mapping[str, Any]) -> Iterator[str]:
    algorithm = request.get("AlgorithmSpecification", {})
    if not algorithm.get("TrainingImage"):
        yield "AlgorithmSpecification.TrainingImage is required: named ones are not supported."
    if algorithm.get("ContainerEntrypoint"):
        yield "ContainerEntrypoint is not supported: a program runs here, not an image."
    if algorithm.get("TrainingInputMode") != "File":
        yield "Only the TrainingInputMode File is supported."
    yield from _resource_complaints(request.get("ResourceConfig", {}))
    yield from _stopping_complaints(request)
    yield from _channel_complaints(request.get("InputDataConfig", ()))
    yield from _uri_complaints("outputDataConfig.s3OutputPath", request["OutputDataConfig"])
    if checkpoints := request.get("CheckpointConfig"):
        yield from _uri_complaints("checkpointConfig.s3Uri", checkpoints)
        path = checkpoints.get("LocalPath", "/opt/ml/checkpoints")
        reserved = ("/opt/ml/input", "/opt/ml/model", "/opt/ml/output")
        if ".." in path.split("/") or not path.startswith("/opt/ml/") or path.startswith(reserved):
            yield f"CheckpointConfig.LocalPath must be a directory of its own below /opt/ml: {path}"


def _resource_complaints(resources: Mapping[str, Any]) -> Iterator[str]:
    if not resources.get("InstanceType"):
        yield "ResourceConfig.InstanceType is required: instance groups are not supported."
    if resources.get("InstanceCount") != 1:
        yield "ResourceConfig.InstanceCount must be 1: several hosts are not supported."


def _stopping_complaints(request: Mapping[str, Any]) -> Iterator[str]:
    stopping = request.get("StoppingCondition")
    if stopping is None:
        yield "StoppingCondition is required."
        return
    runtime = stopping.get("MaxRuntimeInSeconds", 86_400)
    if request.get("EnableManagedSpotTraining") and (
        stopping.get("MaxWaitTimeInSeconds", 0) < runtime
    ):
        yield (
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )


def _channel_complaints(channels: Any) -> Iterator[str]:
    names = [channel["ChannelName"] for channel in channels]
    if len(set(names)) != len(names):
        yield f"Channel names must be unique within a training job: {', '.join(names)}"
    for channel in channels:
        source = channel["DataSource"].get("S3DataSource")
        if source is None:
            yield f"Channel {channel['ChannelName']}: only S3DataSource is supported."
            continue
        if source["S3DataType"] != "S3Prefix":
            yield f"Channel {channel['ChannelName']}: only the S3DataType S3Prefix is supported."
        if channel.get("InputMode", "File") != "File":
            yield f"Channel {channel['ChannelName']}: only the InputMode File is supported."
        if channel.get("CompressionType", "None") != "None":
            yield f"Channel {channel['ChannelName']}: CompressionType Gzip is not supported."
        yield from _uri_complaints("inputDataConfig.s3Uri", {"S3Uri": source["S3Uri"]})


def _uri_complaints(where: str, config: Mapping[str, Any]) -> Iterator[str]:
    uri = config.get("S3Uri", config.get("S3OutputPath", ""))
    if not uri.startswith("s3://"):
        yield f"The S3 URI at {where} must begin with s3:// : {uri}"
