"""Types of the API, generated from docs/openapi.json."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict


class AddPhoto(TypedDict):
    """Request one more presigned POST, to replace a refused photo."""

    content_type: Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]


AgeMethod: TypeAlias = Literal[
    "photo_id",
    "digital_id",
    "open_banking",
    "credit_card",
    "mobile_operator",
    "facial_estimation",
    "email_estimation",
    "self_declaration",
]
"""
How the app checked the age.

The kinds of Ofcom's "Guidance on highly effective age assurance" (January 2025), and
self-declaration, which that guidance calls not effective.
"""


AppealState: TypeAlias = Literal["open", "in_review", "granted", "rejected", "expired"]


class AppealedPhotoView(TypedDict):
    """`recognised`: the uploaded file is the refused photo; `another`: it is not."""

    photo_id: str
    state: Literal["awaited", "recognised", "another"]
    optional: bool
    """only to compare with: a lead reviews the appeal without it too"""


class AvatarView(TypedDict):
    """One avatar. Avatars are sorted best first; presigned URLs expire after a few minutes."""

    avatar_id: str
    style: str
    likeness: int | None
    """likeness score to the user's nearest photo, 0 to 100, higher is more alike; 50 is dlib's same-person threshold; an avatar below 27 is drawn again; null: no face found"""
    png: str
    webp: dict[str, str]
    """URLs by side length in px"""


class AvatarsDeleted(TypedDict):
    """All avatars of a job were deleted on request."""

    schema_version: Literal[1]
    event_id: str
    """Identifies the event: a redelivered event has the same id."""
    at: str
    """When it happened."""
    user_id: str
    """The app's id of the user."""
    metadata: dict[str, str]
    """What the app gave the job; empty in events about no job."""
    test: bool
    """Whether it is a test job."""
    job_id: str


class Box(TypedDict):
    """
    A rectangle. Ratios of the upright picture's width and height; origin at the top left.

    A face at the picture's edge may have a box that extends beyond it (Rekognition's API reference,
    BoundingBox): `left` and `top` may be negative, and the other sides above 1.
    """

    left: float
    top: float
    width: float
    height: float


class Consent(TypedDict):
    """Version of the consent text that the user accepted, and when."""

    version: str
    """one of `GET /v1/consents`"""
    accepted_at: str


class ConsentView(TypedDict):
    version: str
    in_force_from: str


class ConsentsView(TypedDict):
    """Versions of the consent text that are in force, newest first: show the first one."""

    consents: list[ConsentView]


Style: TypeAlias = str


DeletionState: TypeAlias = Literal["pending", "deleted", "held"]


class DeliveriesReplayed(TypedDict):
    event_ids: list[str]
    """of the events that are sent again"""
    more: bool
    """true: send the request again for the rest"""


class DeliveryQueued(TypedDict):
    event_id: str


DeliveryState: TypeAlias = Literal["pending", "delivered", "failed"]


DisabledReason: TypeAlias = Literal["requested", "gone"]


DsaCategory: TypeAlias = Literal[
    "STATEMENT_CATEGORY_ANIMAL_WELFARE",
    "STATEMENT_CATEGORY_CONSUMER_INFORMATION",
    "STATEMENT_CATEGORY_CYBER_VIOLENCE",
    "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN",
    "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
    "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
    "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
    "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE",
    "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
    "STATEMENT_CATEGORY_PROTECTION_OF_MINORS",
    "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY",
    "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "STATEMENT_CATEGORY_SELF_HARM",
    "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS",
    "STATEMENT_CATEGORY_VIOLENCE",
]
"""
Categories of the DSA Transparency Database, schema of 1 July 2025.

The schema has no category for pornography: adult content that only violates the terms of use
is OTHER_VIOLATION_TC with a keyword.
"""


DsaKeyword: TypeAlias = Literal[
    "KEYWORD_ADULT_SEXUAL_MATERIAL",
    "KEYWORD_AGE_SPECIFIC_RESTRICTIONS_MINORS",
    "KEYWORD_HATE_SPEECH",
    "KEYWORD_MISSING_PROCESSING_GROUND",
    "KEYWORD_NUDITY",
    "KEYWORD_PROHIBITED_PRODUCTS",
]
"""Keywords (category_specification) of the same schema, as far as our rules use them."""


