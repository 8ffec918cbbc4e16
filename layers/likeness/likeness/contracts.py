"""What crosses a process border: the input and output of each step, and the container's files.

Read by the Lambdas on Python 3.13 and by the container on 3.11. Only ids, counts and verdicts
are in the steps' messages: Step Functions keeps its history for 90 days.
"""

from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field

from likeness.domain.deletion.retention import SweepFinding
from likeness.domain.ids import (
    AvatarIdField,
    ErasureIdField,
    JobId,
    JobIdField,
    PhotoIdField,
    StyleIdField,
)
from likeness.domain.jobs.job import JobState
from likeness.domain.moderation import Outcome
from likeness.domain.provenance.watermark import WatermarkIdField, Watermarking
from likeness.domain.record import Record

ORDER_FILE = "order.json"  # in the channel "order"
RESULT_FILE = "result.json"  # beside the avatars, in the checkpoint directory
PROGRESS_FILE = "progress.json"  # likewise, rewritten as the work goes on


class Contract(Record):
    """A message between two processes."""


# --- the container's files ---------------------------------------------------------------------


class AvatarOrder(Contract):
    """One avatar to draw. The same order, photos and engine give the same bytes."""

    avatar_id: AvatarIdField
    style: StyleIdField
    seed: int = Field(ge=0, lt=2**63)
    watermark: WatermarkIdField | None = Field(default=None, description="to be written, invisibly")


class DistanceGate(Contract):
    """When is an avatar still the user?

    Distances are L2 between 128-d face embeddings (dlib's resnet v1: the same person below 0.6 is
    dlib's own threshold). Stylised pictures lie further away than photos, so the gate on avatars
    is wider than the one on photos.
    """

    redraw_above: float = Field(default=0.68, gt=0, lt=2)
    draws: int = Field(default=3, ge=1, le=10, description="of each avatar, at most")


# "painter" draws on the CPU and needs no weights. The tiny ones are the diffusion engines' own
# classes with small random weights: they drive the stack, and their pictures are noise.
Engine = Literal[
    "painter",
    "flux2-klein-4b-ref",
    "flux2-klein-4b-lora",
    "sdxl-lora",
    "tiny-ref",
    "tiny-lora",
]


class OrderedPhoto(Contract):
    """A photo that passed moderation: `{photo_id}.jpg` in the channel "photos".

    The container uses no other file of that channel, and none with another sum.
    """

    photo_id: PhotoIdField
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class GenerationOrder(Contract):
    """What the container is asked for: `order.json` in the channel "order"."""

    schema_version: Literal[1] = 1
    job_id: JobIdField
    attempt: int = Field(ge=1, le=2, description="2 draws what the check of attempt 1 took away")
    engine: Engine = "painter"
    size: int = Field(default=1024, ge=64, le=2048, description="side of each avatar, px")
    photos: tuple[OrderedPhoto, ...] = Field(min_length=1, max_length=10)
    avatars: tuple[AvatarOrder, ...] = Field(min_length=1, max_length=30)
    gate: DistanceGate = DistanceGate()
    time_limit_s: int | None = Field(
        default=None, ge=30, description="the work is to be done within; no limit when left out"
    )


class Measures(Contract):
    """What is measured on the pictures of an engine that invents them.

    None where no face was found to measure. Ages and skin tones are compared with the medians
    of the user's photos.
    """

    nudity: float = Field(ge=0, le=1, description="open_nsfw's score")
    years_younger: float | None = Field(default=None, description="than on the photos, estimated")
    skin_shift: float | None = Field(
        default=None, description="of the cheeks, degrees of ITA; positive is lighter"
    )


class DrawnAvatar(Contract):
    """An avatar that was drawn: a square RGB PNG of the ordered size."""

    avatar_id: AvatarIdField
    style: StyleIdField
    seed: int
    file: str = Field(description="name in the checkpoint directory")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    photo_id: PhotoIdField
    draws: int = Field(ge=1, description="how often it was drawn until it passed")
    distance: float | None = Field(
        default=None,
        description="L2 to the nearest of the user's photos; None where no face was found",
    )
    measures: Measures | None = Field(default=None, description="None from the painter")
    watermarking: Watermarking = Field(
        default=Watermarking.NOT_ORDERED, description="why, if it bears no mark"
    )


