"""Clock, detector, workflow, GPU work, keys, events and metrics in memory."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, get_args

from likeness.api.receipts import PublicKey
from likeness.domain.errors import (
    CapacityError,
    Conflict,
    Denied,
    LikenessError,
    NotFound,
    Unavailable,
)
from likeness.domain.ids import UserHash
from likeness.domain.photos.photo import Fingerprint
from likeness.domain.photos.photo_hash import PhotoHashes
from likeness.domain.photos.picture import NormalisedPhoto
from likeness.domain.provenance.credentials import Claim, CredentialsReading, Trust
from likeness.domain.provenance.watermark import WatermarkId
from likeness.domain.reasons import Reason, Refused
from likeness.domain.review.audit import Anchor
from likeness.domain.review.known_case import read_manifest
from likeness.ports.generation import TrainingStatus
from likeness.ports.photos import DetectedLabels
from likeness.ports.runtime import Unit
from tests.builders import DETECTOR, NOW, a_face

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from likeness.domain.deletion.receipt import ErasureReceipt, Receipt
    from likeness.domain.generation.run import Run
    from likeness.domain.ids import AvatarId, ErasureId, JobId, PhotoId, UserId
    from likeness.domain.photos.photo import DetectedFace, Photo
    from likeness.domain.review.known_case import KnownManifest
    from likeness.domain.verdict import Label
    from likeness.events import Event, StreamRecord
    from likeness.ports.provenance import SignPicture


class FakeClock:
    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by

    def set(self, now: datetime) -> None:
        self._now = now


class FakeDetector:
    """Detects one adult face, the same in all photos, and nothing else unless a test says so."""

    def __init__(self) -> None:
        self.down = False
        self.version = DETECTOR
        self.seen_faces: dict[PhotoId, list[DetectedFace]] = defaultdict(lambda: [a_face()])
        self.seen_labels: dict[PhotoId | AvatarId, list[Label]] = defaultdict(list)
        self.seen_celebrities: dict[PhotoId, list[float]] = defaultdict(list)
        self.likenesses: dict[frozenset[PhotoId], float | None | Exception] = {}
        self.calls: Counter[str] = Counter()

    def faces(self, job_id: JobId, photo_id: PhotoId) -> list[DetectedFace]:
        self._called("faces")
        faces = self.seen_faces[photo_id]
        return sorted(faces, key=lambda face: face.box.area, reverse=True)

    def labels(self, job_id: JobId, photo_id: PhotoId, *, min_confidence: float) -> DetectedLabels:
        self._called("labels")
        return self._labels(photo_id, min_confidence)

    def celebrities(self, job_id: JobId, photo_id: PhotoId) -> list[float]:
        self._called("celebrities")
        return self.seen_celebrities[photo_id]

    def similarity(self, photo: Photo, other: Photo) -> float | None:
        self._called("similarity")
        found = self.likenesses.get(frozenset({photo.photo_id, other.photo_id}), 99.0)
        if isinstance(found, Exception):
            raise found
        return found

    def avatar_labels(
        self, job_id: JobId, attempt: int, avatar_id: AvatarId, *, min_confidence: float
    ) -> DetectedLabels:
        self._called("avatar_labels")
        return self._labels(avatar_id, min_confidence)

    def _labels(self, picture: PhotoId | AvatarId, min_confidence: float) -> DetectedLabels:
        seen = [label for label in self.seen_labels[picture] if label.confidence >= min_confidence]
        return DetectedLabels(labels=tuple(seen), detector_version=self.version)

    def _called(self, operation: str) -> None:
        self.calls[operation] += 1
        if self.down:
            raise Unavailable("the detector is throttled")


class FakeWorkflow:
    def __init__(self) -> None:
        self.running: set[JobId] = set()
        self.starts: list[JobId] = []
        self.tests: set[JobId] = set()
        self.waiting_tokens: set[str] = set()
        self.answers: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, str] = {}
        self.endings: list[tuple[JobId, str]] = []
        self.erasures: list[ErasureId] = []

    def start(self, job_id: JobId, *, test: bool = False) -> None:
        if test:
            self.tests.add(job_id)
        if job_id not in self.starts:
            self.starts.append(job_id)
            self.running.add(job_id)

    def resume(self, task_token: str, output: dict[str, Any]) -> None:
        if task_token not in self.waiting_tokens:
            raise Conflict("the state machine does not wait for this task any more")
        self.waiting_tokens.remove(task_token)
        self.answers[task_token] = output

    def fail(self, task_token: str, error: str) -> None:
        if task_token not in self.waiting_tokens:
            raise Conflict("the state machine does not wait for this task any more")
        self.waiting_tokens.remove(task_token)
        self.failures[task_token] = error

    def stop(self, job_id: JobId) -> None:
        self.running.discard(job_id)

    def end(self, job_id: JobId, error: str) -> None:
        if (job_id, error) not in self.endings:
            self.endings.append((job_id, error))

    def erase(self, erasure_id: ErasureId) -> None:
        if erasure_id not in self.erasures:
            self.erasures.append(erasure_id)


class FakeTimers:
    def __init__(self) -> None:
        self.down = False
        self.set: dict[tuple[JobId, str], datetime] = {}

    def end_at(self, job_id: JobId, error: str, *, when: datetime) -> None:
        self.set.setdefault((job_id, error), when)

    def cancel(self, job_id: JobId, error: str) -> None:
        if self.down:
            raise Unavailable("the scheduler is throttled")
        self.set.pop((job_id, error), None)


class FakeDeadlines:
    def __init__(self) -> None:
        self.at: dict[JobId, datetime] = {}

    def set(self, job_id: JobId, *, when: datetime) -> None:
        self.at.setdefault(job_id, when)

    def move(self, job_id: JobId, *, when: datetime) -> None:
        if job_id in self.at:
            self.at[job_id] = when

    def delete(self, job_id: JobId) -> None:
        self.at.pop(job_id, None)


class FakeSigner:
    """Stores the receipts that it signs."""

    def __init__(self) -> None:
        self.off = False
        self.signed: list[Receipt | ErasureReceipt | Anchor] = []

    def sign(self, statement: Receipt | ErasureReceipt | Anchor) -> str:
        if self.off:
            raise Denied("Sign returned DisabledException")
        self.signed.append(statement)
        if isinstance(statement, Anchor):
            payload = base64.urlsafe_b64encode(statement.model_dump_json().encode())
            return f"header.{payload.decode().rstrip('=')}.signature"
        return f"jws-{len(self.signed)}"

    def public_keys(self) -> list[PublicKey]:
        return [PublicKey(kty="EC", crv="P-256", x="x", y="y", kid="key-1", alg="ES256", use="sig")]


class FakeHash:
    def user(self, user_id: UserId) -> UserHash:
        return UserHash(f"hash-of-{user_id}")

    def objects(self, job_id: JobId, names: Sequence[str]) -> list[str]:
        return [hashlib.sha256(f"{job_id}/{name}".encode()).hexdigest() for name in names]

    def photo(self, user_id: UserId, sha256: str) -> str:
        whole = hmac.new(b"a key", f"{user_id}\n{sha256}".encode(), hashlib.sha256)
        return whole.hexdigest()[:32]


class FakeEndpoint:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False
        self.before_return: Callable[[], None] = lambda: None  # runs before invoke() returns

    def invoke(self, run: Run) -> str:
        if self.down:
            raise Unavailable("the endpoint is throttled")
        self.asked.append(run.name)
        self.before_return()
        return f"s3://avatars/work/failures/{run.job_id}-error.out"


class FakeTraining:
    """Every training job waits for an instance until a test sets its status."""

    def __init__(self) -> None:
        self.statuses: dict[str, TrainingStatus] = {}
        self.quota_used_up = False
        self.before_return: Callable[[], None] = lambda: None  # runs before start() returns

    def start(self, run: Run) -> bool:
        if self.quota_used_up:
            raise CapacityError("the account's quota of instances is used up")
        created = run.name not in self.statuses
        self.statuses.setdefault(run.name, TrainingStatus.WAITING)
        self.before_return()
        return created

    def status(self, run: Run) -> TrainingStatus:
        if run.name not in self.statuses:
            raise NotFound(f"there is no training job {run.name}")
        return self.statuses[run.name]

    def stop(self, run: Run) -> None:
        if self.statuses.get(run.name) in {TrainingStatus.WAITING, TrainingStatus.RUNNING}:
            self.statuses[run.name] = TrainingStatus.FAILED


class FakeGenerator:
    def __init__(self) -> None:
        self.running: set[tuple[JobId, int]] = set()
        self.stopping = False  # the container does not end yet

    def stop(self, job_id: JobId, attempt: int) -> None:
        if (job_id, attempt) in self.running and self.stopping:
            raise Unavailable(f"attempt {attempt} of job {job_id} is still stopping")
        self.running.discard((job_id, attempt))


class FakeMetrics:
    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self.measured: dict[str, list[float]] = defaultdict(list)

    def count(self, name: str, value: int = 1) -> None:
        self.counted[name] += value

    def measure(self, name: str, value: float, unit: Unit) -> None:
        assert unit in get_args(Unit)
        self.measured[name].append(value)


class FakeEventBus:
    """Publishes all events but those that `refuses` selects, until `down_after` calls."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.calls: list[list[Event]] = []
        self.refuses: Callable[[Event], bool] = lambda _: False
        self.down_after: int | None = None

    def publish(self, events: Sequence[Event]) -> list[Event]:
        assert 1 <= len(events) <= 10, "what PutEvents takes"
        if self.down_after is not None and len(self.calls) >= self.down_after:
            raise Unavailable("PutEvents returned InternalException")
        self.calls.append(list(events))
        self.events += [event for event in events if not self.refuses(event)]
        return [event for event in events if self.refuses(event)]