ErasureState: TypeAlias = Literal["running", "done"]


class ErasureView(TypedDict):
    """An erasure, with its receipt when done."""

    erasure_id: str
    state: ErasureState
    requested_at: str
    finished_at: str | None
    jobs: int
    """number of deleted jobs"""
    objects: int
    """number of objects of these jobs that were deleted, by the erasure or before it"""
    retained: str
    """what is still stored, and for how long"""
    receipt: str | None
    """compact JWS; null until done"""


ErrorKind: TypeAlias = Literal[
    "Invalid",
    "ConsentNotInForce",
    "UnknownStyle",
    "TierLimit",
    "UnreadablePicture",
    "Forbidden",
    "TestModeOff",
    "TierClosed",
    "AccessRevoked",
    "UserBlocked",
    "NotFound",
    "AvatarsExpired",
    "Conflict",
    "ConcurrentChange",
    "InProgress",
    "PhotosBeingChecked",
    "NotEnoughPhotos",
    "TooManyPhotos",
    "NoUploadsLeft",
    "TooManyOpenJobs",
    "AlreadySubmitted",
    "JobEnded",
    "JobRunning",
    "ErasureRunning",
    "NotContestable",
    "AppealClosed",
    "PhotosNotDeletedYet",
    "TooManyWebhooks",
    "WebhookDisabled",
    "SecretRotated",
    "CaseTaken",
    "CaseDecided",
    "DeadlinePassed",
    "NotEscalated",
    "NotReversible",
    "NoLease",
    "MustBeHeld",
    "HoldDecided",
    "AccountExists",
    "OwnAccount",
    "UnsupportedMediaType",
    "KeyReused",
    "OverQuota",
    "ExposureUsed",
    "Internal",
    "Unavailable",
    "NotAccepting",
]
"""What went wrong: one kind for each thing that a client does differently."""


class EstimateView(TypedDict):
    """Estimated remaining time: 50 % and 90 % of similar jobs were complete by then."""

    p50_s: int
    """seconds from now"""
    p90_s: int
    """seconds from now"""
    measured_jobs: int
    """number of jobs of the same backend and tier behind the estimate"""


EventType: TypeAlias = Literal[
    "JobStateChanged",
    "JobProgressed",
    "PhotoChecked",
    "PhotosDeleted",
    "AvatarsDeleted",
    "UserErased",
    "WebhookTested",
]
"""What events are about. The same names are detail types on the event bus."""


FailReason: TypeAlias = Literal["response", "expired", "disabled"]


FailureKind: TypeAlias = Literal["gpu", "capacity", "timeout", "moderation", "stopped", "internal"]
"""Cause of a failed job."""


class Fault(TypedDict):
    """One thing that is wrong with a request."""

    field: str
    """JSON pointer (RFC 6901) below `/body`, `/query`, `/path` or `/header`"""
    message: str


class JobProgressed(TypedDict):
    """Avatars were drawn: sent after each tenth of them, and after the last."""

    schema_version: Literal[1]
    event_id: str
    """Identifies the event: a redelivered event has the same id."""
    at: str
    """When it happened."""
    user_id: str
    """The app's id of the user."""
    metadata: dict[str, str]
    """What the app gave the job; empty in events about no job."""
    test: bool
    """Whether it is a test job."""
    job_id: str
    done: int
    """Avatars drawn so far. Never falls."""
    total: int
    """Avatars that the job asks for."""


JobState: TypeAlias = Literal[
    "open",
    "moderating",
    "in_review",
    "generating",
    "finishing",
    "cancelling",
    "completed",
    "refused",
    "cancelled",
    "expired",
    "failed",
]


class JobStateChanged(TypedDict):
    """A job changed its state."""

    schema_version: Literal[1]
    event_id: str
    """Identifies the event: a redelivered event has the same id."""
    at: str
    """When it happened."""
    user_id: str
    """The app's id of the user."""
    metadata: dict[str, str]
    """What the app gave the job; empty in events about no job."""
    test: bool
    """Whether it is a test job."""
    job_id: str
    version: int
    """Version of the job. Of two events of a job, the higher version is newer."""
    state: str
    """The new state. Later releases may add states: docs/events.md lists them."""
    previous: str | None
    """The previous state; null for a new job."""
    reason: str | None
    """Reason code of the end, if any. Later releases may add codes: docs/policy.md."""
    photos_left_out: int
    """Number of photos that moderation left out: GET /v1/jobs/{job_id} says which."""
    avatars_expire_at: str | None
    """When the avatars of a completed job are deleted."""


