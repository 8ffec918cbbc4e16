"""What the use cases need from the world. Adapters fulfil these; fakes do it in tests."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from likeness.api import PublicKey, UploadForm
from likeness.contracts import (
    DrawnAvatar,
    GenerationOrder,
    GenerationResult,
    Prepared,
    Progress,
)
from likeness.domain.appeal import Appeal
from likeness.domain.audit import Deed, Entry, Head
from likeness.domain.avatar import Avatar
from likeness.domain.catalogue import Plus
from likeness.domain.deletion import Deletion, ErasureReceipt, Found, Receipt
from likeness.domain.desk import Counts, DeskDay, Exposure
from likeness.domain.erasure import Erasure
from likeness.domain.face import SeenFace
from likeness.domain.ids import AvatarId, ErasureId, JobId, PhotoId, ReviewId, Subject, UserId
from likeness.domain.inference import Inference
from likeness.domain.job import Job
from likeness.domain.mark import MarkId
from likeness.domain.moderation import Label, Verdict
from likeness.domain.paging import Part
from likeness.domain.photo import ContentType, Photo
from likeness.domain.picture import LIMITS, Limits, NormalisedPhoto
from likeness.domain.provenance import Claim, Published, Seen
from likeness.domain.quota import Day, Entry as DayEntry, EntryState, TakenDay, UserZone
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.retention import Finding
from likeness.domain.review import Review
from likeness.domain.user import Profile
from likeness.events import Change, JobStateChanged


class Clock(Protocol):
    def now(self) -> datetime: ...


# --- what a job is -----------------------------------------------------------------------------


class Jobs(Protocol):
    """Jobs with their photos and avatars."""

    def create(self, job: Job, photos: Sequence[Photo]) -> None:
        """Conflict where there is one of that id, or where the user is being erased."""
        ...

    def get(self, job_id: JobId) -> Job:
        """NotFound where there is none."""
        ...

    def newest(self, user_id: UserId, *, limit: int, after: str | None = None) -> Part[Job]:
        """A user's jobs, the newest first, `after` the last of the page before."""
        ...

    def save(self, job: Job) -> None:
        """Store the job's next version; Conflict where somebody stored one first."""
        ...

    def photos(self, job_id: JobId) -> list[Photo]:
        """In the order in which their forms were given."""
        ...

    def add_photo(self, photo: Photo) -> None:
        """Conflict where the job has a photo of that id."""
        ...

    def save_photo(self, photo: Photo, *, seen: Photo) -> None:
        """Store what became of a photo; Conflict where it is no longer as it was `seen`."""
        ...

    def avatars(self, job_id: JobId) -> list[Avatar]:
        """Best first."""
        ...

    def save_avatars(self, avatars: Iterable[Avatar]) -> None: ...
    def of_user(self, user_id: UserId) -> list[Job]:
        """The oldest first. A job that was opened this moment may be missing."""
        ...

    def forget(self, job_id: JobId) -> None:
        """Delete every record of the job. Nothing to forget is no error."""
        ...


class Ledger(Protocol):
    """Days, reserved and settled exactly once."""

    def reserve(self, job: Job, *, limit: int, now: datetime) -> None:
        """Store the submitted job and take its day, both or neither.

        OverQuota where the day is taken, Conflict where the job moved meanwhile.
        """
        ...

    def settle(
        self, ended: Job, state: EntryState, *, now: datetime, reason: Reason | None = None
    ) -> None:
        """Store the ended job and spend or return its day, both or neither.

        Conflict where the job moved meanwhile: then nothing was settled.
        """
        ...

    def used(self, subject: Subject, day: Day) -> int:
        """How many jobs hold that day, reserved or spent."""
        ...

    def last_taken(self, subject: Subject) -> TakenDay | None:
        """The latest day that a job holds."""
        ...

    def grant(self, job: Job, day: Day, *, now: datetime) -> None:
        """Give the user one more job on that day, because a refusal was wrong.

        The job's own day becomes a returned one; any other day gets an entry of its own. A second
        call changes nothing.
        """
        ...

    def entries(self, user_id: UserId, day: Day) -> list[DayEntry]: ...