class FakeEventDeadLetters:
    def __init__(self) -> None:
        self.letters: list[StreamRecord] = []
        self.down = False

    def put(self, change: StreamRecord) -> None:
        if self.down:
            raise Unavailable("SendMessage returned ServiceUnavailable")
        self.letters.append(change)


class FakeHashList:
    """`known`: hashes of known pictures."""

    def __init__(self, *known: int) -> None:
        self.known = known
        self.down = False

    def match(self, hashes: PhotoHashes) -> bool:
        if self.down:
            raise Unavailable("GetObject returned NoSuchKey")
        return hashes.match(self.known)


class FakeKnownPictures:
    """`sets`: by name, the files and the reason to refuse each. A file's content is its name."""

    def __init__(self, sets: Mapping[str, Sequence[tuple[str, str | None]]]) -> None:
        cases = [
            {"name": name, "photos": [{"file": file, "refuse": why} for file, why in photos]}
            for name, photos in sets.items()
        ]
        self.text = json.dumps({"cases": cases}).encode()
        self.files = {file: file.encode() for photos in sets.values() for file, _ in photos}

    def manifest(self) -> KnownManifest:
        return read_manifest(self.text)

    def read(self, file: str) -> bytes:
        if file not in self.files:
            raise NotFound(f"there is no {file}")
        return self.files[file]