class JobStateView(TypedDict):
    job_id: str
    state: JobState


Avatar: TypeAlias = str


class KeepAvatars(TypedDict):
    """The avatars to keep. The others are deleted."""

    avatars: list[Avatar]


class KeptAvatarsView(TypedDict):
    job_id: str
    avatars: list[str]
    avatars_expire_at: str | None


class NewPhoto(TypedDict):
    """The content type of a photo: the presigned POST accepts no other."""

    content_type: Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]


class NewSecret(TypedDict):
    secret: str | None
    """signs each request (Standard Webhooks); returned once: null if the request is repeated"""
    old_secret_expires_at: str | None


class PhotoChecked(TypedDict):
    """A photo has a verdict."""

    schema_version: Literal[1]
    event_id: str
    """Identifies the event: a redelivered event has the same id."""
    at: str
    """When it happened."""
    user_id: str
    """The app's id of the user."""
    metadata: dict[str, str]
    """What the app gave the job; empty in events about no job."""
    test: bool
    """Whether it is a test job."""
    job_id: str
    photo_id: str
    state: str
    """`accepted` or `refused`; after submission also `left_out`."""
    reason: str | None
    """Why it is not accepted: GET /v1/jobs/{job_id} has hint and box. Later releases may add codes: docs/policy.md."""


PhotoState: TypeAlias = Literal["awaited", "checking", "accepted", "refused", "deleted", "left_out"]


class PhotosDeleted(TypedDict):
    """
    A job's photos are deleted, an independent listing found none, and the receipt is signed.

    Sent again with a later receipt: after an appeal, or when the avatars are deleted too. GET
    /v1/jobs/{job_id}/receipt has the newest.
    """

    schema_version: Literal[1]
    event_id: str
    """Identifies the event: a redelivered event has the same id."""
    at: str
    """When it happened."""
    user_id: str
    """The app's id of the user."""
    metadata: dict[str, str]
    """What the app gave the job; empty in events about no job."""
    test: bool
    """Whether it is a test job."""
    job_id: str


PlannedOutcome: TypeAlias = Literal["unusable", "left_out", "doubtful", "refused"]
"""What happens to one photo of a test job."""


class PlannedReview(TypedDict):
    """A decision that follows by itself: the case does not enter the review queue."""

    decision: Literal["approve", "refuse", "expire"]
    """refuse: the doubtful photos, each with its reason; expire: no decision in time"""
    after_s: NotRequired[int]
    """seconds in review"""


class PlusView(TypedDict):
    """The entitlement in effect; not the one in the request if a newer one was stored."""

    active: bool
    erased: bool
    """true: the user was erased after `effective_at`, and nothing was stored"""
    expires_at: str
    source: str
    effective_at: str


class PresignedPost(TypedDict):
    """A presigned POST: send `fields`, then the file, as multipart/form-data."""

    photo_id: str
    url: str
    fields: dict[str, str]
    max_bytes: int
    """maximum size of the file"""
    expires_at: str


