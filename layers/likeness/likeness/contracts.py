"""Messages between processes: input and output of each step, and the container's files.

Used by the Lambdas on Python 3.13 and by the container on 3.11. Step messages contain only ids,
counts and outcomes: Step Functions stores its execution history for 90 days.
"""

from enum import StrEnum
from typing import Literal, Self

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
from likeness.domain.jobs.job import MAX_AVATARS, JobState
from likeness.domain.moderation import Outcome
from likeness.domain.photos.photo import Box
from likeness.domain.provenance.watermark import WatermarkIdField, Watermarking
from likeness.domain.record import Record

ORDER_FILE = "order.json"  # in the channel "order"
RESULT_FILE = "result.json"  # in the checkpoint directory, with the avatars
PROGRESS_FILE = "progress.json"  # in the checkpoint directory, updated during the work

# The container logs each as `name=number;`, SageMaker reads them by these MetricDefinitions.
METRICS = (
    "avatars_drawn",
    "avatars_not_drawn",
    "job_seconds",
    "step",
    "train_loss",
    "seconds_per_step",
    "images_per_second",
)
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
METRIC_DEFINITIONS = [
    {"Name": f"likeness:{name}", "Regex": rf"\b{name}={_NUMBER};"} for name in METRICS
]


class Contract(Record):
    """A message between two processes."""


# --- the container's files ---------------------------------------------------------------------


class AvatarOrder(Contract):
    """One avatar to draw. The same order and photos give the same bytes on a CPU with the same
    number of threads. On a GPU a picture is repeatable for one adapter, but an adapter is not:
    the order in which the backward pass sums is not fixed there.
    """

    avatar_id: AvatarIdField
    style: StyleIdField
    seed: int = Field(ge=0, lt=2**63)
    watermark: WatermarkIdField | None = Field(default=None, description="id to write")


class DistanceGate(Contract):
    """The largest distance at which an avatar still shows the user.

    Distances are L2 between 128-d face embeddings (dlib's resnet v1: below 0.6 is the same person,
    by dlib's documentation); those of another recogniser are converted to this scale. Avatars are
    further from photos than photos from each other, so this gate is wider than that threshold.
    """

    redraw_above: float = Field(default=0.68, gt=0, lt=2)
    draws: int = Field(default=3, ge=1, le=10, description="maximum number of draws of an avatar")


# "painter" runs on the CPU without weights. The tiny engines are the diffusion engines' classes
# with small random weights: they test the stack, and their pictures are noise.
Engine = Literal[
    "painter",
    "flux2-klein-4b-ref",
    "flux2-klein-4b-lora",
    "flux2-klein-4b-lora-ref",
    "sdxl-lora",
    "tiny-ref",
    "tiny-lora",
]

Backend = Literal["training-job", "async-endpoint"]


class OrderedPhoto(Contract):
    """A photo that passed moderation: `{photo_id}.jpg` in the channel "photos".

    The container ignores other files of that channel, and files with another SHA-256. It draws the
    face at `face`, the one that was checked and moderated, or leaves the photo out.
    """

    photo_id: PhotoIdField
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    face: Box | None = Field(default=None, description="None: the largest; only in orders by hand")
    weight: float = Field(
        default=1,
        ge=0,
        le=1,
        description="share of the avatars, relative to other photos; 0: only if none is usable",
    )


class GenerationOrder(Contract):
    """Input of the container: `order.json` in the channel "order"."""

    schema_version: Literal[1] = 1
    job_id: JobIdField
    attempt: int = Field(ge=1, le=2, description="2 redraws what moderation removed")
    engine: Engine = "painter"
    size: int = Field(default=1024, ge=64, le=2048, description="side of each avatar, px")
    photos: tuple[OrderedPhoto, ...] = Field(min_length=1, max_length=10)
    avatars: tuple[AvatarOrder, ...] = Field(min_length=1, max_length=MAX_AVATARS)
    gate: DistanceGate = DistanceGate()
    time_limit_s: int | None = Field(
        default=None, ge=30, description="time limit of the work; None: no limit"
    )