# "copy": so near to a photo that it is one. "deadline": the time was up.
NotDrawnReason = Literal[
    "near_duplicate",
    "likeness",
    "no_usable_photo",
    "copy",
    "no_face",
    "nudity",
    "age",
    "skin_tone",
    "deadline",
]


class NotDrawn(Contract):
    """An avatar that was ordered and not delivered, and why."""

    avatar_id: AvatarIdField
    style: StyleIdField
    reason: NotDrawnReason


class GenerationResult(Contract):
    """What the container delivered: `result.json`. Avatars are ordered best first."""

    schema_version: Literal[1] = 1
    job_id: JobIdField
    attempt: int
    engine: str
    engine_version: str
    avatars: tuple[DrawnAvatar, ...]
    not_drawn: tuple[NotDrawn, ...] = ()
    seconds: float = Field(ge=0, description="wall time of the container's work")


class GenerationProgress(Contract):
    """How far the container is: `progress.json`."""

    stage: Literal["looking", "training", "drawing", "done"]
    done: int = Field(ge=0)
    total: int = Field(ge=0)


# --- the steps' messages -----------------------------------------------------------------------


class JobRef(Contract):
    """What every step is told at least."""

    job_id: JobIdField


class AttemptRef(JobRef):
    """A step of one generation round."""

    attempt: int = Field(ge=1, le=2)


class ModeratePhotosResult(JobRef):
    outcome: Outcome


class RequestReviewInput(JobRef):
    """RequestReview's input: the token that a decision answers."""

    task_token: str


class ReviewResult(JobRef):
    """A moderator's decision, as the state machine gets it."""

    approved: bool
    second: bool = Field(default=False, description="a second moderator is asked, too")


class PrepareGenerationResult(AttemptRef):
    """What CreateTrainingJob needs to know of this round. `channels` is its InputDataConfig: the
    photos, the order, and the operator's weights where there are any."""

    training_job_name: str
    channels: list[dict[str, Any]]
    checkpoint_uri: str
    output_uri: str


class StartInferenceInput(AttemptRef):
    """StartInference's input: the token that the endpoint's answer answers."""

    task_token: str


class InferenceEnded(AttemptRef):
    """What SageMaker tells of an inference."""

    failed: bool


class UnpackAvatarsResult(AttemptRef):
    avatars: int = Field(ge=0)


class ModerateAvatarsResult(AttemptRef):
    """`redraw`: some were lost, and an attempt is left to draw them again."""

    redraw: bool
    approved: int


class DeletePhotosResult(JobRef):
    objects: int = Field(ge=0, description="that were still there to delete")


class ProveDeletionInput(JobRef):
    """ProveDeletion's input. `overdue`: the job's own schedule went off, so it has to be over."""

    overdue: bool = False


class ProveDeletionResult(JobRef):
    objects: int = Field(ge=0, description="that were still there to delete")


class PublishAvatarsResult(JobRef):
    avatars: int = Field(ge=0)


class SettleJobResult(JobRef):
    state: JobState


class CaughtError(Contract):
    """An error as the state machine's catchers name it."""

    Error: str = Field(min_length=1, pattern=r"^[A-Za-z.]+$")


class EndJobInput(JobRef):
    """An execution's input that goes to FailJob at once: the job is to end, and why."""

    failure: CaughtError

    @classmethod
    def of(cls, job_id: JobId, error: str) -> Self:
        return cls(job_id=job_id, failure=CaughtError(Error=error))


class FailJobInput(JobRef):
    """FailJob's input: the error's name as the state machine caught it.

    "Refused" and "NoAvatars" are its own words for ends that no exception tells; "Cancelled" and
    "NotSubmitted" are ours, for ends that were asked for from outside.
    """

    error: str = Field(min_length=1)


class SweepBucketsInput(Contract):
    """SweepBuckets' input: nothing."""


class SweepBucketsResult(Contract):
    """What a sweep saw: counts, never keys. It is the report, and a line of the log."""

    at: AwareDatetime
    policy: str
    seen: int = Field(ge=0, description="objects, versions, markers and unfinished uploads")
    deleted: int = Field(ge=0)
    findings: dict[SweepFinding, int]


class ErasureRef(Contract):
    """EraseUser's input."""

    erasure_id: ErasureIdField


class EraseUserResult(ErasureRef):
    jobs: int = Field(ge=0)
    objects: int = Field(ge=0)