class PublicKey(TypedDict):
    """A JSON Web Key (RFC 7517) on the curve P-256."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    alg: str
    use: str


QuotaState: TypeAlias = Literal["reserved", "spent", "returned", "granted"]


Reason: TypeAlias = Literal[
    "FILE.TYPE",
    "FILE.CORRUPT",
    "FILE.TOO_LARGE",
    "FILE.TOO_MANY_PIXELS",
    "FILE.ANIMATED",
    "QUALITY.TOO_SMALL",
    "QUALITY.PANORAMA",
    "QUALITY.BLURRY",
    "QUALITY.DARK",
    "QUALITY.BRIGHT",
    "QUALITY.FACE_TOO_SMALL",
    "QUALITY.FACE_CUT",
    "QUALITY.EXTREME_POSE",
    "QUALITY.SUNGLASSES",
    "QUALITY.OCCLUDED",
    "SUBJECT.NO_FACE",
    "SUBJECT.SEVERAL_FACES",
    "SUBJECT.DIFFERENT_PERSON",
    "SUBJECT.DUPLICATE",
    "POLICY.NUDITY",
    "POLICY.SUGGESTIVE",
    "POLICY.VIOLENCE",
    "POLICY.HATE",
    "POLICY.DRUGS",
    "POLICY.GESTURE",
    "RIGHTS.CELEBRITY",
    "RIGHTS.NOT_SELF",
    "MINOR.AGE_DOUBT",
    "ILLEGAL.CHILD_ABUSE",
    "QUOTA.JOB_RUNNING",
    "QUOTA.DAY_USED",
    "SYSTEM.UNAVAILABLE",
    "SYSTEM.REVIEW_EXPIRED",
    "SYSTEM.TOO_FEW_AVATARS",
    "SYSTEM.CANCELLED",
    "SYSTEM.NOT_SUBMITTED",
    "SYSTEM.STOPPED",
    "SYSTEM.STYLE_OFF",
    "SYSTEM.CLOSED",
]


class ReasonView(TypedDict):
    """A reason code with its hint to the user, by language."""

    code: Reason
    hint: dict[str, str]
    fix_and_retry: bool
    """true: the user can replace the photo and continue"""


class ReceiptView(TypedDict):
    """The signed receipt of a deletion: a JWS in compact serialisation, ES256."""

    job_id: str
    state: DeletionState
    receipt: str


EventId: TypeAlias = str


class ReplayDeliveries(TypedDict):
    """Send one of the two."""

    since: NotRequired[str | None]
    """replay what failed since then; 14 days back at most"""
    event_ids: NotRequired[list[EventId] | None]
    """replay these, in any state"""


SendError: TypeAlias = Literal["name", "address", "connection", "tls", "timeout"]
"""Why there was no response."""


class SetPlus(TypedDict):
    """The user's Plus entitlement. Messages may arrive late, repeatedly and in any order."""

    expires_at: str
    """a past time ends Plus"""
    source: str
    effective_at: str
    """when billing decided this, not in the future; the newest wins"""


class StatementGround(TypedDict):
    """Why a photo was refused or left out, with the category of the DSA Transparency Database."""

    code: Reason
    hint: dict[str, str]
    fix_and_retry: bool
    """true: the user can replace the photo and continue"""
    photo_id: str
    dsa_category: DsaCategory
    dsa_keyword: DsaKeyword | None


class StyleView(TypedDict):
    style: str
    name: dict[str, str]
    description: dict[str, str]
    preview: str
    """path of a preview picture in this API, WebP, 512 px; needs no signature"""
    thumbnail: str
    """path of the same picture in 256 px"""


class StylesView(TypedDict):
    next: str | None
    """cursor of the next page; null on the last page"""
    styles: list[StyleView]


class TierView(TypedDict):
    """What a tier gives."""

    tier: str
    open: bool
    """false: its users may not create avatars"""
    jobs_a_day: int
    avatars_a_job: int
    styles_a_job: int
    reviewed_first: bool
    """its reviews come before those of other tiers"""
    photos_deleted_within_s: int
    """seconds after the last avatar is drawn; 0: immediately"""


class TimelineEntry(TypedDict):
    """When the job entered a state."""

    state: JobState
    at: str


Trust: TypeAlias = Literal["trusted", "others", "expired", "invalid", "none"]
"""Validity of a picture's Content Credentials."""


class UserErased(TypedDict):
    """A user was erased: no later event is about that user."""

    schema_version: Literal[1]
    event_id: str
    """Identifies the event: a redelivered event has the same id."""
    at: str
    """When it happened."""
    user_id: str
    """The app's id of the user."""
    metadata: dict[str, str]
    """What the app gave the job; empty in events about no job."""
    test: bool
    """Whether it is a test job."""
    erasure_id: str
    jobs: int
    """Deleted jobs."""
    objects: int
    """Objects deleted from the buckets."""


WaitingFor: TypeAlias = Literal["capacity", "detector", "stopped"]
"""What a job waits for: an instance, the detector, or operators who stopped the work."""


