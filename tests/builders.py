"""Valid records for tests. A test names only the fields that it is about."""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from likeness.api.jobs import CreateJob
from likeness.contracts.container import DrawnAvatar, GenerationResult, NotDrawn
from likeness.domain.account.age import AgeAssurance, AgeMethod
from likeness.domain.account.quota import Day, UserZone
from likeness.domain.generation.avatar import Avatar, AvatarState
from likeness.domain.ids import AvatarId, JobId, PhotoId, StyleId, UserHash, UserId, WebhookId
from likeness.domain.jobs.catalogue import Plus, StyleCard, Tier
from likeness.domain.jobs.job import Consent, Job, JobState, TimelineEntry
from likeness.domain.moderation import (
    AgeInSetRule,
    AgeRule,
    AssuranceRule,
    ClearFace,
    EscalateRule,
    LeaveOutRule,
    Policy,
    Rule,
    SamePersonRule,
)
from likeness.domain.photos.photo import (
    Box,
    DetectedFace,
    Fingerprint,
    InspectionLease,
    Photo,
    PhotoState,
)
from likeness.domain.provenance.watermark import Watermarking
from likeness.domain.reasons import Reason
from likeness.domain.review.audit import AuditEntry, verify
from likeness.domain.review.case import (
    Lease,
    Moderator,
    PhotoFindings,
    RefusedPhoto,
    Review,
    review_of,
)
from likeness.domain.review.kinds import ReviewKind
from likeness.domain.verdict import Finding, Label, Level, Outcome, PhotoEvidence, Severity, Verdict
from likeness.domain.webhooks.delivery import Delivery
from likeness.domain.webhooks.webhook import EncryptedSecret, Webhook, WebhookSecret
from likeness.events import JobStateChanged, StreamRecord
from likeness.ports.review import AuditLog
from likeness.services.webhooks.delivery_record import new_delivery

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = Day("2026-11-22")
MIDNIGHT = datetime(2026, 11, 22, 23, tzinfo=UTC)  # in Berlin
JOB = JobId("j" + "1".zfill(32))
OTHER_JOB = JobId("j" + "2".zfill(32))
USER = UserId("user-1")
USER_HASH = UserHash("hash-of-user-1")
BERLIN = UserZone(name="Europe/Berlin", fixed_at=datetime(2026, 11, 1, tzinfo=UTC))
MODERATOR = "moderator-1"
DETECTOR = "7.0"
AGE = AgeRule(
    adult=18,
    in_set=AgeInSetRule(
        clear_face=ClearFace(max_yaw=30, max_pitch=20, min_brightness=30, min_sharpness=40),
        min_photos=3,
        min_middle=18,
        min_median=23,
        max_share=0.34,
    ),
    assurance=AssuranceRule(methods=frozenset({AgeMethod.PHOTO_ID}), max_days=365),
)

# The transitions of a job to each state.
WAYS: dict[JobState, tuple[JobState, ...]] = {
    JobState.OPEN: (),
    JobState.MODERATING: (JobState.MODERATING,),
    JobState.IN_REVIEW: (JobState.MODERATING, JobState.IN_REVIEW),
    JobState.GENERATING: (JobState.MODERATING, JobState.GENERATING),
    JobState.FINISHING: (JobState.MODERATING, JobState.GENERATING, JobState.FINISHING),
    JobState.COMPLETED: (
        JobState.MODERATING,
        JobState.GENERATING,
        JobState.FINISHING,
        JobState.COMPLETED,
    ),
    JobState.REFUSED: (JobState.MODERATING, JobState.REFUSED),
    JobState.CANCELLING: (JobState.MODERATING, JobState.CANCELLING),
    JobState.CANCELLED: (JobState.CANCELLING, JobState.CANCELLED),
    JobState.EXPIRED: (JobState.EXPIRED,),
    JobState.FAILED: (JobState.MODERATING, JobState.FAILED),
}


