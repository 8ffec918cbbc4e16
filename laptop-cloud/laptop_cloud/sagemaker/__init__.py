"""The laptop's SageMaker: training jobs and endpoints that really run, as processes."""

from laptop_cloud.sagemaker.logs import ENDPOINTS, CloudWatchLogs, LogFiles
from laptop_cloud.sagemaker.program import Program
from laptop_cloud.sagemaker.service import Capacity, Cloud, SageMaker

__all__ = ["ENDPOINTS", "Capacity", "Cloud", "CloudWatchLogs", "LogFiles", "Program", "SageMaker"]