class Users(Protocol):
    """What is remembered between jobs. A user nobody knows has an empty profile."""

    def profile(self, user_id: UserId) -> Profile: ...
    def save_zone(self, user_id: UserId, zone: UserZone, *, seen: UserZone | None) -> None:
        """Conflict where the zone is no longer as it was `seen`."""
        ...

    def entitle(self, user_id: UserId, plus: Plus) -> Plus:
        """The entitlement that stands afterwards: this one, or one that supersedes it."""
        ...

    def clear(self, user_id: UserId, photos: Mapping[str, frozenset[Reason]]) -> None:
        """Remember, by its seal, what each photo does not show."""
        ...

    def forget(self, user_id: UserId) -> None:
        """Delete the profile and every entry of the ledger. Counted days stay, under the hash."""
        ...


class Erasures(Protocol):
    def begin(self, erasure: Erasure) -> Erasure:
        """The erasure of that user that runs: this one, if none ran before."""
        ...

    def get(self, erasure_id: ErasureId) -> Erasure: ...
    def save(self, erasure: Erasure) -> None: ...


class Past(Protocol):
    """How long jobs worked, by lane and tier."""

    def remember(self, job: Job, worked_s: float) -> None:
        """Once for each job, however often it is told."""
        ...

    def recent(self, lane: str, tier: str, *, limit: int) -> list[float]:
        """Seconds, the latest first."""
        ...


class Deletions(Protocol):
    """What became of a job's objects. None of it moves the job."""

    def get(self, job_id: JobId) -> Deletion | None: ...
    def save(self, deletion: Deletion) -> None:
        """Where it is held, that stays."""
        ...

    def note(self, job_id: JobId, found: Iterable[Found]) -> None:
        """Remember what is about to be deleted. Noted twice, it is noted once."""
        ...

    def noted(self, job_id: JobId) -> list[Found]: ...


class KeyedHash(Protocol):
    def subject(self, user_id: UserId) -> Subject:
        """The same for the same user; without the key nobody can tell whose it is."""
        ...

    def objects(self, job_id: JobId, names: Sequence[str]) -> list[str]:
        """A hash of each name, of 256 bits in hex, that nobody can compute without the key."""
        ...


class Reviews(Protocol):
    """The moderators' queue. The task token stays in it: no answer ever shows one.

    What is stored and what the audit trail says of it are one write: both, or neither.
    """

    def open(self, review: Review, task_token: str | None) -> None:
        """Store the review, or only its newer token where it is open already.

        An appeal has no token: nothing waits for it. It may be opened again once it is closed.
        """
        ...

    def get(self, review_id: ReviewId) -> Review: ...
    def of(self, job_id: JobId) -> list[Review]:
        """All of one job: the first, a second opinion, an appeal; as many as there are."""
        ...

    def waiting(self) -> list[Review]:
        """The gravest first, of these a higher tier's first, then the next to expire."""
        ...

    def queue(self, *, limit: int, after: str | None = None) -> Part[Review]:
        """A page of `waiting`."""
        ...

    def save(self, review: Review, deed: Deed | None = None, counts: Counts | None = None) -> None:
        """Store the next version, with what was done and what is counted of it.

        Conflict where somebody was first.
        """
        ...

    def task_token(self, review_id: ReviewId) -> str: ...


class Inferences(Protocol):
    """Rounds that the endpoint draws. The task token stays in it: no answer ever shows one."""

    def get(self, job_id: JobId, round_: int) -> Inference:
        """NotFound where the endpoint was never asked."""
        ...

    def save(self, inference: Inference) -> None:
        """Conflict where somebody stored another version first."""
        ...


class Trail(Protocol):
    """The audit trail. Nothing is ever taken out of it."""

    def of(self, review_id: ReviewId) -> list[Entry]:
        """One case's entries, the oldest first."""
        ...

    def entries(self) -> Iterator[Entry]:
        """All of them, the oldest first."""
        ...

    def head(self) -> Head: ...