def a_job(state: JobState = JobState.OPEN, **fields: Any) -> Job:
    """A job that took the usual transitions to its state; `fields` override."""
    created = NOW - timedelta(minutes=10)
    job = Job(
        job_id=fields.get("job_id", JOB),
        user_id=USER,
        user_hash=USER_HASH,
        tier="lite",
        styles=(StyleId("comic"), StyleId("oil")),
        avatars=4,
        consent=Consent(version="2026-11", accepted_at=created),
        seed=7,
        created_at=created,
        submit_by=created + timedelta(hours=1),
        timeline=(TimelineEntry(state=JobState.OPEN, at=created),),
    )
    for step in WAYS[state]:
        more: dict[str, Any] = {}
        if step is JobState.MODERATING:
            more |= {"day": TODAY, "day_ends_at": MIDNIGHT, "backend": "training-job"}
        if step is JobState.GENERATING:
            more["attempt"] = 1
        job = job.move(step, NOW - timedelta(minutes=5), **more)
    return Job.model_validate(job.model_dump() | fields)


def ended(job: Job, reason: Reason | None = None) -> Job:
    """The next version of a running job: failed."""
    return job.move(JobState.FAILED, NOW, reason=reason)


def a_photo(n: int = 1, *, state: PhotoState = PhotoState.ACCEPTED, **fields: Any) -> Photo:
    photo_id = PhotoId(f"p{n:02d}")
    seen: dict[str, Any] = {}
    if state is PhotoState.ACCEPTED:
        seen = {
            "etag": f"etag-{photo_id}",
            "inspected_at": NOW - timedelta(minutes=7),
            "width": 1536,
            "height": 2048,
            "face": Box(left=0.3, top=0.2, width=1 / 3, height=0.4),
            "fingerprint": Fingerprint(perceptual=f"{n:016x}"),
            "sha256": digest(f"photo {n}".encode()),
        }
    if state is PhotoState.CHECKING:
        until = NOW + timedelta(minutes=1)
        seen = {
            "etag": f"etag-{photo_id}",
            "lease": InspectionLease(owner="invocation-1", until=until, begun=True),
        }
    return Photo(
        **{"job_id": JOB, "photo_id": photo_id, "content_type": "image/jpeg", "state": state}
        | seen
        | fields
    )


def photos(count: int = 3, **fields: Any) -> list[Photo]:
    return [a_photo(n, **fields) for n in range(1, count + 1)]


def a_verdict(outcome: Outcome = Outcome.CLEAN, reason: Reason | None = None) -> Verdict:
    finding = Finding(outcome=outcome, reason=reason, source="Weapons", confidence=61.5)
    return Verdict(
        outcome=outcome,
        policy_version="test",
        findings=() if outcome is Outcome.CLEAN else (finding,),
        evidence=seen(labels=(Label(name="Weapons", parent="Violence", confidence=61.5),)),
    )


def seen(**fields: Any) -> PhotoEvidence:
    """The detectors' results for a photo of one adult who is on the other photos too."""
    return PhotoEvidence(
        **{
            "detector_version": DETECTOR,
            "min_confidence": 50,
            "faces": 1,
            "age_low": 24,
            "age_high": 32,
            "yaw": 2.0,
            "pitch": -3.0,
            "brightness": 70.0,
            "sharpness": 80.0,
            "compared": True,
            "similarity": 99.0,
        }
        | fields
    )


def an_assurance(**fields: Any) -> AgeAssurance:
    """The app's word: checked yesterday by a photo id."""
    return AgeAssurance(
        **{
            "method": AgeMethod.PHOTO_ID,
            "over_age": 18,
            "checked_at": NOW - timedelta(days=1),
        }
        | fields
    )


def an_avatar(n: int = 1, state: AvatarState = AvatarState.APPROVED, **fields: Any) -> Avatar:
    return Avatar(
        **{
            "job_id": JOB,
            "avatar_id": AvatarId(f"a{n:02d}"),
            "style": StyleId("comic"),
            "state": state,
            "attempt": 1,
            "rank": 100 + n - 1,
            "photo_id": PhotoId("p01"),
            "sha256": digest(a_png(n)),
            "distance": 0.1 + n / 7,
            "watermark": f"{n:011x}",
            "watermarking": Watermarking.WRITTEN,
            "verdict": a_verdict(
                Outcome.REFUSED if state is AvatarState.REFUSED else Outcome.CLEAN
            ),
        }
        | fields
    )


def a_moderator(moderator_id: str = MODERATOR, **fields: Any) -> Moderator:
    return Moderator(**{"id": moderator_id} | fields)


