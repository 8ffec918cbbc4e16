"""SageMaker on a laptop: training jobs and asynchronous endpoints run as processes."""

from laptop_cloud.sagemaker.logs import ENDPOINTS, CloudWatchLogs, LogFiles
from laptop_cloud.sagemaker.program import Program
from laptop_cloud.sagemaker.service import Capacity, SageMaker
from laptop_cloud.sagemaker.services import Services

__all__ = [
    "ENDPOINTS",
    "Capacity",
    "CloudWatchLogs",
    "LogFiles",
    "Program",
    "SageMaker",
    "Services",
]
