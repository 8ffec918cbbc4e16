"""The laptop's SageMaker: training jobs and endpoints that really run, as processes."""

from infra.local.sagemaker.logs import ENDPOINTS, CloudWatchLogs, LogFiles
from infra.local.sagemaker.program import Program
from infra.local.sagemaker.service import Capacity, Cloud, SageMaker

__all__ = ["ENDPOINTS", "Capacity", "Cloud", "CloudWatchLogs", "LogFiles", "Program", "SageMaker"]