class Desk(Protocol):
    """What is counted at the desk, day by day."""

    def exposure(self, moderator: str, day: DeskDay) -> Exposure: ...
    def exposures(self, day: DeskDay) -> dict[str, Exposure]:
        """Of every moderator who revealed anything that day."""
        ...

    def expose(self, deed: Deed, *, budget: int) -> Exposure:
        """Count one more picture for the deed's actor; OverQuota where that is one too many."""
        ...

    def ask(self, deed: Deed) -> None:
        """Remember that the actor wanted more than they may. Only the first time is a deed."""
        ...

    def grant(self, deed: Deed, moderator: str, more: int) -> Exposure: ...
    def counts(self, days: Iterable[DeskDay]) -> Counter[str]:
        """Sums over these days."""
        ...


class Appeals(Protocol):
    """One appeal for a job."""

    def get(self, job_id: JobId) -> Appeal | None: ...
    def save(self, appeal: Appeal) -> None:
        """Store the next version, or the first one; Conflict where somebody was first."""
        ...


class Verdicts(Protocol):
    def all(self) -> Iterator[tuple[JobId, PhotoId | AvatarId, Verdict]]:
        """Every verdict that is still stored, on photos and on avatars."""
        ...


class Marks(Protocol):
    """Which avatar a mark was written into."""

    def remember(self, published: Published) -> None:
        """The first time counts. Conflict where another avatar has that mark."""
        ...

    def find(self, marks: Sequence[MarkId]) -> Published | None:
        """The first of them that is on record."""
        ...


# --- bytes -------------------------------------------------------------------------------------


class Upload(Record):
    """What S3 says of an upload."""

    photo_id: PhotoId
    etag: str
    size: int


class Photos(Protocol):
    """The photos bucket: uploads/{job}/{photo}, appeals/{job}/{photo}, photos/{job}/{photo}.jpg."""

    def review_link(self, job_id: JobId, photo_id: PhotoId) -> str:
        """A link for a moderator, that lives a minute."""
        ...

    def form(self, job_id: JobId, photo_id: PhotoId, content_type: ContentType) -> UploadForm: ...
    def uploads(self, job_id: JobId) -> list[Upload]: ...
    def read_upload(self, job_id: JobId, photo_id: PhotoId, *, etag: str) -> bytes:
        """The very bytes of that ETag. NotFound where they are gone or were replaced."""
        ...

    def delete_upload(self, job_id: JobId, photo_id: PhotoId) -> None: ...
    def keep(self, job_id: JobId, photo_id: PhotoId, jpeg: bytes) -> None: ...
    def read(self, job_id: JobId, photo_id: PhotoId) -> bytes:
        """A photo that was kept. NotFound where there is none."""
        ...

    def drop(self, job_id: JobId, photo_id: PhotoId) -> None: ...
    def appeal_form(
        self, job_id: JobId, photo_id: PhotoId, content_type: ContentType
    ) -> UploadForm:
        """As `form`, for the same file once more."""
        ...

    def read_appeal(self, job_id: JobId, photo_id: PhotoId, *, etag: str) -> bytes:
        """As `read_upload`."""
        ...

    def delete_appeal(self, job_id: JobId, photo_id: PhotoId) -> None: ...
    def purge(self, job_id: JobId) -> int:
        """Delete every upload and photo of the job, then list: NotDeleted where one is left.

        Answers how many objects there were.
        """
        ...


class Work(Protocol):
    """What generation reads and writes: work/{job}/r{round}/ in the avatars bucket."""

    def order(self, order: GenerationOrder) -> Prepared:
        """Write the order where the container of that round reads it."""
        ...

    def result(self, job_id: JobId, round_: int) -> GenerationResult:
        """NotFound where the container wrote none."""
        ...

    def progress(self, job_id: JobId, round_: int) -> Progress | None: ...
    def keep(self, avatar: Avatar) -> None:
        """Copy an approved avatar out of the work folder, to where publishing finds it."""
        ...

    def verify(self, avatar: DrawnAvatar, job_id: JobId, round_: int) -> bool:
        """Is what lies in the bucket what the container says it drew?"""
        ...

    def pack(self, job_id: JobId, round_: int) -> None:
        """Copy the order and its photos into the one archive that the endpoint reads."""
        ...

    def unpack(self, job_id: JobId, round_: int) -> int:
        """Take the endpoint's archive apart into avatars and result, then delete both archives.

        How many avatars there are. Invalid for an archive that the container cannot have made,
        NotFound where there is neither archive nor result.
        """
        ...

    def drop_response(self, job_id: JobId, round_: int) -> None:
        """Delete what the endpoint answered for a round that nobody waits for."""
        ...

    def drop_failure(self, uri: str) -> None:
        """Delete what SageMaker wrote about a failure."""
        ...

    def purge(self, job_id: JobId) -> int:
        """Delete the work of all rounds, copies and weights; NotDeleted where something is left.

        Answers how many objects there were. What `keep` copied out stays.
        """
        ...


