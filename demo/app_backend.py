"""A client of the API for an app backend: it signs calls and uploads photos."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Signing

if TYPE_CHECKING:
    from laptop_cloud.identities import RoleCredentials

SUBMITS = 20


class ApiError(Exception):
    """The API returned an error; `problem` is its body.

    `retry_after_s`: when the same request may succeed; None if that is unknown.
    """

    def __init__(
        self, status: int, problem: dict[str, Any], retry_after_s: float | None = None
    ) -> None:
        super().__init__(problem.get("message", f"HTTP {status}"))
        self.status = status
        self.problem = problem
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class AppBackend:
    """Every call is signed with SigV4, as IAM authorisation requires."""

    api_url: str
    region: str
    credentials: RoleCredentials
    http: urllib3.PoolManager

    def styles(self) -> list[dict[str, Any]]:
        styles: list[dict[str, Any]] = self._call("GET", "/v1/styles")["styles"]
        return styles

    def create_job(self, order: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        """With an Idempotency-Key, sending the same order again returns the same job."""
        return self._call("POST", "/v1/jobs", order, key)

    def jobs(self, user_id: str, **page: Any) -> dict[str, Any]:
        return self._call("GET", f"{_user(user_id)}/jobs?{urlencode(page)}")

    def job(self, job_id: str) -> dict[str, Any]:
        return self._call("GET", f"/v1/jobs/{job_id}")

    def submit(self, job_id: str, key: str | None = None) -> dict[str, Any]:
        """Waits while photos are checked: a verdict appears before its photo's check has ended."""
        for _ in range(SUBMITS - 1):
            try:
                return self._call("POST", f"/v1/jobs/{job_id}/submit", key=key)
            except ApiError as error:
                if error.problem.get("error") != "PhotosBeingChecked":
                    raise
                time.sleep(error.retry_after_s or 1)
        return self._call("POST", f"/v1/jobs/{job_id}/submit", key=key)

    def appeal(self, job_id: str) -> dict[str, Any]:
        return self._call("POST", f"/v1/jobs/{job_id}/appeal")

    def add_photo(self, job_id: str, content_type: str, key: str | None = None) -> dict[str, Any]:
        photo = {"content_type": content_type}
        return self._call("POST", f"/v1/jobs/{job_id}/photos", photo, key)

    def cancel(self, job_id: str) -> dict[str, Any]:
        return self._call("DELETE", f"/v1/jobs/{job_id}")

    def keep(self, job_id: str, avatars: list[str]) -> dict[str, Any]:
        return self._call("POST", f"/v1/jobs/{job_id}/keep", {"avatars": avatars})

    def receipt(self, job_id: str) -> dict[str, Any]:
        return self._call("GET", f"/v1/jobs/{job_id}/receipt")

    def keys(self) -> dict[str, Any]:
        """The public keys of receipts. This call needs no signature."""
        answer = self.http.request("GET", f"{self.api_url}/v1/keys")
        keys: dict[str, Any] = answer.json()
        if answer.status != 200:
            raise ApiError(answer.status, keys)
        return keys

    def quota(self, user_id: str, **query: str) -> dict[str, Any]:
        return self._call("GET", f"{_user(user_id)}/quota?{urlencode(query)}")

    def set_plus(self, user_id: str, said: dict[str, Any]) -> dict[str, Any]:
        return self._call("PUT", f"{_user(user_id)}/plus", said)

    def erase(self, user_id: str) -> dict[str, Any]:
        return self._call("DELETE", _user(user_id))

    def erasure(self, erasure_id: str) -> dict[str, Any]:
        return self._call("GET", f"/v1/erasures/{erasure_id}")

    def upload(self, post: dict[str, Any], photo: bytes) -> None:
        """Upload a photo as the app does, with the presigned POST of one photo."""
        body, content_type = urllib3.encode_multipart_formdata(
            [*post["fields"].items(), ("file", ("photo", photo, post["fields"]["Content-Type"]))],
            boundary=uuid.uuid4().hex,
        )
        answer = self.http.request(
            "POST", post["url"], body=body, headers={"Content-Type": content_type}
        )
        if answer.status >= 300:
            raise ApiError(answer.status, {"message": answer.data.decode(errors="replace")[:300]})

    def preview(self, path: str) -> bytes:
        """The preview of a style."""
        return self._signed("GET", path).data

    def verify(self, picture: bytes, content_type: str) -> dict[str, Any]:
        """Whether the picture is one of our avatars."""
        answer = self._signed("POST", "/v1/verify", picture, content_type=content_type)
        found: dict[str, Any] = json.loads(answer.data)
        return found

    def download(self, url: str) -> bytes:
        answer = self.http.request("GET", url)
        if answer.status != 200:
            raise ApiError(answer.status, {"message": "the presigned URL of an avatar failed"})
        return answer.data

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        sent = json.dumps(body).encode() if body is not None else None
        content: dict[str, Any] = json.loads(self._signed(method, path, sent, key).data)
        return content

    def _signed(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        key: str | None = None,
        *,
        content_type: str = "application/json",
    ) -> urllib3.BaseHTTPResponse:
        request = AWSRequest(
            method=method,
            url=f"{self.api_url}{path}",
            data=body,
            headers={"Content-Type": content_type}
            | ({} if key is None else {"Idempotency-Key": key}),
        )
        signing = Signing(
            self.credentials.access_key,
            self.credentials.secret_key,
            self.credentials.session_token,
        )
        SigV4Auth(signing, "execute-api", self.region).add_auth(request)
        answer = self.http.request(
            method,
            f"{self.api_url}{path}",
            body=request.data,
            headers=dict(request.headers.items()),
        )
        if answer.status >= 300:
            try:
                problem = json.loads(answer.data)
            except ValueError:
                problem = {"message": answer.data.decode(errors="replace")[:300]}
            wait = answer.headers.get("Retry-After")
            raise ApiError(answer.status, problem, float(wait) if wait else None)
        return answer


def _user(user_id: str) -> str:
    return f"/v1/users/{quote(user_id, safe='')}"
