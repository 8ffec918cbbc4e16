"""The services of the cloud that SageMaker uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from laptop_cloud.sagemaker.logs import LogSink


@dataclass(frozen=True, kw_only=True)
class Services:
    """
    * `s3_for_role`  an S3 client with the credentials of an assumed role
    * `emit`         takes the detail of each "SageMaker Training Job State Change"
    * `logs`         takes the output of training programs, `endpoint_logs` that of endpoints
    * `publish`      sends (role, topic, message) with the credentials of the assumed role
    * `check_role`   takes (role, kind of log group, image); raises Refused for a missing permission
    """

    account: str
    region: str
    s3_for_role: Callable[[str], S3Client]
    emit: Callable[[dict[str, Any]], None]
    logs: LogSink
    endpoint_logs: LogSink
    publish: Callable[[str, str, str], None]
    check_role: Callable[[str, str, str], None]
