"""Is this picture ours? Which style and when, and never whose."""

from datetime import datetime

from likeness.api.app import Verified
from likeness.domain.errors import Invalid
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.photos.picture import Limits
from likeness.domain.provenance.credentials import (
    ON_RECORD,
    SOURCE_TYPES,
    CredentialsReading,
    WatermarkRecord,
)
from likeness.domain.reasons import Refused
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Pictures
from likeness.ports.provenance import Credentials, WatermarkReader, Watermarks
from likeness.ports.runtime import Clock

MAX_BYTES = 4_400_000  # what fits a Lambda's event (6 MiB) as base64, headers beside it
LIMITS = Limits(max_bytes=MAX_BYTES, long_side=1024, short_side=64)


def verify_picture(
    picture: bytes,
    content_type: str,
    *,
    credentials: Credentials,
    reader: WatermarkReader,
    watermarks: Watermarks,
    jobs: Jobs,
    pictures: Pictures,
    clock: Clock,
) -> Verified:
    """By its Content Credentials, else by the mark in its pixels.

    Invalid where it is no picture that can be read. Credentials that were tampered with are told,
    and the mark may still say that the picture was ours once.
    """
    seen = credentials.read(picture, content_type)
    if seen.claim:
        published = watermarks.find([seen.claim.watermark])
        return _ours(seen, published, by="credentials", jobs=jobs, now=clock.now())
    try:
        photo = pictures.normalise(picture, declared_type=content_type, limits=LIMITS)
    except Refused as refused:
        raise Invalid(
            f"this is not one still picture of type {content_type} that can be read",
            reason=refused.reason,
        ) from refused
    published = watermarks.find(reader.read(photo.jpeg))
    if published is None:
        return Verified(ours=False, credentials=seen.trust)
    return _ours(seen, published, by="watermark", jobs=jobs, now=clock.now())


def _ours(
    seen: CredentialsReading,
    published: WatermarkRecord | None,
    *,
    by: str,
    jobs: Jobs,
    now: datetime,
) -> Verified:
    said = seen.claim or published
    if said is None:
        raise AssertionError("ours by nothing")
    return Verified.model_validate(
        {
            "ours": True,
            "by": by,
            "credentials": seen.trust,
            "style": said.style,
            "made_at": said.made_at,
            "digital_source_type": SOURCE_TYPES[said.engine],
            "revoked": _is_revoked(published, jobs, now),
        }
    )


def _is_revoked(published: WatermarkRecord | None, jobs: Jobs, now: datetime) -> bool | None:
    """Not kept, or its user erased. None where it is so old that its record went by itself."""
    if published is None:
        return True  # signed for a publication that never came about
    states = [a.state for a in jobs.avatars(published.job_id) if a.watermark == published.watermark]
    if states:
        return states[0] is not AvatarState.PUBLISHED
    return True if now - published.made_at < ON_RECORD else None