class AvatarLinks(Record):
    """Short-lived links to one avatar: the PNG, and WebP by its side in px."""

    png: str
    webp: dict[int, str]


Sign = Callable[[Avatar, bytes, str], bytes]  # an avatar's picture of that content type, signed


class Gallery(Protocol):
    """The avatars that a user may see."""

    def publish(self, avatars: Sequence[Avatar], *, sign: Sign) -> None:
        """Write every avatar in all its sizes, each one signed last of all, then the ZIP."""
        ...

    def links(
        self, job_id: JobId, avatar_ids: Iterable[AvatarId]
    ) -> dict[AvatarId, AvatarLinks]: ...
    def archive_link(self, job_id: JobId) -> str: ...
    def keep(self, kept: Sequence[Avatar], dropped: Iterable[AvatarId]) -> None:
        """Make the ZIP anew of what is kept, delete the others; NotDeleted where one is left."""
        ...

    def purge(self, job_id: JobId) -> int:
        """Delete every avatar of the job, drawn or published; NotDeleted where one is left.

        Answers how many objects there were.
        """
        ...

    def tidy(self, job_id: JobId) -> None:
        """Delete the drawn copies that publishing read."""
        ...


class Remains(Protocol):
    """Looks for what a job left. It cannot delete, and shares no code with what does."""

    def of(self, job_id: JobId, places: Iterable[str]) -> list[Found]:
        """All versions, delete markers and unfinished multipart uploads in these places.

        They are named as in `likeness.domain.deletion`. Unavailable where one cannot be listed.
        """
        ...


class Stray(Record):
    """Something in a bucket, as a sweep meets it."""

    bucket: str
    key: str
    version: str | None = Field(default=None, description="S3's version id")
    upload: str | None = Field(default=None, description="id of a multipart upload")
    latest: bool = True
    created_at: datetime


class Buckets(Protocol):
    """Both buckets as a whole: `photos` and `avatars`."""

    def everything(self) -> Iterable[Stray]:
        """Every version of every object, every delete marker, every unfinished upload."""
        ...

    def delete(self, strays: Sequence[Stray]) -> int:
        """Answers how many could not be deleted."""
        ...

    def drift(self, lifecycle: Mapping[str, Mapping[str, int]]) -> list[Finding]:
        """How the buckets' settings differ from what deleting needs."""
        ...


class Pictures(Protocol):
    """What the bytes of a picture say. Only its adapter ever decodes them."""

    def normalise(
        self, data: bytes, *, declared_type: str, limits: Limits = LIMITS
    ) -> NormalisedPhoto:
        """Refused, with its reason, where that is not one still picture of that type."""
        ...

    def same_picture(self, one: bytes, other: bytes) -> bool:
        """Is one normalised photo a near-exact copy of the other?"""
        ...


class Previews(Protocol):
    def blurred(self, jpeg: bytes) -> bytes:
        """A small, grey, blurred JPEG of a normalised photo: what a moderator sees first."""
        ...


class Seals(Protocol):
    def seal(self, user_id: UserId, sha256: str) -> str:
        """A keyed hash of a photo's sum: without the key nobody can tell whose photo it was."""
        ...


class Credentials(Protocol):
    """Content Credentials (C2PA) in pictures. Types: image/png, image/webp, image/jpeg."""

    def sign(self, picture: bytes, content_type: str, claim: Claim) -> bytes:
        """The picture with our claim in it. Unavailable where it cannot be signed."""
        ...

    def read(self, picture: bytes, content_type: str) -> Seen: ...