class WebhookCreated(TypedDict):
    webhook_id: str
    url: str
    """https, to a public address; redirects are not followed"""
    events: list[EventType]
    """the types that it gets; empty: all"""
    enabled: bool
    disabled_reason: DisabledReason | None
    """`gone`: the webhook responded with 410"""
    created_at: str
    old_secret_expires_at: str | None
    """after a rotation: until then the old secret signs too"""
    secret: str | None
    """signs each request (Standard Webhooks); returned once: null if the request is repeated"""


class WebhookDeleted(TypedDict):
    webhook_id: str


class WebhookTested(TypedDict):
    """A test that the app requested. It goes to one webhook, and not to the bus."""

    schema_version: Literal[1]
    event_id: str
    """Identifies the event: a redelivered event has the same id."""
    at: str
    """When it happened."""
    webhook_id: str


class WebhookView(TypedDict):
    webhook_id: str
    url: str
    """https, to a public address; redirects are not followed"""
    events: list[EventType]
    """the types that it gets; empty: all"""
    enabled: bool
    disabled_reason: DisabledReason | None
    """`gone`: the webhook responded with 410"""
    created_at: str
    old_secret_expires_at: str | None
    """after a rotation: until then the old secret signs too"""


class WebhooksView(TypedDict):
    """Oldest first; ten at most."""

    next: str | None
    """cursor of the next page; null on the last page"""
    webhooks: list[WebhookView]


class GatewayError(TypedDict):
    """An error of API Gateway itself: no function was called."""

    message: str | None


class AvatarsDeletedEvent(TypedDict):
    type: Literal["AvatarsDeleted"]
    timestamp: str
    data: AvatarsDeleted


class JobProgressedEvent(TypedDict):
    type: Literal["JobProgressed"]
    timestamp: str
    data: JobProgressed


class JobStateChangedEvent(TypedDict):
    type: Literal["JobStateChanged"]
    timestamp: str
    data: JobStateChanged


class PhotoCheckedEvent(TypedDict):
    type: Literal["PhotoChecked"]
    timestamp: str
    data: PhotoChecked


class PhotosDeletedEvent(TypedDict):
    type: Literal["PhotosDeleted"]
    timestamp: str
    data: PhotosDeleted


class UserErasedEvent(TypedDict):
    type: Literal["UserErased"]
    timestamp: str
    data: UserErased


class WebhookTestedEvent(TypedDict):
    type: Literal["WebhookTested"]
    timestamp: str
    data: WebhookTested


WebhookEvent: TypeAlias = (
    AvatarsDeletedEvent
    | JobProgressedEvent
    | JobStateChangedEvent
    | PhotoCheckedEvent
    | PhotosDeletedEvent
    | UserErasedEvent
    | WebhookTestedEvent
)


class AgeAssurance(TypedDict):
    """The app checked that its user is at least `over_age`. We record it and do not verify it."""

    method: AgeMethod
    over_age: int
    """years"""
    checked_at: str


class AppealView(TypedDict):
    state: AppealState
    opened_at: str
    decide_by: str | None
    decided_at: str | None
    photos: list[AppealedPhotoView]


class ChangeWebhook(TypedDict):
    """What is null or missing stays as it is."""

    url: NotRequired[str | None]
    events: NotRequired[list[EventType] | None]
    enabled: NotRequired[bool | None]


class CreateWebhook(TypedDict):
    url: str
    """https, to a public address; redirects are not followed"""
    events: NotRequired[list[EventType]]
    """the types that it gets; empty: all"""


class DeliveryView(TypedDict):
    """One event for a webhook. Its body is not returned."""

    event_id: str
    type: EventType
    state: DeliveryState
    attempts: int
    created_at: str
    last_attempt_at: str | None
    next_attempt_at: str | None
    """not before; null: it is next, or waits for one before it"""
    status: int | None
    """HTTP status of the last response"""
    error: SendError | None
    """why there was no response"""
    failed_for: FailReason | None
    """`response`: a status that is not retried; `expired`: tried for a day; `disabled`: the webhook was"""


