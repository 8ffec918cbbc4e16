"""The API, one method for each of its operations, and what an app does around them."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING, Literal

import urllib3

from likeness_client import errors, types
from likeness_client.transport import AGENT, Transport, segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.credentials import Credentials

    from likeness_client.transport import Http, Response

PhotoType = Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]
PictureType = Literal["image/png", "image/webp", "image/jpeg", "application/octet-stream"]
UNDECIDED = frozenset({"awaited", "checking"})  # states of a photo without a verdict
ENDED = frozenset({"completed", "refused", "cancelled", "expired", "failed"})
PROVEN = frozenset({"deleted", "held"})  # held: by law, the receipt says so
POLL_S = 5.0  # of an API that does not say when to poll


class Likeness:
    """The API of one deployment, as an app's server calls it.

        client = Likeness(api_url, "eu-central-1")
        job = client.create_job({"user_id": "u-1", ...})

    `api_url` is the stack's output ApiUrl. `credentials` are botocore's; without them botocore
    looks for some, as boto3 does. Methods that begin with a verb of the API are its operations and
    raise `ApiError` (by kind: `errors.OverQuota`, ...) or `NotReached`, after repeating what may
    succeed for `patience_s` seconds. Every POST has an idempotency key. Pass your own and store it
    first, if a call must not have its effect twice when your process restarts in between.

    Thread-safe, as is the default `http`, a urllib3.PoolManager.
    """

    def __init__(
        self,
        api_url: str,
        region: str,
        credentials: Credentials | None = None,
        *,
        patience_s: float = 60,
        http: Http | None = None,
    ) -> None:
        self._api = Transport(api_url, region, credentials, patience_s=patience_s, http=http)

    # --- jobs -----------------------------------------------------------------------------------

    def create_job(
        self, order: types.CreateJob, *, idempotency_key: str | None = None
    ) -> types.JobCreated:
        """Open a job. Returns one presigned POST for each photo: `upload`, or the app itself."""
        return self._api.call(
            types.JobCreated, "POST", "/v1/jobs", body=order, idempotency_key=idempotency_key
        )

    def add_photo(
        self, job_id: str, photo: types.AddPhoto, *, idempotency_key: str | None = None
    ) -> types.PresignedPost:
        """One more presigned POST, to replace a refused photo."""
        path = f"{_job(job_id)}/photos"
        return self._api.call(
            types.PresignedPost, "POST", path, body=photo, idempotency_key=idempotency_key
        )

    def delete_photo(self, job_id: str, photo_id: str) -> types.PhotoView:
        """Take back a photo of an open job."""
        path = f"{_job(job_id)}/photos/{segment(photo_id)}"
        return self._api.call(types.PhotoView, "DELETE", path)

    def submit_job(self, job_id: str, *, idempotency_key: str | None = None) -> types.JobStateView:
        """Start the work; reserves the quota day. Waits while photos are still being checked."""
        path = f"{_job(job_id)}/submit"
        return self._api.call(types.JobStateView, "POST", path, idempotency_key=idempotency_key)

    def get_job(self, job_id: str) -> types.JobView:
        """The job, with verdicts, progress, and avatars as presigned URLs."""
        return self._api.call(types.JobView, "GET", _job(job_id))

    def list_jobs(
        self,
        user_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: types.JobState | None = None,
    ) -> types.JobsView:
        """One page of the user's jobs, newest first. `all_jobs` reads every page."""
        query = {"limit": limit, "cursor": cursor, "state": state}
        return self._api.call(types.JobsView, "GET", f"{_user(user_id)}/jobs", query=query)

    def delete_job(self, job_id: str) -> types.JobStateView:
        """Cancel a job, or delete the avatars of a completed one."""
        return self._api.call(types.JobStateView, "DELETE", _job(job_id))

    def keep_avatars(
        self, job_id: str, picks: types.KeepAvatars, *, idempotency_key: str | None = None
    ) -> types.KeptAvatarsView:
        """Keep these avatars; the others are deleted."""
        path = f"{_job(job_id)}/keep"
        return self._api.call(
            types.KeptAvatarsView, "POST", path, body=picks, idempotency_key=idempotency_key
        )

    def appeal_job(
        self, job_id: str, *, idempotency_key: str | None = None
    ) -> types.AppealUploadsView:
        """Contest a refusal. Returns presigned POSTs for the same files."""
        path = f"{_job(job_id)}/appeal"
        return self._api.call(
            types.AppealUploadsView, "POST", path, idempotency_key=idempotency_key
        )

    def get_receipt(self, job_id: str) -> types.ReceiptView:
        """The signed receipt of the deletion: `receipts.verify_deletion` verifies it."""
        return self._api.call(types.ReceiptView, "GET", f"{_job(job_id)}/receipt")

    def get_keys(self) -> types.KeysView:
        """The public keys of receipts."""
        return self._api.call(types.KeysView, "GET", "/v1/keys")

    def get_consents(self) -> types.ConsentsView:
        """The versions of the consent text that are in force."""
        return self._api.call(types.ConsentsView, "GET", "/v1/consents")

    # --- users ----------------------------------------------------------------------------------

    def get_quota(self, user_id: str, *, test_day: str | None = None) -> types.QuotaView:
        """What is used and left of the user's day, and when the next one begins.

        With `test_day`: of the test jobs on that day.
        """
        query = {"test_day": test_day}
        return self._api.call(types.QuotaView, "GET", f"{_user(user_id)}/quota", query=query)

    def set_plus(self, user_id: str, plus: types.SetPlus) -> types.PlusView:
        """Pass on what billing decided; the newest `effective_at` wins."""
        return self._api.call(types.PlusView, "PUT", f"{_user(user_id)}/plus", body=plus)

    def request_erasure(self, user_id: str) -> types.ErasureView:
        """Erase the user: every job, photo and avatar."""
        return self._api.call(types.ErasureView, "DELETE", _user(user_id))

    def get_erasure(self, erasure_id: str) -> types.ErasureView:
        """The state of an erasure, and its receipt: `receipts.verify_erasure` verifies it."""
        path = f"/v1/erasures/{segment(erasure_id)}"
        return self._api.call(types.ErasureView, "GET", path)

    # --- styles and pictures --------------------------------------------------------------------

    def list_styles(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> types.StylesView:
        """One page of the catalogue. `all_styles` reads every page."""
        query = {"limit": limit, "cursor": cursor}
        return self._api.call(types.StylesView, "GET", "/v1/styles", query=query)

    def preview_style(self, style: str, *, size: Literal["256", "512"] | None = None) -> bytes:
        """The preview picture of a style, WebP. Its URL is public: an app can show it directly."""
        path = f"/v1/styles/{segment(style)}/preview"
        headers = {"User-Agent": AGENT}
        return self._api.send("GET", path, query={"size": size}, headers=headers).data

    def verify_picture(
        self, picture: bytes, content_type: PictureType, *, idempotency_key: str | None = None
    ) -> types.ProvenanceView:
        """Whether a picture is an avatar of this service; never whose."""
        return self._api.call(
            types.ProvenanceView,
            "POST",
            "/v1/verify",
            body=picture,
            content_type=content_type,
            idempotency_key=idempotency_key,
        )

    # --- webhooks -------------------------------------------------------------------------------

    def create_webhook(
        self, webhook: types.CreateWebhook, *, idempotency_key: str | None = None
    ) -> types.WebhookCreated:
        """Register a webhook. `secret` is null if the response to an earlier attempt was lost."""
        return self._api.call(
            types.WebhookCreated,
            "POST",
            "/v1/webhooks",
            body=webhook,
            idempotency_key=idempotency_key,
        )

    def list_webhooks(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> types.WebhooksView:
        """One page of the webhooks, of which there are ten at most."""
        query = {"limit": limit, "cursor": cursor}
        return self._api.call(types.WebhooksView, "GET", "/v1/webhooks", query=query)

    def get_webhook(self, webhook_id: str) -> types.WebhookView:
        """One webhook, without its secret."""
        return self._api.call(types.WebhookView, "GET", _webhook(webhook_id))

    def change_webhook(self, webhook_id: str, change: types.ChangeWebhook) -> types.WebhookView:
        """Change its URL or event types, disable or enable it."""
        return self._api.call(types.WebhookView, "PATCH", _webhook(webhook_id), body=change)

    def delete_webhook(self, webhook_id: str) -> types.WebhookDeleted:
        """Nothing more is sent to it."""
        return self._api.call(types.WebhookDeleted, "DELETE", _webhook(webhook_id))

    def rotate_secret(
        self, webhook_id: str, *, idempotency_key: str | None = None
    ) -> types.NewSecret:
        """A new secret; for 24 hours the old one signs too."""
        path = f"{_webhook(webhook_id)}/secret"
        return self._api.call(types.NewSecret, "POST", path, idempotency_key=idempotency_key)

    def send_test_event(
        self, webhook_id: str, *, idempotency_key: str | None = None
    ) -> types.DeliveryQueued:
        """Send a `WebhookTested`."""
        path = f"{_webhook(webhook_id)}/test"
        return self._api.call(types.DeliveryQueued, "POST", path, idempotency_key=idempotency_key)

    def list_deliveries(
        self,
        webhook_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: types.DeliveryState | None = None,
    ) -> types.DeliveriesView:
        """One page of what was sent, newest first."""
        path = f"{_webhook(webhook_id)}/deliveries"
        query = {"limit": limit, "cursor": cursor, "state": state}
        return self._api.call(types.DeliveriesView, "GET", path, query=query)

    def replay_deliveries(
        self, webhook_id: str, which: types.ReplayDeliveries, *, idempotency_key: str | None = None
    ) -> types.DeliveriesReplayed:
        """Send events again: those that failed since a time, or single ones."""
        path = f"{_webhook(webhook_id)}/replay"
        return self._api.call(
            types.DeliveriesReplayed, "POST", path, body=which, idempotency_key=idempotency_key
        )

    # --- around the operations --------------------------------------------------------------------

    def all_jobs(self, user_id: str) -> Iterator[types.JobSummary]:
        """All jobs of the user, newest first, page by page."""
        cursor = None
        while True:
            page = self.list_jobs(user_id, limit=100, cursor=cursor)
            yield from page["jobs"]
            if (cursor := page["next"]) is None:
                return

    def all_styles(self) -> Iterator[types.StyleView]:
        """The whole catalogue, page by page."""
        cursor = None
        while True:
            page = self.list_styles(limit=100, cursor=cursor)
            yield from page["styles"]
            if (cursor := page["next"]) is None:
                return

    def upload(self, post: types.PresignedPost, photo: bytes) -> None:
        """Upload a photo as the app does. Raises UploadRefused or NotReached."""
        file = ("photo", photo, post["fields"]["Content-Type"])
        body, content_type = urllib3.encode_multipart_formdata(
            [*post["fields"].items(), ("file", file)], boundary=uuid.uuid4().hex
        )
        headers = {"Content-Type": content_type, "User-Agent": AGENT}
        http = self._api.http
        self._api.repeat(
            lambda: http.request("POST", post["url"], body=body, headers=headers), _upload_error
        )

    def download(self, url: str) -> bytes:
        """The file of a presigned URL. Raises DownloadFailed or NotReached."""
        http = self._api.http
        headers = {"User-Agent": AGENT}
        return self._api.repeat(
            lambda: http.request("GET", url, headers=headers), _download_error
        ).data

    def watch_job(
        self,
        job_id: str,
        *,
        timeout_s: float = 3600,
        pause: Callable[[float], object] | None = None,
    ) -> Iterator[types.JobView]:
        """Yield the job now and after each change, until it has ended.

        Polls when the API says (`poll_after_s`). Raises TimedOut if the job does not change for
        `timeout_s`. If your process receives
        webhooks, let them wake the poll: `pause` waits for a threading.Event that the webhook's
        handler sets, and clears it, else each further poll follows at once.
        """
        return self._watch(job_id, lambda job: job["state"] in ENDED, timeout_s, pause)

    def wait_for_job(
        self,
        job_id: str,
        *,
        timeout_s: float = 3600,
        pause: Callable[[float], object] | None = None,
    ) -> types.JobView:
        """The job once it has ended, in any state; waits as `watch_job`."""
        return _last(self.watch_job(job_id, timeout_s=timeout_s, pause=pause))

    def wait_for_photos(
        self,
        job_id: str,
        *,
        timeout_s: float = 120,
        pause: Callable[[float], object] | None = None,
    ) -> types.JobView:
        """The job once each of its photos has a verdict. Upload all of them first."""
        return _last(self._watch(job_id, _decided, timeout_s, pause))

    def wait_for_receipt(
        self,
        job_id: str,
        *,
        timeout_s: float = 600,
        pause: Callable[[float], object] | None = None,
    ) -> types.ReceiptView:
        """The receipt once the deletion is verified, seconds after the job has ended."""
        _last(self._watch(job_id, lambda job: job["deletion"] in PROVEN, timeout_s, pause))
        return self.get_receipt(job_id)

    def _watch(
        self,
        job_id: str,
        done: Callable[[types.JobView], bool],
        timeout_s: float,
        pause: Callable[[float], object] | None,
    ) -> Iterator[types.JobView]:
        seen: object = None
        deadline = time.monotonic() + timeout_s
        while True:
            job = self.get_job(job_id)
            if (now := _what_changes(job)) != seen:
                seen, deadline = now, time.monotonic() + timeout_s
                yield job
            if done(job):
                return
            wait = job.get("poll_after_s") or POLL_S
            if time.monotonic() + wait > deadline:
                raise errors.TimedOut(job, timeout_s)
            (pause or time.sleep)(wait)


def _what_changes(job: types.JobView) -> object:
    """Without presigned URLs, which differ at each read."""
    progress = job["progress"]
    moved = progress and (progress["done"], progress.get("waiting_for"))
    return job["state"], moved, job["photos"], job["deletion"]


def _decided(job: types.JobView) -> bool:
    return job["state"] != "open" or all(photo["state"] not in UNDECIDED for photo in job["photos"])


def _last(jobs: Iterator[types.JobView]) -> types.JobView:
    for last in jobs:
        job = last
    return job


def _job(job_id: str) -> str:
    return f"/v1/jobs/{segment(job_id)}"


def _user(user_id: str) -> str:
    return f"/v1/users/{segment(user_id)}"


def _webhook(webhook_id: str) -> str:
    return f"/v1/webhooks/{segment(webhook_id)}"


def _upload_error(response: Response) -> errors.UploadRefused | None:
    if response.status < 300:
        return None
    code = re.search(rb"<Code>(\w+)</Code>", response.data)
    return errors.UploadRefused(response.status, code[1].decode() if code else "")


def _download_error(response: Response) -> errors.DownloadFailed | None:
    return errors.DownloadFailed(response.status) if response.status != 200 else None
