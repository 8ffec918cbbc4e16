"""The container's files, and the metrics that it logs."""

from typing import Literal

from pydantic import Field

from likeness.contracts import Contract
from likeness.domain.generation.engine import Engine
from likeness.domain.ids import AvatarIdField, JobIdField, PhotoIdField, StyleIdField
from likeness.domain.jobs.job import MAX_AVATARS
from likeness.domain.photos.photo import Box
from likeness.domain.provenance.watermark import WatermarkIdField, Watermarking

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
