"""Known cases: the operator's pictures with a known answer, mixed in to measure moderators.

A known case has no job and no user. It is a case like any other until it is scored, which is after
its decision took effect: only then does its record have the answer.
"""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, model_validator

from likeness.domain.errors import Invalid
from likeness.domain.ids import JobIdField, PhotoId
from likeness.domain.photos.photo import Photo
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.review.case import MODERATOR_REASONS, RefusedPhoto, Review
from likeness.domain.review.kinds import ReviewState
from likeness.domain.review.statistics import (
    KNOWN,
    KNOWN_AGREED,
    KNOWN_DIFFERED,
    DeskCounts,
)

MANIFEST = "manifest.json"
SEEN_FOR = timedelta(days=90)  # a moderator does not get the same pictures again before
MAX_PHOTOS = 10  # of a set
LOST_AFTER = timedelta(hours=1)  # a case whose message was lost is given up

# A path below the prefix: no empty step, no step that begins with a dot.
FILE = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"


class KnownPhoto(Record):
    """A picture, and the reason to refuse it; none: it is to be approved."""

    file: Annotated[str, StringConstraints(pattern=FILE, max_length=200)]
    refuse: Reason | None = None


class KnownSet(Record):
    """Pictures of one person, as a user would upload them."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    photos: tuple[KnownPhoto, ...] = Field(min_length=1, max_length=MAX_PHOTOS)

    @model_validator(mode="after")
    def _may_be_refused(self) -> Self:
        refused = {photo.refuse for photo in self.photos if photo.refuse}
        if others := sorted(refused - set(MODERATOR_REASONS)):
            raise ValueError(f"{', '.join(others)} is not a reason code that moderators may use")
        if {Reason.MINOR_AGE_DOUBT, Reason.POLICY_NUDITY} <= refused:
            raise ValueError("a minor and nudity: it may be illegal to own these pictures")
        files = [photo.file for photo in self.photos]
        if len(set(files)) != len(files):
            raise ValueError("a file is named twice")
        return self

    def answer(self) -> tuple[RefusedPhoto, ...]:
        """The refused photos. Empty: the case is to be approved."""
        numbered = zip(photo_ids(len(self.photos)), self.photos, strict=True)
        return tuple(
            RefusedPhoto(photo_id=photo_id, reason=photo.refuse)
            for photo_id, photo in numbered
            if photo.refuse
        )


class KnownManifest(Record):
    """The operator's known cases: manifest.json."""

    cases: tuple[KnownSet, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        times = Counter(case.name for case in self.cases)
        if twice := sorted(name for name, n in times.items() if n > 1):
            raise ValueError(f"{', '.join(twice)}: two cases have this name")
        return self


def read_manifest(text: bytes) -> KnownManifest:
    """Raises Invalid, which names every place that is wrong and what is wrong there."""
    try:
        return KnownManifest.model_validate(json.loads(text))
    except ValidationError as wrong:
        faults = [f"{_place(one['loc'])}: {one['msg']}" for one in wrong.errors()]
        raise Invalid(f"{MANIFEST}: {'; '.join(faults)}") from wrong
    except ValueError as wrong:
        raise Invalid(f"{MANIFEST} is not JSON: {wrong}") from wrong


def _place(steps: tuple[int | str, ...]) -> str:
    """`cases[2].photos[0].refuse`"""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "the document"


def photo_ids(count: int) -> list[PhotoId]:
    return [PhotoId(f"p{n:02d}") for n in range(1, count + 1)]


class CaseContext(Record):
    """What earlier jobs of a case's user came to, in counts."""

    jobs: int = 0
    refused: Mapping[Reason, int] = {}
    appeals_granted: Mapping[Reason, int] = {}
    approved_by_moderators: int = 0


class KnownCase(Record):
    """What a real case has in its job: photos and context. And the answer."""

    name: str = Field(description="of the set in the manifest")
    job_id: JobIdField = Field(description="there is no such job")
    prepared_at: AwareDatetime
    review: Review = Field(description="is opened later, with the times of then")
    photos: tuple[Photo, ...] = Field(description="with their verdicts, as photos of a job")
    answer: tuple[RefusedPhoto, ...]
    context: CaseContext = Field(description="of the real case after which it was prepared")
    over: bool = Field(default=False, description="scored or given up, and its photos deleted")

    def opened(self, now: datetime) -> Review:
        """Returns the case as it is opened now."""
        lasts = self.review.decide_by - self.review.opened_at
        return self.review.model_copy(update={"opened_at": now, "decide_by": now + lasts})


class KnownUse(Record):
    """When a set was last used, and which moderators saw it."""

    name: str
    job_id: JobIdField | None = Field(default=None, description="of the case that is open")
    at: AwareDatetime
    seen: Mapping[str, AwareDatetime] = Field(default={}, description="by moderator id")

    def seen_by(self, now: datetime) -> tuple[str, ...]:
        return tuple(sorted(who for who, at in self.seen.items() if now < at + SEEN_FOR))

    def ended(self, seen: Mapping[str, datetime], now: datetime) -> Self:
        """Returns the use after its case. What is older than SEEN_FOR is not kept."""
        recent = {who: self.seen[who] for who in self.seen_by(now)}
        return self.model_copy(update={"job_id": None, "seen": {**recent, **seen}})


def answered(review: Review) -> bool:
    """Whether a moderator answered: a case may also expire, or be withdrawn."""
    return review.state in {ReviewState.APPROVED, ReviewState.REFUSED, ReviewState.HELD}


def score(review: Review, answer: tuple[RefusedPhoto, ...], moderator: str) -> DeskCounts:
    """Returns the counters of a decision: agreement of the case, and for each reason.

    A reason of the answer agrees if that photo was refused for it. A refusal that the answer does
    not have differs, by its own reason. A held case differs.
    """
    wanted = {(photo.photo_id, photo.reason) for photo in answer}
    given = {(photo.photo_id, photo.reason) for photo in review.refused}
    same = wanted == given and review.state is not ReviewState.HELD
    counts = Counter({KNOWN_AGREED if same else KNOWN_DIFFERED: 1})
    refused = {photo_id for photo_id, _ in wanted}
    counts.update(f"{KNOWN_AGREED}#{reason}" for _, reason in wanted & given)
    counts.update(f"{KNOWN_DIFFERED}#{reason}" for _, reason in wanted - given)
    counts.update(
        f"{KNOWN_DIFFERED}#{reason}" for photo_id, reason in given if photo_id not in refused
    )
    return {KNOWN: counts, moderator: counts}
