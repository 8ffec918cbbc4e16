"""Verify whether a picture is one of our avatars: its style and date, never its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from likeness.api.avatars import ProvenanceView
from likeness.domain.errors import UnreadablePicture
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.photos.picture import Limits
from likeness.domain.provenance.credentials import (
    RECORD_RETENTION,
    SOURCE_TYPES,
    Claim,
    Trust,
    WatermarkRecord,
)
from likeness.domain.reasons import Reason, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.ports.jobs import Jobs
    from likeness.ports.photos import Pictures
    from likeness.ports.provenance import Credentials, WatermarkReader, Watermarks
    from likeness.ports.runtime import Clock

MAX_BYTES = 4_400_000  # fits into a Lambda event (6 MiB) as base64, with headers
LIMITS = Limits(
    max_bytes=MAX_BYTES, long_side=1024, short_side=64, decode_seconds=6, decode_within=12
)


def verify_picture(
    picture: bytes,
    *,
    credentials: Credentials,
    reader: WatermarkReader,
    watermarks: Watermarks,
    jobs: Jobs,
    pictures: Pictures,
    clock: Clock,
) -> ProvenanceView:
    """By its Content Credentials, else by the watermark in its pixels, also of a mirrored picture.

    Raises UnreadablePicture; the content decides about the type. Credentials that were tampered
    with or whose certificate has ended are reported, and the watermark may still show that the
    picture is ours.
    """
    if len(picture) > MAX_BYTES:  # without a reason code: its hint is about photos, of 20 MB
        raise UnreadablePicture(
            f"the picture has more than {MAX_BYTES / 1e6} MB: send a smaller copy", field="/body"
        )
    content_type = pictures.content_type(picture)
    if content_type is None:
        raise _unreadable(Reason.FILE_TYPE)
    seen = credentials.read(picture, content_type)
    if seen.claim:
        published = watermarks.find([seen.claim.watermark])
        revoked = _is_revoked(published, jobs, clock.now())
        return _ours(seen.trust, seen.claim, by="credentials", revoked=revoked)
    try:
        photo = pictures.normalise(picture, limits=LIMITS)
    except Refused as refused:
        raise _unreadable(refused.reason) from refused
    readings = (reader.read(photo.jpeg, mirrored=mirrored) for mirrored in (False, True))
    published = next(filter(None, map(watermarks.find, readings)), None)
    if published is None:
        return ProvenanceView(ours=False, credentials=seen.trust)
    revoked = _is_revoked(published, jobs, clock.now())
    return _ours(seen.trust, published, by="watermark", revoked=revoked)


def _unreadable(reason: Reason) -> UnreadablePicture:
    """Also for a picture that takes the decoder more time or memory than it may have."""
    return UnreadablePicture("this is not one still picture that can be read", reason=reason)


def _ours(
    trust: Trust,
    said: Claim | WatermarkRecord,
    *,
    by: Literal["credentials", "watermark"],
    revoked: bool | None,
) -> ProvenanceView:
    return ProvenanceView(
        ours=True,
        by=by,
        credentials=trust,
        style=said.style,
        made_at=said.made_at,
        digital_source_type=SOURCE_TYPES[said.engine],
        revoked=revoked,
    )


def _is_revoked(published: WatermarkRecord | None, jobs: Jobs, now: datetime) -> bool | None:
    """True if deleted, not kept, or its user is erased; None if its job's record expired."""
    if published is None:  # signed, but its publication failed
        return True
    if published.revoked:
        return True
    states = [a.state for a in jobs.avatars(published.job_id) if a.watermark == published.watermark]
    if states:
        return states[0] is not AvatarState.PUBLISHED
    return True if now - published.made_at < RECORD_RETENTION else None
