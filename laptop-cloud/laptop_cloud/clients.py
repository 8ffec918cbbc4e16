"""boto3 clients of one user of the laptop cloud."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

from laptop_cloud import places

Clients = Callable[[str], Any]  # a service's name to its client


def clients(endpoint: str, access_key: str, secret_key: str, token: str | None = None) -> Clients:
    """Clients that sign with these credentials; each is created once."""
    session = boto3.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=token,
        region_name=places.REGION,
    )

    making = Lock()  # a session is not thread-safe
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        with making:
            if service not in made:
                make: Any = session.client  # the stubs know only names in the source
                made[service] = make(
                    service,
                    endpoint_url=endpoint,
                    config=Config(
                        s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}
                    ),
                )
        return made[service]

    return client