class ErrorBody(TypedDict):
    """Every error of the API. Decide by `error`: `message` may change."""

    error: ErrorKind
    message: str
    """what is wrong and what to do; for developers, not for users"""
    reason: NotRequired[Reason | None]
    """reason code, to show to the user"""
    field: NotRequired[str | None]
    """what is wrong with the request"""
    faults: NotRequired[list[Fault] | None]
    """all of them, if several things are wrong with the request"""
    job_id: NotRequired[str | None]
    """of OverQuota: the job that has the quota day"""
    job_ids: NotRequired[list[str] | None]
    """of TooManyOpenJobs: the user's open jobs"""
    next_day_begins_at: NotRequired[str | None]
    """of OverQuota: when the user's next quota day begins"""


class JobCreated(TypedDict):
    job_id: str
    submit_by: str
    avatars: int
    """that the job is to deliver: fewer than asked for while capacity is short"""
    uploads: list[PresignedPost]
    """one for each photo; empty if the request is repeated after submission"""


class JobSummary(TypedDict):
    """A job in a list; GET /v1/jobs/{job_id} has the details."""

    job_id: str
    user_id: str
    metadata: dict[str, str]
    """the app's own, returned with the job and its events; never logged"""
    test: bool
    """a test job"""
    state: JobState
    reason: ReasonView | None
    failure: FailureKind | None
    """cause, if state is failed"""
    styles: list[str]
    styles_off: list[str]
    """of `styles`: switched off since, and not delivered"""
    avatars_asked: int
    """by the app"""
    avatars_planned: int
    """that the job is to deliver: fewer than asked for if capacity was short when it was created, or if a style was switched off since"""
    created_at: str
    submit_by: str
    avatars_shown: int
    """number of avatars that GET /v1/jobs/{job_id} lists"""
    thumbnail: str | None
    """presigned URL of the best avatar, WebP, 256 px; null: none"""
    avatars_deleted_at: str | None
    """all of them, after DELETE; verified by listing"""


class JobsView(TypedDict):
    """A user's jobs, newest first. Eventually consistent: a new job may be missing at first."""

    next: str | None
    """cursor of the next page; null on the last page"""
    jobs: list[JobSummary]


class KeysView(TypedDict):
    """Public keys to verify receipts with, as a JSON Web Key Set."""

    keys: list[PublicKey]


class PhotoView(TypedDict):
    """Result of the inspection of one photo; after submission, whether it was left out."""

    photo_id: str
    state: PhotoState
    problem: ReasonView | None
    box: Box | None
    """the face that `problem` is about"""
    duplicate_of: str | None
    """the original"""


class PlannedPhoto(TypedDict):
    """A photo that is not simply accepted. Photos are numbered in the order of their uploads."""

    photo_id: str
    outcome: PlannedOutcome
    reason: Reason
    """FILE, QUALITY or SUBJECT code for unusable; else POLICY, RIGHTS, MINOR or SUBJECT code"""


class ProgressView(TypedDict):
    """Number of avatars drawn so far, of those planned."""

    done: int
    total: int
    estimate: EstimateView | None
    """null during review, while the job waits, or if too few jobs were measured"""
    waiting_for: WaitingFor | None
    """why the job makes no progress at present; null: it does"""
    ends_by: str
    """the job has ended by then, with avatars or with its day returned"""


class ProvenanceView(TypedDict):
    """Whether a picture is an avatar of this service. Does not say whose."""

    ours: bool
    by: Literal["credentials", "watermark"] | None
    """how it was recognised"""
    credentials: Trust
    """validity of its Content Credentials"""
    style: str | None
    made_at: str | None
    digital_source_type: str | None
    """IPTC digital source type"""
    revoked: bool | None
    """deleted by the user's choice or erasure; null: record expired"""


class QuotaEntryView(TypedDict):
    """A job's effect on the quota day: reserved at submission, then spent or returned."""

    job_id: str
    state: QuotaState
    reason: Reason | None
    reserved_at: str
    settled_at: str | None


class QuotaView(TypedDict):
    """Quota of the user's current local date."""

    day: str
    """ISO date in `time_zone`"""
    time_zone: str
    """IANA time zone in which `day` is counted; changes at most once in 30 days"""
    next_time_zone: str | None
    """a change that waits: the zone from `next_time_zone_from` on"""
    next_time_zone_from: str | None
    time_zone_fixed_until: str | None
    """a job in another zone changes nothing before; null: no job yet"""
    tier: str
    """of a job that is submitted now; a submitted job keeps its own"""
    tiers: list[TierView]
    """what each tier gives"""
    plus_expires_at: str | None
    """null: no Plus now"""
    limit: int
    """jobs on this day, by the tier now: it changes when Plus begins or ends"""
    used: int
    left: int
    next_day_begins_at: str
    entries: list[QuotaEntryView]


