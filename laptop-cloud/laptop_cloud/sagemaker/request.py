"""What CreateTrainingJob asks for beyond its shape, and what a laptop cannot do."""

from collections.abc import Iterator, Mapping
from typing import Any

from laptop_cloud.sagemaker.errors import invalid


def refuse_what_cannot_run(request: Mapping[str, Any]) -> None:
    """Raise for the first thing that AWS refuses, or that this SageMaker does not have."""
    for complaint in _complaints(request):
        raise invalid(complaint)


def _complaints(request: Mapping[str, Any]) -> Iterator[str]:
    algorithm = request.get("AlgorithmSpecification", {})
    if not algorithm.get("TrainingImage"):
        yield "AlgorithmSpecification.TrainingImage is required: algorithms by name are not here."
    if algorithm.get("ContainerEntrypoint"):
        yield "ContainerEntrypoint cannot be honoured: the laptop runs a program, not an image."
    if algorithm.get("TrainingInputMode") != "File":
        yield "Only the TrainingInputMode File is offered by the laptop's SageMaker."
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
        yield "ResourceConfig.InstanceType is required: instance groups are not offered here."
    if resources.get("InstanceCount") != 1:
        yield "ResourceConfig.InstanceCount must be 1: the laptop's SageMaker trains on one host."


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
            yield f"Channel {channel['ChannelName']}: only S3DataSource is offered here."
            continue
        if source["S3DataType"] != "S3Prefix":
            yield f"Channel {channel['ChannelName']}: only the S3DataType S3Prefix is offered here."
        if channel.get("InputMode", "File") != "File":
            yield f"Channel {channel['ChannelName']}: only the InputMode File is offered here."
        if channel.get("CompressionType", "None") != "None":
            yield f"Channel {channel['ChannelName']}: CompressionType Gzip is not offered here."
        yield from _uri_complaints("inputDataConfig.s3Uri", {"S3Uri": source["S3Uri"]})


def _uri_complaints(where: str, config: Mapping[str, Any]) -> Iterator[str]:
    uri = config.get("S3Uri", config.get("S3OutputPath", ""))
    if not uri.startswith("s3://"):
        yield f"The S3 URI at {where} must begin with s3:// : {uri}"
