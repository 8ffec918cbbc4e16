"""Gap: reading and writing a KMS-encrypted bucket requires permission on its key, as on AWS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from ministack import app
from ministack.core.iam_evaluator import (
    AuthError,
    EvalContext,
    EvalResult,
    combine_resource_policy,
    evaluate,
    resolve_principal,
)
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import kms, s3

if TYPE_CHECKING:
    from collections.abc import Iterator

READ, WRITE = "kms:Decrypt", "kms:GenerateDataKey"
# Subresources of an object that hold no object data.
PLAIN = frozenset({"tagging", "acl", "attributes", "retention", "legal-hold", "uploadId"})
POST_CREDENTIAL = re.compile(rb'name="x-amz-credential"\r\n\r\n([^/\r]+)/', re.IGNORECASE)
Response = tuple[int, dict[str, str], Any]

_serve = app.SERVICE_HANDLERS["s3"]


def install() -> None:
    app.SERVICE_HANDLERS["s3"] = handle


async def handle(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Response:
    """Serve an S3 call if its caller may use the keys of its buckets."""
    access_key = extract_access_key_id(headers, query) or post_signer(method, body)
    for action, bucket in uses(method, path, headers, query) if access_key else ():
        key = key_of(bucket)
        refusal = key and check(access_key, action, key, extract_region(headers, query))
        if refusal:
            return denial(action, str(key), getattr(refusal, "principal_arn", access_key))
    served: Response = await _serve(method, path, headers, body, query)
    return served


def post_signer(method: str, body: bytes) -> str:
    """The access key that signed a presigned POST: S3 checks the signer's permissions."""
    found = POST_CREDENTIAL.search(body[:16_384]) if method == "POST" else None
    return found[1].decode() if found else ""


def uses(
    method: str, path: str, headers: dict[str, str], query: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """The uses of data keys by a call: (KMS action, bucket)."""
    bucket, _, key = path.lstrip("/").partition("/")
    if query.keys() & PLAIN:
        return
    if method == "GET" and key:
        yield READ, bucket
    elif method == "PUT" and key:
        yield WRITE, bucket
        if source := headers.get("x-amz-copy-source"):
            yield READ, unquote(source).lstrip("/").partition("/")[0]
    elif method == "POST" and "uploads" in query:
        yield WRITE, bucket
        yield READ, bucket  # S3 reads the parts back to join them
    elif method == "POST" and not key and "delete" not in query:
        yield WRITE, bucket  # a presigned POST


def check(access_key: str, action: str, key: str, region: str) -> AuthError | EvalResult | None:
    """The refusal if the caller may not use the key through S3, else None.

    It evaluates the policies, not the request, because a presigned POST is anonymous: its caller is
    the signer.
    """
    account = get_account_id()
    caller = resolve_principal(access_key, account)
    if isinstance(caller, AuthError):
        return caller
    if caller.policies is None:
        return None  # root
    context = EvalContext(
        principal_arn=caller.arn,
        principal_type=caller.type,
        principal_account=caller.account,
        action=action,
        resource_arn=key,
        region=region,
        service_context={
            "kms:viaservice": f"s3.{region}.amazonaws.com",
            "kms:calleraccount": caller.account,
        },
        principal_keys=caller.keys,
    )
    policy, owner = kms.key_policy_for_arn(key) or ("", account)
    own = evaluate(context, caller.policies, *caller.limits)
    found = combine_resource_policy(
        own, context, policy, owner, required=True, limits=caller.limits
    )
    if found.decision == "Allow":
        return None
    found.principal_arn = caller.arn
    return found


def key_of(bucket: str) -> str | None:
    """The ARN of a bucket's default encryption key, if it has one."""
    document = s3._bucket_encryption.get(bucket)
    if not document:
        return None
    root = ET.fromstring(document)  # noqa: S314  what put_bucket_encryption stored
    name = next((one.text for one in root.iter() if one.tag.endswith("KMSMasterKeyID")), None)
    found = kms._resolve_key(name)
    return found["Arn"] if found else name


def denial(action: str, key: str, caller: str) -> Response:
    text = (
        f"User: {caller} is not authorized to perform: {action} on resource: {key} because no "
        f"identity-based policy allows the {action} action"
    )
    body = f"<Error><Code>AccessDenied</Code><Message>{escape(text)}</Message></Error>"
    return 403, {"Content-Type": "application/xml"}, body.encode()
