"""The laptop's SageMaker: training jobs that really run, as processes on the /opt/ml contract."""

from infra.local.sagemaker.logs import CloudWatchLogs, LogFiles
from infra.local.sagemaker.program import Program
from infra.local.sagemaker.service import Capacity, Cloud, SageMaker

__all__ = ["Capacity", "Cloud", "CloudWatchLogs", "LogFiles", "Program", "SageMaker"]
