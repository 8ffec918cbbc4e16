"""A class for each kind of error of the API, generated from docs/openapi.json."""

from likeness_client.errors.base import ApiError


class Invalid(ApiError):
    """The request is wrong: `field` or `faults` says where. Correct the code that sends it."""


class ConsentNotInForce(ApiError):
    """The user agreed to a text that is not in force: show one of `GET /v1/consents` and ask."""


class UnknownStyle(ApiError):
    """A style is unknown or withdrawn: read `GET /v1/styles` again and let the user choose."""


class TierLimit(ApiError):
    """The user's tier allows fewer styles or avatars: request fewer, or offer Plus."""


class UnreadablePicture(ApiError):
    """The picture is too large, or cannot be read: `reason` says why. Ask for another file."""


class Forbidden(ApiError):
    """The caller may not do this."""


class TestModeOff(ApiError):
    """The stack accepts no test jobs: send nothing of a test, or use a stack with `TestMode`."""


class TierClosed(ApiError):
    """The user's tier may not use the feature: offer Plus."""


class UserBlocked(ApiError):
    """The user can create no job: show a neutral text."""


class NotFound(ApiError):
    """There is no such resource, or it belongs to another user, or it is deleted."""


class AvatarsExpired(ApiError):
    """The avatars were deleted at the end of their lifetime: create a new job."""


class ConcurrentChange(ApiError):
    """Another request changed the resource first: send the request again."""


class InProgress(ApiError):
    """A request with this `Idempotency-Key` is still running: send it again, with the same key."""


class PhotosBeingChecked(ApiError):
    """Photos have no verdict yet: submit again."""


class NotEnoughPhotos(ApiError):
    """Too few photos were accepted: let the user replace the refused ones, then submit again."""


class TooManyPhotos(ApiError):
    """The job has the maximum number of photos, and none is refused: submit it, or delete one."""


class NoUploadsLeft(ApiError):
    """The job was given all its presigned POSTs: create a new job."""


class TooManyOpenJobs(ApiError):
    """The user has the maximum of open jobs, `job_ids`: continue or delete one of them."""


class AlreadySubmitted(ApiError):
    """The job is submitted, its photos are fixed: wait for its end."""


class JobEnded(ApiError):
    """The job has ended, is being cancelled, or can no longer be submitted: create a new one."""


class JobRunning(ApiError):
    """This needs a job that has ended: wait for its end."""


class ErasureRunning(ApiError):
    """The user is being erased: nothing new can begin until that is done."""


class NotContestable(ApiError):
    """There is nothing to appeal against, or it is too late."""


class AppealClosed(ApiError):
    """The appeal is with a lead, or decided: read the job's `statement`."""


class PhotosNotDeletedYet(ApiError):
    """The job's photos are still being deleted: send the request again."""


class TooManyWebhooks(ApiError):
    """There is the maximum of webhooks: delete one that is not used."""


class WebhookDisabled(ApiError):
    """Nothing is sent to a webhook that is disabled: enable it first."""


class SecretRotated(ApiError):
    """The secret was rotated twice within a day, and the old ones are still valid: rotate later."""


class UnsupportedMediaType(ApiError):
    """The body has another media type: send the `Content-Type` that the operation accepts."""


class KeyReused(ApiError):
    """The `Idempotency-Key` was sent with another request: choose a new key."""


class OverQuota(ApiError):
    """The quota day is used: wait until `next_day_begins_at`. `job_id` is the job that has it."""


class Internal(ApiError):
    """Something failed on our side."""


class Unavailable(ApiError):
    """A dependency failed: send the request again."""


class NotAccepting(ApiError):
    """No new job is accepted at present: show it, and try again after `Retry-After`."""