class MarkReader(Protocol):
    def read(self, jpeg: bytes) -> list[MarkId]:
        """The marks that a normalised picture may bear, likeliest first; empty where none."""
        ...


class Inspections(Protocol):
    def ask_again(self, job_id: JobId, upload: Upload) -> None:
        """Have an upload inspected whose event was lost."""
        ...


# --- seeing and doing ----------------------------------------------------------------------------


class SeenLabels(Record):
    labels: tuple[Label, ...]
    detector_version: str


class Detector(Protocol):
    """Rekognition, on pictures in our buckets. Raises Unavailable when it is throttled or down."""

    def faces(self, job_id: JobId, photo_id: PhotoId) -> list[SeenFace]:
        """Largest first."""
        ...

    def labels(self, job_id: JobId, photo_id: PhotoId, *, min_confidence: float) -> SeenLabels: ...
    def celebrities(self, job_id: JobId, photo_id: PhotoId) -> list[float]:
        """Confidence of each match, in percent. No names: nobody needs them."""
        ...

    def similarity(self, job_id: JobId, photo_id: PhotoId, other: PhotoId) -> float | None:
        """How alike the largest faces of two photos are, in percent; None below any threshold.

        Invalid where the detector finds no face in one of them.
        """
        ...

    def avatar_labels(self, avatar: Avatar, *, min_confidence: float) -> SeenLabels: ...


class Workflow(Protocol):
    def start(self, job_id: JobId) -> None:
        """Start the job's state machine. A second start of one job is the first."""
        ...

    def resume(self, task_token: str, output: dict[str, Any]) -> None:
        """Answer a waiting task; Conflict where it waits no longer."""
        ...

    def fail(self, task_token: str, error: str) -> None:
        """Fail a waiting task with an error's name; Conflict where it waits no longer."""
        ...

    def stop(self, job_id: JobId) -> None:
        """Stop the job's state machine, if it runs."""
        ...

    def end(self, job_id: JobId, error: str) -> None:
        """Have the job ended for that reason, in an execution of its own that tries until it can.

        Asked for twice, it is asked for once.
        """
        ...

    def erase(self, erasure_id: ErasureId) -> None:
        """Start the erasure's state machine. A second start is the first."""
        ...


class Timers(Protocol):
    def end_at(self, job_id: JobId, error: str, *, when: datetime) -> None:
        """Have `Workflow.end` happen then, whatever else does. Set twice, it is set once."""
        ...


class Endpoint(Protocol):
    def invoke(self, job_id: JobId, round_: int) -> str:
        """Have the packed round drawn, some time; where SageMaker would write of a failure."""
        ...


class Deadlines(Protocol):
    """One schedule a job: what it left is deleted then, and again until nothing is left."""

    def set(self, job_id: JobId, *, when: datetime) -> None:
        """Set twice, it is set once."""
        ...

    def move(self, job_id: JobId, *, when: datetime) -> None:
        """Have it go off at another time, and again from then. One that is gone stays gone."""
        ...

    def clear(self, job_id: JobId) -> None: ...


class Signer(Protocol):
    """Signs receipts, with a key that never leaves its place."""

    def sign(self, receipt: Receipt | ErasureReceipt) -> str:
        """A JWS in compact serialisation. Unavailable where the key cannot be used."""
        ...

    def public_keys(self) -> list[PublicKey]: ...


class Generator(Protocol):
    def stop(self, job_id: JobId, round_: int) -> None:
        """Stop GPU work of that round, whichever lane it went; what comes later is unwanted."""
        ...


class Metrics(Protocol):
    def count(self, name: str, value: int = 1) -> None:
        """Add to a CloudWatch metric of the service. Never with a job's or a user's id."""
        ...


# --- telling the world ---------------------------------------------------------------------------


class EventBus(Protocol):
    """Whoever wants to know listens there."""

    def publish(self, events: Sequence[JobStateChanged]) -> list[JobStateChanged]:
        """Put at most ten events on the bus. Answers those that it did not take.

        Unavailable where it could not be asked: then some may have been taken.
        """
        ...


class Unannounced(Protocol):
    """What could not be told, kept for ops: places in the stream and faults, no contents."""

    def keep(self, change: Change) -> None: ...
