"""Register a webhook on the running laptop cloud: python -m infra.laptop.webhook URL."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.laptop.project import likeness
from laptop_cloud import cloud, places

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.laptop.webhook", description=__doc__)
    parser.add_argument("url", help="on this machine: http://127.0.0.1:8080/events")
    url = parser.parse_args().url
    try:
        webhook_id, secret = register(cloud.running(likeness()), url)
    except places.CannotRun as error:
        sys.exit(str(error))
    sys.stdout.write(f"\n# The webhook {url} gets every event\n")
    sys.stdout.write(f"export WEBHOOK_ID='{webhook_id}'\nexport WEBHOOK_SECRET='{secret}'\n")


def register(running: Cloud, url: str) -> tuple[str, str]:
    """Register the URL in place of an earlier webhook with it. Returns id and secret.

    Raises CannotRun with the API's message if the URL is refused.
    """
    for webhook in call(running, "GET", "/v1/webhooks")["webhooks"]:
        if webhook["url"] == url:
            call(running, "DELETE", f"/v1/webhooks/{webhook['webhook_id']}")
    created = call(running, "POST", "/v1/webhooks", {"url": url})
    return created["webhook_id"], created["secret"]


def call(running: Cloud, method: str, path: str, body: Any = None) -> Any:
    """Call the API as the application does."""
    user = running.app_credentials()
    request = AWSRequest(
        method=method,
        url=f"{running.api_url}{path}",
        data=None if body is None else json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    signing = Credentials(user.access_key, user.secret_key, user.session_token)
    SigV4Auth(signing, "execute-api", places.REGION).add_auth(request)
    answer = urllib3.request(
        method,
        str(request.url),
        body=request.data,
        headers=dict(request.headers.items()),
        timeout=60,
    )
    if answer.status >= 300:
        raise places.CannotRun(answer.json().get("message", f"HTTP {answer.status}"))
    return answer.json()


if __name__ == "__main__":
    main()
