"""Views of holds, and the report to an authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.holds import (
    HeldPhotoView,
    HoldSummary,
    HoldView,
    IpAddress,
    ReportedFile,
    ReportedUser,
    ReportView,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from likeness.domain.ids import PhotoId
    from likeness.domain.review.hold import Hold


def hold_summary(hold: Hold) -> HoldSummary:
    return HoldSummary(
        job_id=hold.job_id,
        state=hold.state,
        trigger=hold.trigger,
        held_at=hold.held_at,
        photos=len(hold.photos),
        blocked=hold.blocked,
        reported=bool(hold.reported),
    )


def hold_view(hold: Hold) -> HoldView:
    return HoldView(
        **hold_summary(hold).model_dump(),
        held_by=hold.held_by,
        held=tuple(
            HeldPhotoView(
                photo_id=photo.photo_id,
                suspected=photo.suspected,
                findings=photo.findings,
                preview=f"data:image/jpeg;base64,{photo.preview}" if photo.preview else None,
            )
            for photo in hold.photos
        ),
        decided_at=hold.decided_at,
        decided_by=hold.decided_by,
        retain_until=hold.retain_until,
        reports=hold.reported,
    )


def report_view(hold: Hold, *, viewed: Collection[PhotoId]) -> ReportView:
    """`viewed`: photos that a moderator saw unblurred."""
    uploads = [p.uploaded_at for p in hold.photos if p.suspected and p.uploaded_at]
    return ReportView(
        job_id=hold.job_id,
        incident_at=min(uploads, default=hold.job_created_at),
        detected_at=hold.held_at,
        detected_by=hold.trigger,
        confirmed_at=hold.decided_at,
        confirmed_by=hold.decided_by,
        job_created_at=hold.job_created_at,
        user=ReportedUser(
            user_id=hold.user_id,
            metadata=hold.metadata,
            ip_addresses=tuple(
                IpAddress(address=p.uploaded_from, event="Upload", at=p.uploaded_at)
                for p in hold.photos
                if p.uploaded_from
            ),
        ),
        files=tuple(
            ReportedFile(
                **file.model_dump(),
                photo_id=photo.photo_id,
                relevance="Reported" if photo.suspected else "Supplemental Reported",
                uploaded_at=photo.uploaded_at,
                viewed=photo.photo_id in viewed,
                findings=photo.findings,
                bucket_key=file.key(hold.job_id),
            )
            for photo in hold.photos
            for file in photo.files
        ),
        retain_until=hold.retain_until,
        reports=hold.reported,
    )