class Measures(Contract):
    """Measurements on a picture.

    Age and skin tone are compared with the photo that the painter painted, or with the medians of
    the user's photos for a diffusion engine; None: no face was found.
    """

    nudity: float | None = Field(
        default=None, ge=0, le=1, description="score of open_nsfw; None for the painter"
    )
    explicit: float | None = Field(
        default=None, ge=0, le=1, description="nsfwjs: probability of Hentai or Porn"
    )
    years_younger: float | None = Field(default=None, description="estimated, than on the photos")
    skin_shift: float | None = Field(
        default=None, description="difference of the cheeks, degrees of ITA; positive is lighter"
    )


class DrawnAvatar(Contract):
    """A drawn avatar: a square RGB PNG of the ordered size."""

    avatar_id: AvatarIdField
    style: StyleIdField
    seed: int
    file: str = Field(description="file name in the checkpoint directory")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    photo_id: PhotoIdField
    draws: int = Field(ge=1, description="number of draws until it passed")
    distance: float | None = Field(
        default=None,
        description="L2 to the nearest of the user's photos, lower is nearer; None: no face found",
    )
    measures: Measures | None = None
    watermarking: Watermarking = Field(
        default=Watermarking.NOT_ORDERED, description="whether the watermark was written"
    )


# "copy": nearly identical to a photo. "deadline": the time limit was reached.
NotDrawnReason = Literal[
    "near_duplicate",
    "distance",
    "no_usable_photo",
    "copy",
    "no_face",
    "nudity",
    "age",
    "skin_tone",
    "deadline",
]


class NotDrawn(Contract):
    avatar_id: AvatarIdField
    style: StyleIdField
    reason: NotDrawnReason


class GenerationResult(Contract):
    """Output of the container: `result.json`. Avatars are sorted best first."""

    schema_version: Literal[1] = 1
    job_id: JobIdField
    attempt: int
    engine: str
    engine_version: str
    avatars: tuple[DrawnAvatar, ...]
    not_drawn: tuple[NotDrawn, ...] = ()
    seconds: float = Field(ge=0, description="wall time of the container's work")


class GenerationProgress(Contract):
    stage: Literal["looking", "training", "drawing", "done"]
    done: int = Field(ge=0)
    total: int = Field(ge=0)


# --- the steps' messages -----------------------------------------------------------------------


class JobError(StrEnum):
    """Names of errors that the state machine, the templates and the use cases share.

    FailJob also gets the names of exceptions and of AWS's own errors.
    """

    REFUSED = "Refused"  # by moderation or by a moderator; set by the state machine
    NO_AVATARS = "NoAvatars"  # none was approved; set by the state machine
    CANCELLED = "Cancelled"  # by the user
    DELETED = "Deleted"  # the avatars of a completed job, by the user
    NOT_SUBMITTED = "NotSubmitted"  # in time; set by the job's timer
    CLOSED = "Closed"  # a lead confirmed a hold
    DEADLINE = "Deadline"  # of the job's deletion; set by the job's schedule
    STOPPED = "Stopped"  # the execution was stopped or timed out; set by an EventBridge rule
    GENERATION_FAILED = "GenerationFailed"  # on the backend; set by FinishTraining, FinishInference
    NO_CAPACITY = "CapacityError"  # for a training job or inference: another try follows


class JobRef(Contract):
    job_id: JobIdField


class StartJobInput(JobRef):
    """Input of a submitted job's execution. Only a test job has `test`."""

    test: Literal[True] | None = None


class RunTestResult(JobRef):
    """What the state machine does next: `wait` for some seconds and run the test again, ask for a
    `review`, `fail` with the error, or `finish` the job, whose avatars are published.
    """

    next: Literal["wait", "review", "fail", "finish"]
    wait_s: int = Field(default=0, ge=0)
    error: str = Field(default="TestFailure", min_length=1)


