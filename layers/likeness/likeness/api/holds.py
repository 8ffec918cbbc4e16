"""Requests and responses about holds. docs/illegal-content.md says what they are for."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from likeness.api.message import Message, Paged
from likeness.api.review import Digest, ModeratorId
from likeness.domain.ids import JobIdField, PhotoIdField, UserIdField
from likeness.domain.jobs.job import Metadata
from likeness.domain.review.hold import HoldState, HoldTrigger, Kind, PreservedFile, Reported

Preview = Annotated[
    str,
    Field(
        description="a data: URL (JPEG): small, grey and blurred; null once the hold is decided",
        examples=["data:image/jpeg;base64,/9j/4AAQ"],
    ),
]


class HoldReview(Message):
    """The photos of the case that may be illegal. All photos of the job are preserved."""

    photos: tuple[PhotoIdField, ...] = Field(min_length=1, max_length=10)


class DecideHold(Message):
    """Confirm that the photos are apparently illegal, or return the job to normal review."""

    confirm: bool


class ReportHold(Reported, Message):
    """The authority that got the report, its reference, and when."""


class HoldSummary(Message):
    job_id: JobIdField
    state: HoldState
    trigger: HoldTrigger
    held_at: AwareDatetime
    photos: int = Field(description="number of preserved photos")
    blocked: bool = Field(description="the user can open no job")
    reported: bool


class HoldsView(Paged):
    """A page of the holds: those that wait for a lead first, the oldest first."""

    holds: tuple[HoldSummary, ...]


class HeldPhotoView(Message):
    photo_id: PhotoIdField
    suspected: bool = Field(description="false: uploaded together with one that is")
    findings: tuple[str, ...] = Field(description="of moderation", examples=[["age 11-15"]])
    preview: Preview | None = None


class HoldView(HoldSummary):
    """A hold, without clear pictures."""

    held_by: str = Field(description="`system`, or a moderator's id", examples=["system"])
    held: tuple[HeldPhotoView, ...]
    decided_at: AwareDatetime | None = None
    decided_by: ModeratorId | None = None
    retain_until: AwareDatetime | None = Field(
        default=None, description="until then nothing deletes the copies"
    )
    reports: tuple[Reported, ...] = ()


class IpAddress(Message):
    address: str = Field(examples=["203.0.113.7"])
    event: str = Field(examples=["Upload"])
    at: AwareDatetime | None


class ReportedUser(Message):
    """The user, as the app names them. The app has their name, address and sign-ins."""

    user_id: UserIdField
    metadata: Metadata
    ip_addresses: tuple[IpAddress, ...] = Field(description="of uploads that matched the hash list")


class ReportedFile(PreservedFile, Message):
    """A preserved file. Names in brackets: elements of NCMEC's CyberTipline Reporting API."""

    kind: Kind
    sha256: Digest
    photo_id: PhotoIdField
    relevance: str = Field(description="[fileRelevance]", examples=["Reported"])
    uploaded_at: AwareDatetime | None = Field(description="[uploadedToEspTimestamp]")
    original_file_name: str | None = Field(
        default=None,
        description="[originalFileName] null: a presigned POST does not send it to us",
        examples=["IMG_2041.jpg"],
    )
    viewed: bool = Field(
        description="[fileViewedByEsp] a moderator saw this photo unblurred, in our normalised copy"
    )
    exif_viewed: bool = Field(default=False, description="[exifViewedByEsp] no operation shows it")
    publicly_available: bool = Field(
        default=False, description="[publiclyAvailable] no photo is ever published"
    )
    findings: tuple[str, ...] = Field(description="of moderation", examples=[["age 11-15"]])
    bucket_key: str = Field(description="in the hold bucket", examples=["j5f0c.../9f86d0..."])


class ReportView(Message):
    """What a report to an authority needs, without pictures."""

    schema_version: int = 1
    job_id: JobIdField
    incident_type: str = Field(
        default="Child Pornography (possession, manufacture, and distribution)",
        description="[incidentType], in NCMEC's words",
        examples=["Child Pornography (possession, manufacture, and distribution)"],
    )
    incident_at: AwareDatetime = Field(description="[incidentDateTime] the first suspected upload")
    detected_at: AwareDatetime
    detected_by: HoldTrigger
    confirmed_at: AwareDatetime | None
    confirmed_by: ModeratorId | None
    job_created_at: AwareDatetime
    user: ReportedUser = Field(description="[personOrUserReported]")
    files: tuple[ReportedFile, ...]
    retain_until: AwareDatetime | None
    reports: tuple[Reported, ...] = ()