class Statement(TypedDict):
    """Statement of reasons (DSA, Article 17): a policy refusal, or photos that were left out."""

    issued_at: str
    decision: dict[str, str]
    grounds: list[StatementGround]
    policy_version: str | None
    automated_detection: bool
    automated_decision: bool
    """false: a moderator decided"""
    how_to_appeal: dict[str, str]
    appeal_until: str
    appeal: AppealView | None
    """null: no appeal"""


class TestPlan(TypedDict):
    """
    A test job: it ends in seconds, as planned here; by default it completes.

    Uploads may be any bytes. They are deleted unread but for a checksum; the avatars are
    placeholders marked TEST, without Content Credentials or watermark. No quota day is taken.
    """

    photos: NotRequired[list[PlannedPhoto]]
    """a photo that is not listed is accepted"""
    review: NotRequired[PlannedReview | None]
    """of the doubtful photos; null: a moderator decides"""
    drawing_s: NotRequired[int]
    """seconds in generating, with progress"""
    failure: NotRequired[FailureKind | None]
    """the job fails with this cause: moderation before it draws"""
    avatars: NotRequired[int | None]
    """avatars that come out; null: all; 0: the job fails for want of avatars"""
    day: NotRequired[str | None]
    """the quota day of the submission, in a ledger that only test jobs use; null: the job reserves no day"""
    tier: NotRequired[Literal["lite", "plus"] | None]
    """null: the user's own tier"""
    submit_within_s: NotRequired[int | None]
    """then an open job expires; null: as usual"""


class AppealUploadsView(TypedDict):
    """Upload the contested files again. When all are recognised, a lead reviews the appeal."""

    appeal: AppealView
    uploads: list[PresignedPost]
    """for photos that are not recognised yet"""


class CreateJob(TypedDict):
    user_id: str
    styles: list[Style]
    photos: list[NewPhoto]
    """3 have to be accepted; `POST .../photos` adds more"""
    avatars: NotRequired[int]
    time_zone: str
    consent: Consent
    age_assurance: NotRequired[AgeAssurance | None]
    """how the app checked the user's age; omit it if it did not"""
    metadata: NotRequired[dict[str, str]]
    """the app's own, returned with the job and its events; never logged"""
    test: NotRequired[TestPlan | None]
    """makes this a test job; only where the stack has TestMode"""


class DeliveriesView(TypedDict):
    """Newest first. Eventually consistent: the newest may be missing at first."""

    next: str | None
    """cursor of the next page; null on the last page"""
    deliveries: list[DeliveryView]


class JobView(TypedDict):
    """A job, with its photos, avatars and quota."""

    job_id: str
    user_id: str
    metadata: dict[str, str]
    """the app's own, returned with the job and its events; never logged"""
    test: bool
    """a test job"""
    state: JobState
    reason: ReasonView | None
    failure: FailureKind | None
    """cause, if state is failed"""
    tier: str
    styles: list[str]
    styles_off: list[str]
    """of `styles`: switched off since, and not delivered"""
    avatars_asked: int
    """by the app"""
    avatars_planned: int
    """that the job is to deliver: fewer than asked for if capacity was short when it was created, or if a style was switched off since"""
    created_at: str
    submit_by: str
    timeline: list[TimelineEntry]
    photos: list[PhotoView]
    photos_deleted_at: str | None
    deletion: DeletionState | None
    """null: the photos are in use; pending: not verified yet; deleted: GET .../receipt has the receipt; held: by a legal hold"""
    progress: ProgressView | None
    avatars: list[AvatarView]
    avatars_expire_at: str | None
    avatars_deleted_at: str | None
    """all of them, after DELETE; verified by listing"""
    archive: str | None
    """URL of a ZIP of all avatars"""
    quota: QuotaView
    statement: Statement | None
    """for policy decisions"""
    poll_after_s: int | None
    """read the job again after so many seconds, as `Retry-After` says; null: it has ended and does not change any more"""