class AttemptRef(JobRef):
    attempt: int = Field(ge=1, le=2)


class PrepareGenerationResult(AttemptRef):
    backend: Backend


class ModeratePhotosResult(JobRef):
    outcome: Outcome


class RequestReviewInput(JobRef):
    """Input of RequestReview: the decision completes the task of this token."""

    task_token: str


class ReviewResult(JobRef):
    approved: bool
    second: bool = Field(default=False, description="a second review follows")


class StartRunInput(AttemptRef):
    """Input of StartTraining and StartInference: the result completes the task of this token."""

    task_token: str


class TrainingEnded(AttemptRef):
    """SageMaker's event about a training job. The use case asks SageMaker how it ended."""

    tries: int = Field(ge=1, description="number of the try within the attempt")


class InferenceEnded(TrainingEnded):
    """SageMaker's notification about an async inference."""

    error: JobError | None = None


class UnpackAvatarsResult(AttemptRef):
    avatars: int = Field(ge=0)


class ModerateAvatarsResult(AttemptRef):
    """`redraw`: avatars were refused or not drawn, and attempt 2 is available."""

    redraw: bool
    approved: int


class DeletePhotosResult(JobRef):
    objects: int = Field(ge=0, description="number of deleted objects")


class ProveDeletionInput(JobRef):
    """Input of ProveDeletion. `overdue`: invoked by the job's schedule at its deadline."""

    overdue: bool = False


class ProveDeletionResult(JobRef):
    objects: int = Field(ge=0, description="number of deleted objects")


class PublishAvatarsResult(JobRef):
    avatars: int = Field(ge=0)


class SettleJobResult(JobRef):
    state: JobState


class FailJobResult(SettleJobResult):
    """`late`: a timer fired for a job that was submitted, so this execution has nothing to end."""

    late: bool = False


class CaughtError(Contract):
    """An error name, in the form of the state machine's catchers."""

    Error: str = Field(min_length=1, pattern=r"^[A-Za-z.]+$")


class EndJobInput(JobRef):
    """Input of an execution that goes directly to FailJob, with the reason to end the job."""

    failure: CaughtError

    @classmethod
    def of(cls, job_id: JobId, error: str) -> Self:
        return cls(job_id=job_id, failure=CaughtError(Error=error))


class FailJobInput(JobRef):
    """FailJob's input: a JobError, or the error's name as the state machine caught it."""

    error: str = Field(min_length=1)


class PlanSweepInput(Contract):
    """Input of PlanSweep: empty."""


class SweepCounts(Contract):
    seen: int = Field(default=0, ge=0, description="objects, versions, delete markers and uploads")
    deleted: int = Field(default=0, ge=0)
    findings: dict[SweepFinding, int] = Field(default_factory=dict)


class RangeSweep(SweepCounts):
    """A range of keys, how far it is swept, and what was found: input and result of SweepRange.

    `key` and `version` are S3's markers: the next page begins after them.
    """

    bucket: Literal["photos", "avatars"]
    after: str
    up_to: str | None
    key: str | None = None
    version: str | None = None
    done: bool = False


class PlanSweepResult(Contract):
    ranges: tuple[RangeSweep, ...]
    findings: dict[SweepFinding, int] = Field(description="of the buckets' settings")


class SweptRange(SweepCounts):
    """The end of one range. `error`: it is not swept to its end."""

    error: str | None = None


class ReportSweepInput(Contract):
    ranges: tuple[SweptRange, ...]
    findings: dict[SweepFinding, int]


class ReportSweepResult(SweepCounts):
    """Report of a sweep, also logged: counts, no keys."""

    at: AwareDatetime
    policy: str
    unfinished: int = Field(ge=0, description="ranges that were not swept to their end")


class ErasureRef(Contract):
    erasure_id: ErasureIdField


class EraseUserResult(ErasureRef):
    jobs: int = Field(ge=0)
    objects: int = Field(ge=0)