class FakePictures:
    """Every file is a different picture, unless a test sets `refused` or `looks`."""

    def __init__(self) -> None:
        self.refused: set[bytes] = set()
        self.looks: dict[bytes, str] = {}

    def normalise(self, data: bytes) -> NormalisedPhoto:
        if data in self.refused:
            raise Refused(Reason.FILE_TYPE)
        sha256 = hashlib.sha256(data).hexdigest()
        perceptual = self.looks.get(data, sha256[:16])
        return NormalisedPhoto(
            jpeg=data,
            width=1536,
            height=2048,
            fingerprint=Fingerprint(perceptual=perceptual),
            sha256=sha256,
        )

    def hashes(self, jpeg: bytes) -> PhotoHashes:
        return PhotoHashes(quality=100, hashes=(int(hashlib.sha256(jpeg).hexdigest(), 16),))

    def placeholder(self, data: bytes) -> NormalisedPhoto:
        found = FakePictures().normalise(b"test " + data)
        return found.model_copy(update={"jpeg": b"TEST"})

    def content_type(self, data: bytes) -> str | None:
        return None if data in self.refused else "image/png"

    def same_picture(self, one: bytes, other: bytes) -> bool:
        return one == other

    def blurred(self, jpeg: bytes) -> bytes:
        return b"blurred " + jpeg

    def grey(self, jpeg: bytes, *, soft: bool) -> bytes:
        return (b"soft " if soft else b"grey ") + jpeg


class FakeCredentials:
    """A signed picture is the picture, a separator, and the claim."""

    SIGNED = b"\n-- signed: "

    def __init__(self) -> None:
        self.broken: LikenessError | None = None

    def signer(self) -> SignPicture:
        if self.broken:
            raise self.broken
        return lambda picture, _, claim: picture + self.SIGNED + claim.model_dump_json().encode()

    def read(self, picture: bytes, content_type: str) -> CredentialsReading:
        _, signed, claim = picture.partition(self.SIGNED)
        if not signed:
            return CredentialsReading(trust=Trust.NONE)
        try:
            return CredentialsReading(trust=Trust.TRUSTED, claim=Claim.model_validate_json(claim))
        except ValueError:
            return CredentialsReading(trust=Trust.INVALID)


class FakeReader:
    """Reads these watermarks in every picture, or in every mirrored one."""

    def __init__(self, *watermarks: str, mirrored: bool = False) -> None:
        self.watermarks = [WatermarkId(watermark) for watermark in watermarks]
        self.mirrored = mirrored

    def read(self, jpeg: bytes, *, mirrored: bool = False) -> list[WatermarkId]:
        return self.watermarks if mirrored is self.mirrored else []