def a_review(**fields: Any) -> Review:
    kind = fields.get("kind", ReviewKind.PHOTOS)
    return Review(
        **{
            "review_id": review_of(fields.get("job_id", JOB), kind),
            "job_id": JOB,
            "owner": USER,
            "severity": Severity.HIGH,
            "opened_at": NOW,
            "decide_by": NOW + timedelta(hours=12),
            "photos": (
                PhotoFindings(
                    photo_id=PhotoId("p01"),
                    findings=a_verdict(Outcome.DOUBTFUL, Reason.POLICY_VIOLENCE).findings,
                ),
            ),
        }
        | fields
    )


def decided(review: Review, *reasons: Reason, by: str = MODERATOR, at: datetime = NOW) -> Review:
    """The review's next version, decided by its lease holder: approved, or its photos refused."""
    lease = Lease(by=by, until=at + timedelta(minutes=2))
    claimed = review.model_copy(update={"lease": lease})
    refused = [
        RefusedPhoto(photo_id=photo.photo_id, reason=reason)
        for photo, reason in zip(review.photos, reasons, strict=False)
    ]
    effective = claimed.decide(by, now=at, refused=refused).take_effect()
    return effective.model_copy(update={"version": review.version + 1})


def a_drawn(n: int = 1, **fields: Any) -> DrawnAvatar:
    avatar_id = AvatarId(f"a{n:02d}")
    return DrawnAvatar(
        **{
            "avatar_id": avatar_id,
            "style": StyleId("comic"),
            "seed": n,
            "file": f"{avatar_id}.png",
            "sha256": digest(a_png(n)),
            "photo_id": PhotoId("p01"),
            "draws": 1,
            "distance": 0.1 + n / 7,
        }
        | fields
    )


def a_result(
    *numbers: int, attempt: int = 1, not_drawn: Sequence[NotDrawn] = (), job_id: JobId = JOB
) -> GenerationResult:
    """The container's result with these avatars, best first."""
    return GenerationResult(
        job_id=job_id,
        attempt=attempt,
        engine="painter",
        engine_version="1",
        avatars=tuple(a_drawn(n) for n in numbers),
        not_drawn=tuple(not_drawn),
        seconds=12.5,
    )


def a_face(**fields: Any) -> DetectedFace:
    """An adult who looks into the camera."""
    return DetectedFace(
        **{
            "box": Box(left=0.3, top=0.2, width=0.4, height=0.5),
            "confidence": 99.9,
            "yaw": 2.0,
            "pitch": -3.0,
            "roll": 0.5,
            "brightness": 70.0,
            "sharpness": 80.0,
            "age_low": 24,
            "age_high": 32,
            "sunglasses": 1.0,
            "occluded": 1.0,
            "eyes_open": 99.0,
            "mouth_open": 2.0,
            "smile": 5.0,
        }
        | fields
    )


def a_policy(**fields: Any) -> Policy:
    explicit = Rule(level=Level.TOP, review=50, refuse=80, reason=Reason.POLICY_NUDITY)
    weapons = Rule(level=Level.SECOND, review=60, reason=Reason.POLICY_VIOLENCE)
    return Policy(
        **{
            "version": "test",
            "detector_versions": frozenset({DETECTOR}),
            "labels": {"Explicit": explicit, "Weapons": weapons},
            "age": AGE,
            "same_person": SamePersonRule(accept=90, review=80),
            "leave_out": LeaveOutRule(
                remaining=3,
                reasons=frozenset({Reason.SUBJECT_DIFFERENT_PERSON, Reason.POLICY_SUGGESTIVE}),
                labels=frozenset({"Explicit"}),
            ),
            "escalate": EscalateRule(labels={"Explicit": 80}),
            "severity": {
                Severity.CRITICAL: {Reason.ILLEGAL_CHILD_ABUSE, Reason.MINOR_AGE_DOUBT},
                Severity.HIGH: {Reason.POLICY_NUDITY, Reason.POLICY_VIOLENCE, "unknown"},
                Severity.MEDIUM: {Reason.RIGHTS_CELEBRITY},
                Severity.LOW: {Reason.SUBJECT_NO_FACE, Reason.SUBJECT_DIFFERENT_PERSON},
            },
            "exposure": {"critical": 10, "high": 5, "medium": 3, "low": 2, "none": 1},
        }
        | fields
    )


