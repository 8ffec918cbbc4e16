"""Upload the console's files and this deployment's config.json, and invalidate CloudFront.

python -m infra.publish_console --config-env dev        after sam deploy; make deploy runs it
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.release import ROOT, place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILES = ROOT / "infra" / "console"
CONFIG = "config.json"
# Fixed, not the system's table: browsers reject modules of any other type.
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config-env", required=True, help="a table of samconfig.toml")
    session, name = place(parser.parse_args().config_env)
    stack = session.client("cloudformation").describe_stacks(StackName=name)
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Stacks"][0]["Outputs"]}
    make: Any = session.client  # the stubs know only names in the source
    publish(make, outputs, sign_in_url=outputs["SignInUrl"])
    sys.stdout.write(f"The review desk: {outputs['ConsoleUrl']}\n")


def publish(
    client: Callable[[str], Any], outputs: Mapping[str, str], *, sign_in_url: str
) -> list[str]:
    """Upload every file, delete objects that are no longer files, and invalidate the edge caches.

    `outputs` are the stack's. Returns the keys. Idempotent.
    """
    s3, bucket = client("s3"), outputs["ConsoleBucket"]
    config = {"sign_in_url": sign_in_url, "client_id": outputs["ModeratorClientId"]}
    wanted = {
        file.relative_to(FILES).as_posix(): file.read_bytes()
        for file in sorted(FILES.rglob("*"))
        if file.is_file()
    }
    wanted[CONFIG] = json.dumps(config).encode()
    for key, body in wanted.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type(key))
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for one in page.get("Contents", ()):
            if one["Key"] not in wanted:
                s3.delete_object(Bucket=bucket, Key=one["Key"])
    client("cloudfront").create_invalidation(
        DistributionId=outputs["ConsoleDistribution"],
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": uuid.uuid4().hex,
        },
    )
    return list(wanted)


def content_type(key: str) -> str:
    ending = Path(key).suffix
    return TYPES.get(ending) or mimetypes.types_map.get(ending, "application/octet-stream")


if __name__ == "__main__":
    main()