def an_event(job_id: JobId = JOB, version: int = 1, **fields: Any) -> JobStateChanged:
    return JobStateChanged.model_validate(
        {
            "event_id": f"{job_id}-{version}",
            "job_id": job_id,
            "user_id": USER,
            "metadata": {"order": "7"},
            "version": version,
            "state": "open",
            "previous": None,
            "at": NOW,
        }
        | fields
    )


def a_change(sequence: str, job_id: JobId = JOB, version: int = 1, **fields: Any) -> StreamRecord:
    return StreamRecord(sequence=sequence, event=an_event(job_id, version, **fields))


WEBHOOK = WebhookId("w" + "1".zfill(32))
OTHER_WEBHOOK = WebhookId("w" + "2".zfill(32))
SECRET = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def a_webhook(webhook_id: WebhookId = WEBHOOK, **fields: Any) -> Webhook:
    """Its ciphertext is what FakeWebhookSecrets makes of SECRET."""
    encrypted = EncryptedSecret(ciphertext=f"{webhook_id} {SECRET[::-1]}")
    return Webhook.model_validate(
        {
            "webhook_id": webhook_id,
            "url": "https://app.example/likeness",
            "events": (),
            "secrets": (encrypted,),
            "created_at": NOW - timedelta(days=1),
        }
        | fields
    )


def a_delivery(
    version: int = 1, job_id: JobId = JOB, webhook_id: WebhookId = WEBHOOK, **fields: Any
) -> Delivery:
    made = new_delivery(webhook_id, an_event(job_id, version), order=str(version), now=NOW)
    return made.model_copy(update=fields)


def a_style(style: str = "comic", **fields: Any) -> StyleCard:
    name = {"en": style.title(), "de": style.title()}
    return StyleCard(**{"style": style, "name": name, "description": name} | fields)


def styles(*names: str) -> dict[StyleId, StyleCard]:
    return {StyleId(name): a_style(name) for name in names or ("comic", "oil", "pencil")}


def a_tier(tier: str = "lite", **fields: Any) -> Tier:
    return Tier(
        **{
            "tier": tier,
            "open": True,
            "jobs_a_day": 1,
            "avatars_a_job": 30,
            "styles_a_job": 5,
            "priority": 0,
            "photos_deleted_within_s": 300,
        }
        | fields
    )


def tiers(**lite: Any) -> dict[str, Tier]:
    return {"lite": a_tier(**lite), "plus": a_tier("plus", jobs_a_day=3, priority=1)}


def plus(**fields: Any) -> Plus:
    return Plus(
        **{
            "expires_at": NOW + timedelta(days=30),
            "source": "billing",
            "effective_at": NOW - timedelta(days=1),
        }
        | fields
    )


def an_order(**fields: Any) -> CreateJob:
    """The request of the app backend to create a job."""
    return CreateJob.model_validate(
        {
            "user_id": USER,
            "styles": ["comic", "oil"],
            "photos": [{"content_type": "image/jpeg"}] * 3,
            "avatars": 4,
            "time_zone": "Europe/Berlin",
            "consent": {"version": "2026-11", "accepted_at": NOW},
        }
        | fields
    )


@cache
def a_png(n: int = 1, *, side: int = 1024, extra: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A square of one colour, as the container writes its files; `extra` chunks before the pixels.

    Written by hand, so that the tests of AvatarStore do not trust the library that it uses.
    """
    row = b"\0" + bytes((n % 256, 80, 160)) * side
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        *extra,
        (b"IDAT", zlib.compress(row * side, 1)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, body) for kind, body in chunks)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def unsigned(_: Avatar, picture: bytes, _content_type: str) -> bytes:
    """A signer that changes nothing, for tests that are not about signing."""
    return picture


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Context:
    """The Lambda context of one invocation."""

    aws_request_id = "request-1"
    function_name = "f"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:f"

    def __init__(self, milliseconds_left: int = 20_000) -> None:
        self.milliseconds_left = milliseconds_left

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds_left


def whole(audit_log: AuditLog) -> list[AuditEntry]:
    """All entries of the audit log, chain by chain."""
    return [one for head in audit_log.heads() for one in audit_log.entries(head.chain)]


def intact(audit_log: AuditLog) -> int:
    """Verify each chain of the audit log. Returns the number of entries."""
    return sum(verify(audit_log.entries(one.chain), one).number for one in audit_log.heads())
