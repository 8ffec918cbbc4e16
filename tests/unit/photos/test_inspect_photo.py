"""An upload gets one verdict, for any order of events and concurrent changes."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import permutations

import pytest

from likeness.adapters.photos import pictures as real_pictures
from likeness.adapters.policy_files import load_photo_rules
from likeness.domain.deletion.receipt import PHOTOS
from likeness.domain.errors import Unavailable
from likeness.domain.ids import PhotoId
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import Box, Fingerprint, PhotoProblem, PhotoState
from likeness.domain.photos.photo_hash import PhotoHashes
from likeness.domain.photos.picture import NormalisedPhoto
from likeness.domain.reasons import Reason, Refused
from likeness.domain.review.hold import HoldTrigger
from likeness.services.photos.fail_inspection import DIED, FAILED, PAUSE, fail_inspection
from likeness.services.photos.inspect_photo import CLOCKS_DIFFER, inspect_photo
from likeness.services.photos.lost_uploads import EVENT_WITHIN, request_inspections
from likeness.services.review.holding import Holding
from likeness.services.review.known_pictures import KnownPictures
from tests.alarms import goes_off
from tests.builders import JOB, NOW, OTHER_JOB, a_face, a_job, a_photo, a_verdict, digest
from tests.fakes import (
    FakeAuditLog,
    FakeBucket,
    FakeClock,
    FakeDeletions,
    FakeDetector,
    FakeHashList,
    FakeHoldFiles,
    FakeHolds,
    FakeInspections,
    FakeJobFiles,
    FakeJobs,
    FakeMetrics,
    FakePhotos,
)
from tests.infra.documents import ROOT

P1, P2, P3 = PhotoId("p01"), PhotoId("p02"), PhotoId("p03")
DEMO = ROOT / "demo" / "photos"
TIME_LEFT = timedelta(seconds=60)
LEASE = TIME_LEFT + CLOCKS_DIFFER


class Killed(BaseException):
    """The process ended: no code of ours ran after this."""


class FakePictures:
    """Uploads are "scene/view/copy": scenes hash differently, views are different pictures."""

    def __init__(self) -> None:
        self.decoded: list[bytes] = []
        self.closer_looks = 0
        self.killed = False

    def normalise(self, data: bytes) -> NormalisedPhoto:
        self.decoded.append(data)
        if self.killed:
            raise Killed
        if data.startswith(b"refuse "):
            raise Refused(Reason(data.decode().removeprefix("refuse ")))
        scene, _, _ = data.split(b"/")
        jpeg = b"jpeg of " + data
        return NormalisedPhoto(
            jpeg=jpeg,
            width=1000,
            height=1000,
            fingerprint=Fingerprint(perceptual=hashlib.sha256(scene).hexdigest()[:16]),
            sha256=digest(jpeg),
        )

    def hashes(self, jpeg: bytes) -> PhotoHashes:
        return PhotoHashes(quality=100, hashes=(int(digest(jpeg), 16),))

    def blurred(self, jpeg: bytes) -> bytes:
        return b"blurred " + jpeg

    def same_picture(self, one: bytes, other: bytes) -> bool:
        self.closer_looks += 1
        return one.rpartition(b"/")[0] == other.rpartition(b"/")[0]


class BusyDetector(FakeDetector):
    """Runs a concurrent change while it inspects the first photo."""

    during: Callable[[], None] | None = None

    def faces(self, job_id, photo_id):
        happens, self.during = self.during, None
        if happens:
            happens()
        return super().faces(job_id, photo_id)


class World:
    """A job with three photos, and events on it."""

    def __init__(self) -> None:
        self.jobs, self.photos = FakeJobs(), FakePhotos()
        self.files = FakeJobFiles(self.photos.bucket, FakeBucket())
        self.detector, self.pictures = BusyDetector(), FakePictures()
        self.clock, self.metrics = FakeClock(), FakeMetrics()
        self.holds, self.deletions = FakeHolds(FakeAuditLog()), FakeDeletions()
        self.hold_files, self.hash_list = FakeHoldFiles(), FakeHashList()
        self.holding = Holding(
            self.jobs,
            self.photos,
            self.holds,
            self.hold_files,
            self.deletions,
            self.pictures,
            self.metrics,
            self.clock,
        )
        self.jobs.create(
            a_job(),
            [a_photo(n, state=PhotoState.AWAITED, content_type="image/png") for n in (1, 2, 3)],
        )

    def upload(self, content: bytes, photo_id=P1):
        """Stores an object; returns a function that delivers its event."""
        return partial(self.deliver, photo_id, self.photos.upload(JOB, photo_id, content))

    def deliver(self, photo_id, etag, job_id=JOB):
        """Lambda has another id for each event, and the same one for each delivery of it."""
        return inspect_photo(
            job_id,
            photo_id,
            etag=etag,
            owner=f"invocation of {etag}",
            time_left=TIME_LEFT,
            jobs=self.jobs,
            photos=self.photos,
            detector=self.detector,
            pictures=self.pictures,
            rules=load_photo_rules(),
            known_pictures=KnownPictures(self.holding, self.pictures, self.hash_list),
            uploaded_from="203.0.113.7",
            clock=self.clock,
        )

    def requests(self, *, after):
        """The inspections that a request for the job then requests."""
        self.clock.advance(after)
        inspections = FakeInspections()
        request_inspections(
            self.jobs.photos(JOB),
            self.photos.uploads(JOB),
            jobs=self.jobs,
            inspections=inspections,
            now=self.clock.now(),
        )
        return [partial(self.deliver, one.photo_id, one.etag) for _, one in inspections.requested]

    def fail(self, upload, *, died):
        """Lambda reports the failed invocation of an upload's event."""
        photo_id, etag = upload.args
        return fail_inspection(
            JOB,
            photo_id,
            owner=f"invocation of {etag}",
            died=died,
            jobs=self.jobs,
            photos=self.photos,
            deletions=self.deletions,
            metrics=self.metrics,
            clock=self.clock,
        )

    def dies(self, upload):
        """The inspection's process is killed while it decodes."""
        self.pictures.killed = True
        with pytest.raises(Killed):
            upload()
        self.pictures.killed = False

    def move(self, state):
        self.jobs.save(self.jobs.get(JOB).move(state, NOW))

    def photo(self, photo_id=P1):
        return next(photo for photo in self.jobs.photos(JOB) if photo.photo_id == photo_id)

    @property
    def keys(self):
        return [key.replace(JOB, "job") for key in self.photos.bucket.listing()]


@pytest.fixture
def world():
    return World()


def assert_refused(photo, reason, **problem):
    """The record has the verdict, and nothing else from the picture."""
    assert photo.state is PhotoState.REFUSED
    assert photo.problem == PhotoProblem(reason=reason, **problem)
    assert photo.inspected_at == NOW
    measured = (
        photo.width,
        photo.height,
        photo.face,
        photo.weight,
        photo.fingerprint,
        photo.sha256,
    )
    assert measured == (None,) * len(measured)


# --- the usual case ------------------------------------------------------------------------------


def test_an_accepted_photo_is_stored_and_its_upload_deleted(world):
    world.upload(b"beach/front/1")()

    photo = world.photo()
    assert photo.state is PhotoState.ACCEPTED
    assert (photo.width, photo.height, photo.face) == (1000, 1000, a_face().box)
    assert photo.weight is not None
    assert photo.weight > 0.9
    assert (photo.inspected_at, photo.problem) == (NOW, None)
    assert photo.sha256 == digest(world.photos.read(JOB, P1))
    assert world.keys == ["photos/job/p01.jpg"]


@pytest.mark.parametrize("reason", [r for r in Reason if r.family in {"FILE", "QUALITY"}])
def test_a_file_that_is_not_a_picture_is_refused_without_a_detector_call(world, reason):
    world.upload(f"refuse {reason}".encode())()

    assert_refused(world.photo(), reason)
    assert world.keys == []
    assert world.detector.calls["faces"] == 0


def test_a_photo_without_a_face_is_refused_and_deleted(world):
    world.detector.seen_faces[P1] = []

    world.upload(b"beach/front/1")()

    assert_refused(world.photo(), Reason.SUBJECT_NO_FACE)
    assert world.keys == []


def test_the_box_of_the_problem_is_recorded(world):
    second = Box(left=0.75, top=0.1, width=0.2, height=0.3)
    world.detector.seen_faces[P1] = [a_face(), a_face(box=second)]

    world.upload(b"beach/front/1")()

    assert_refused(world.photo(), Reason.SUBJECT_SEVERAL_FACES, box=second)


def test_the_recorded_face_is_the_checked_one(world):
    poster = a_face(box=Box(left=0, top=0, width=0.9, height=0.9), confidence=30)
    world.detector.seen_faces[P1] = [poster, a_face()]

    world.upload(b"beach/front/1")()

    assert world.photo().face == a_face().box


# --- copies --------------------------------------------------------------------------------------


def test_a_copy_of_an_accepted_photo_is_refused_and_names_the_original(world):
    world.upload(b"beach/front/1", P1)()
    world.upload(b"beach/front/halved", P2)()

    assert_refused(world.photo(P2), Reason.SUBJECT_DUPLICATE, duplicate_of=P1)
    assert world.keys == ["photos/job/p01.jpg"]


def test_another_view_of_the_same_scene_is_accepted(world):
    world.upload(b"beach/front/1", P1)()
    world.upload(b"beach/side/1", P2)()

    assert world.photo(P2).state is PhotoState.ACCEPTED


def test_a_copy_of_a_refused_photo_is_checked_on_its_own(world):
    world.detector.seen_faces[P1] = []
    world.upload(b"beach/front/1", P1)()
    world.upload(b"beach/front/1", P2)()

    assert world.photo(P2).state is PhotoState.ACCEPTED


def test_a_copy_with_a_lower_id_does_not_replace_an_accepted_photo(world):
    world.upload(b"beach/front/1", P3)()
    world.upload(b"beach/front/2", P1)()

    assert world.photo(P3).state is PhotoState.ACCEPTED
    assert_refused(world.photo(P1), Reason.SUBJECT_DUPLICATE, duplicate_of=P3)


@pytest.mark.parametrize(("first", "second"), [(P1, P2), (P2, P1)])
def test_of_two_concurrent_copies_the_higher_id_is_refused(world, first, second):
    deliver_first = world.upload(b"beach/front/1", first)
    world.detector.during = world.upload(b"beach/front/2", second)

    deliver_first()

    assert world.photo(P1).state is PhotoState.ACCEPTED
    assert_refused(world.photo(P2), Reason.SUBJECT_DUPLICATE, duplicate_of=P1)
    assert world.keys == ["photos/job/p01.jpg"]


def test_another_scene_needs_no_pixel_comparison(world):
    world.upload(b"beach/front/1", P1)()
    world.upload(b"forest/front/1", P2)()

    assert world.photo(P2).state is PhotoState.ACCEPTED
    assert world.pictures.closer_looks == 0


def test_a_similar_view_needs_one_pixel_comparison(world):
    world.upload(b"beach/front/1", P1)()
    world.upload(b"beach/side/1", P2)()

    assert world.pictures.closer_looks == 1


def test_two_concurrent_views_are_both_accepted(world):
    deliver = world.upload(b"beach/front/1", P1)
    world.detector.during = world.upload(b"beach/side/1", P2)

    deliver()

    assert {world.photo(P1).state, world.photo(P2).state} == {PhotoState.ACCEPTED}


# --- repeated, late and unordered events ---------------------------------------------------------


@pytest.mark.parametrize("faces", [[a_face()], []], ids=["accepted", "refused"])
def test_an_event_delivered_twice_is_recorded_once(world, faces):
    world.detector.seen_faces[P1] = faces
    deliver = world.upload(b"beach/front/1")
    deliver()
    before = world.photo(), world.keys

    deliver()

    assert (world.photo(), world.keys) == before
    assert world.detector.calls["faces"] == 1


@pytest.mark.parametrize("faces", [[a_face()], []], ids=["accepted", "refused"])
def test_an_event_delivered_twice_concurrently_is_idempotent(world, faces):
    alone = World()
    for one in (alone, world):
        one.detector.seen_faces[P1] = faces
    alone.upload(b"beach/front/1")()
    deliver = world.upload(b"beach/front/1")
    world.detector.during = deliver

    deliver()

    assert (world.photo(), world.keys) == (alone.photo(), alone.keys)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_three_uploads_the_newest_is_used_in_any_order(world, order):
    deliveries = [world.upload(f"beach/view {n}/1".encode()) for n in range(3)]

    for n in order:
        deliveries[n]()

    assert world.photos.read(JOB, P1) == b"jpeg of beach/view 2/1"
    assert world.keys == ["photos/job/p01.jpg"]


def test_a_second_upload_to_an_inspected_photo_is_deleted_unread(world):
    world.upload(b"beach/front/1")()
    accepted = world.photo()

    world.upload(b"refuse FILE.TYPE")()

    assert world.photo() == accepted
    assert world.photos.read(JOB, P1) == b"jpeg of beach/front/1"
    assert world.keys == ["photos/job/p01.jpg"]


def test_a_second_upload_during_the_inspection_does_not_replace_the_first(world):
    def replay():
        world.upload(b"forest/side/1")()

    deliver = world.upload(b"beach/front/1")
    world.detector.during = replay

    deliver()

    assert world.photo().sha256 == digest(b"jpeg of beach/front/1")
    assert world.photos.read(JOB, P1) == b"jpeg of beach/front/1"
    assert world.keys == ["photos/job/p01.jpg"]


def test_a_deleted_upload_is_skipped(world):
    deliver = world.upload(b"beach/front/1")
    world.photos.delete_upload(JOB, P1)

    deliver()

    assert world.photo().state is PhotoState.AWAITED


# --- failures in between -------------------------------------------------------------------------


def test_an_unavailable_detector_refuses_no_photo(world):
    deliver = world.upload(b"beach/front/1")
    world.detector.down = True
    with pytest.raises(Unavailable):
        deliver()
    assert world.photo().state is PhotoState.CHECKING

    assert world.fail(deliver, died=False) is PhotoState.CHECKING
    assert world.keys == ["uploads/job/p01"]
    assert world.metrics.counted[FAILED] == 1
    assert goes_off("inspection-failed", world.metrics)

    world.detector.down = False
    assert world.requests(after=PAUSE - timedelta(seconds=1)) == []
    (again,) = world.requests(after=timedelta(seconds=1))
    assert again() is PhotoState.ACCEPTED
    assert world.keys == ["photos/job/p01.jpg"]


def test_a_photo_can_be_uploaded_again_after_a_failed_inspection(world):
    failed = world.upload(b"beach/front/1")
    world.detector.down = True
    with pytest.raises(Unavailable):
        failed()
    world.detector.down = False
    world.fail(failed, died=False)

    world.upload(b"forest/front/1")()

    assert world.photos.read(JOB, P1) == b"jpeg of forest/front/1"
    assert world.photo().sha256 == digest(b"jpeg of forest/front/1")


@pytest.mark.parametrize("content", [b"refuse FILE.TYPE", b"beach/front/1"])
def test_the_upload_of_an_inspection_that_failed_after_its_verdict_is_deleted(
    world, monkeypatch, content
):
    inspect = world.upload(content)

    def unavailable(*_):
        raise Unavailable("S3")

    with monkeypatch.context() as down:
        down.setattr(world.photos, "delete", unavailable)
        down.setattr(world.photos, "delete_upload", unavailable)
        with pytest.raises(Unavailable):
            inspect()
    decided = world.photo()
    assert "uploads/job/p01" in world.keys

    world.fail(inspect, died=False)

    assert world.photo() == decided
    kept = ["photos/job/p01.jpg"] if decided.state is PhotoState.ACCEPTED else []
    assert world.keys == kept


# --- one inspection, which may die --------------------------------------------------------------


def while_it_reads(world, happens):
    """Something happens after the next delivery read the record, and before it has the lease."""
    real = world.photos.read_upload

    def read(*args, **kwargs):
        world.photos.read_upload = real
        data = real(*args, **kwargs)
        happens()
        return data

    world.photos.read_upload = read


def test_an_inspection_has_a_lease_until_its_function_must_have_ended(world):
    deliver = world.upload(b"beach/front/1")
    seen = []
    world.detector.during = lambda: seen.append(world.photo())

    assert deliver() is PhotoState.ACCEPTED

    (checking,) = seen
    assert checking.state is PhotoState.CHECKING
    assert checking.lease.owner == f"invocation of {deliver.args[1]}"
    assert (checking.lease.until, checking.lease.begun) == (NOW + LEASE, True)
    assert world.photo().lease is None


def test_a_delivery_while_the_lease_runs_does_nothing(world):
    deliver = world.upload(b"beach/front/1")
    results = []

    def again():
        world.clock.advance(LEASE - timedelta(seconds=1))
        results.append(deliver())

    world.detector.during = again

    assert deliver() is PhotoState.ACCEPTED

    assert results == [None]
    assert (len(world.pictures.decoded), world.detector.calls["faces"]) == (1, 1)


def test_two_deliveries_at_the_same_moment_inspect_once(world):
    """Both read the photo before either has the lease."""
    deliver = world.upload(b"beach/front/1")
    results = []
    while_it_reads(world, lambda: results.append(deliver()))

    results.append(deliver())

    assert results == [PhotoState.ACCEPTED, None]
    assert world.detector.calls["faces"] == 1
    assert world.keys == ["photos/job/p01.jpg"]


def test_a_photo_whose_inspection_dies_is_refused_at_once(world):
    bomb = world.upload(b"bomb/front/1")
    world.dies(bomb)
    assert world.photo().state is PhotoState.CHECKING

    assert world.fail(bomb, died=True) is PhotoState.REFUSED

    assert_refused(world.photo(), Reason.FILE_CORRUPT)
    assert world.keys == []
    assert (FAILED in world.metrics.counted, world.metrics.counted[DIED]) == (False, 1)
    assert goes_off("inspection-died", world.metrics, times=20)
    assert not goes_off("inspection-died", world.metrics, times=19)


def test_a_bomb_is_decoded_once_whatever_is_delivered_again(world):
    bomb = world.upload(b"bomb/front/1")
    world.dies(bomb)
    bomb()
    world.fail(bomb, died=True)
    bomb()
    world.fail(bomb, died=True)

    assert len(world.pictures.decoded) == 1
    assert_refused(world.photo(), Reason.FILE_CORRUPT)


def test_a_death_that_was_not_reported_is_refused_when_its_lease_expired(world):
    bomb = world.upload(b"bomb/front/1")
    world.dies(bomb)
    world.clock.advance(LEASE)

    assert bomb() is PhotoState.REFUSED

    assert len(world.pictures.decoded) == 1
    assert world.photo().problem == PhotoProblem(reason=Reason.FILE_CORRUPT)
    assert world.keys == []


def test_a_request_after_an_unreported_death_does_not_start_the_bomb_again(world):
    bomb = world.upload(b"bomb/front/1")
    world.dies(bomb)
    assert world.requests(after=LEASE - timedelta(seconds=1)) == []

    (again,) = world.requests(after=timedelta(seconds=1))
    assert world.photo().lease.owner is None
    again()

    assert len(world.pictures.decoded) == 1
    assert world.photo().problem == PhotoProblem(reason=Reason.FILE_CORRUPT)


@pytest.mark.parametrize("died", [False, True])
def test_the_failure_of_another_invocation_changes_nothing(world, died):
    deliver = world.upload(b"beach/front/1")
    another = partial(world.deliver, P1, "another upload")
    world.detector.during = lambda: world.fail(another, died=died)

    deliver()

    assert world.photo().state is PhotoState.ACCEPTED
    assert world.keys == ["photos/job/p01.jpg"]


def test_a_failure_before_the_lease_leaves_the_upload_to_be_found(world):
    deliver = world.upload(b"beach/front/1")

    assert world.fail(deliver, died=True) is None

    assert world.photo().state is PhotoState.AWAITED
    assert world.keys == ["uploads/job/p01"]


@pytest.mark.parametrize("died", [False, True])
def test_a_failed_inspection_of_a_cancelled_or_erased_job_leaves_nothing(world, died):
    for erased in (False, True):
        world = World()
        deliver = world.upload(b"beach/front/1")
        world.detector.down = True
        with pytest.raises(Unavailable):
            deliver()
        assert len(world.keys) == 2
        if erased:
            world.jobs.jobs.clear()
        else:
            world.move(JobState.CANCELLING)

        world.fail(deliver, died=died)

        assert world.keys == []


def test_a_requested_upload_that_was_replaced_leaves_the_photo_to_its_successor(world):
    lost = world.upload(b"beach/front/1")
    assert world.requests(after=EVENT_WITHIN)
    successor = world.upload(b"forest/front/1")

    lost()
    assert world.photo().state is PhotoState.AWAITED
    successor()

    assert world.photos.read(JOB, P1) == b"jpeg of forest/front/1"


# --- jobs that are not open ----------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.OPEN])
def test_an_upload_to_a_job_that_is_not_open_is_deleted_unread(world, state):
    world.jobs.jobs[JOB] = a_job(state)

    world.upload(b"beach/front/1")()

    assert world.photo().state is PhotoState.AWAITED
    assert world.keys == []
    assert world.pictures.decoded == []


def test_an_upload_to_an_unknown_job_is_deleted_unread(world):
    etag = world.photos.upload(OTHER_JOB, P1, b"beach/front/1")

    world.deliver(P1, etag, job_id=OTHER_JOB)

    assert world.keys == []
    assert world.pictures.decoded == []


def test_an_upload_without_a_photo_record_is_deleted_unread(world):
    world.upload(b"beach/front/1", PhotoId("p77"))()

    assert world.keys == []
    assert world.pictures.decoded == []


def test_a_job_cancelled_during_the_inspection_stores_nothing(world):
    def cancel():
        world.move(JobState.CANCELLING)
        world.files.delete(JOB, PHOTOS)

    deliver = world.upload(b"beach/front/1")
    world.detector.during = cancel

    deliver()

    assert world.keys == []
    assert world.photo().state is not PhotoState.ACCEPTED


def test_a_second_delivery_after_a_cancellation_stores_nothing(world, monkeypatch):
    deliver = world.upload(b"beach/front/1")
    real = world.pictures.normalise

    def slow(data):
        monkeypatch.setattr(world.pictures, "normalise", real)
        deliver()
        world.move(JobState.CANCELLING)
        world.files.delete(JOB, PHOTOS)
        world.clock.advance(timedelta(seconds=1))
        return real(data)

    monkeypatch.setattr(world.pictures, "normalise", slow)

    deliver()

    assert world.keys == []


def test_a_job_erased_during_the_inspection_stores_nothing(world):
    def erase():
        world.files.delete(JOB, PHOTOS)
        world.jobs.jobs.clear()

    deliver = world.upload(b"beach/front/1")
    world.detector.during = erase

    deliver()

    assert world.keys == []


def test_a_photo_accepted_too_late_for_moderation_is_deleted(world):
    deliver = world.upload(b"beach/front/1")
    world.detector.during = lambda: world.move(JobState.MODERATING)

    deliver()

    assert world.photo() == a_photo(1, state=PhotoState.AWAITED, content_type="image/png")
    assert world.keys == []


def test_a_late_second_delivery_deletes_nothing_of_a_submitted_job(world):
    deliver = world.upload(b"beach/front/1")

    def first_delivery_and_submit():
        deliver()
        world.move(JobState.MODERATING)

    while_it_reads(world, first_delivery_and_submit)

    deliver()
    deliver()

    assert world.photo().state is PhotoState.ACCEPTED
    assert world.keys == ["photos/job/p01.jpg"]


def test_a_photo_that_was_already_moderated_stays(world):
    deliver = world.upload(b"beach/front/1")
    real_save = world.jobs.save_photo

    def save_and_moderate(photo, *, seen):
        real_save(photo, seen=seen)
        if photo.state is PhotoState.ACCEPTED and photo.verdict is None:
            world.move(JobState.MODERATING)
            real_save(photo.model_copy(update={"verdict": a_verdict()}), seen=photo)

    world.jobs.save_photo = save_and_moderate

    deliver()

    assert world.photo().verdict == a_verdict()
    assert world.keys == ["photos/job/p01.jpg"]


# --- with the real decoder -----------------------------------------------------------------------


def test_the_eight_views_of_the_demo_are_eight_photos(world):
    world.pictures = real_pictures
    views = sorted(DEMO.glob("*.jpg"))
    world.jobs = FakeJobs()
    world.jobs.create(
        a_job(), [a_photo(n + 1, state=PhotoState.AWAITED) for n in range(len(views))]
    )

    for n, view in enumerate(views, start=1):
        world.upload(view.read_bytes(), PhotoId(f"p{n:02d}"))()

    assert len(views) == 8
    assert {photo.state for photo in world.jobs.photos(JOB)} == {PhotoState.ACCEPTED}


def test_the_same_file_twice_is_a_duplicate(world):
    world.pictures = real_pictures
    world.jobs = FakeJobs()
    world.jobs.create(a_job(), [a_photo(n, state=PhotoState.AWAITED) for n in (1, 2)])
    view = (DEMO / "02-close.jpg").read_bytes()

    world.upload(view, P1)()
    world.upload(view, P2)()

    assert_refused(world.photo(P2), Reason.SUBJECT_DUPLICATE, duplicate_of=P1)


# --- known illegal pictures ----------------------------------------------------------------------

KNOWN = b"scene/view/original"


@pytest.fixture
def knowing():
    """The operator's list has the picture KNOWN."""
    world = World()
    world.hash_list.known = (int(digest(b"jpeg of " + KNOWN), 16),)
    return world


def test_a_known_picture_is_held_as_it_was_sent_and_gets_the_verdict_of_any_photo(knowing):
    knowing.upload(b"other/view/a", P2)()

    assert knowing.upload(KNOWN)() is PhotoState.ACCEPTED

    hold = knowing.holds.get(JOB)
    assert hold.trigger is HoldTrigger.HASH_MATCH
    known = hold.photos[0]
    assert (known.photo_id, known.suspected, known.uploaded_from) == (P1, True, "203.0.113.7")
    assert [file.kind for file in known.files] == ["upload", "photo"]
    assert knowing.hold_files.objects[known.files[0].key(JOB)] == KNOWN
    assert [photo.photo_id for photo in hold.photos] == [P1, P2], "what was sent with it"
    assert knowing.photo().state is PhotoState.ACCEPTED


def test_a_known_picture_that_is_refused_is_preserved_too(knowing):
    knowing.detector.seen_faces[P1] = []

    assert knowing.upload(KNOWN)() is PhotoState.REFUSED

    assert len(knowing.holds.get(JOB).photos[0].files) == 2
    assert knowing.photo().problem == PhotoProblem(reason=Reason.SUBJECT_NO_FACE)
    assert knowing.photos.bucket.listing() == [], "its own bucket has no copy of it"


def test_a_held_job_preserves_each_later_upload_even_one_that_cannot_be_decoded(knowing):
    knowing.upload(KNOWN)()
    broken = b"refuse FILE.CORRUPT"

    knowing.upload(broken, P2)()

    added = knowing.holds.get(JOB).photos[1]
    assert (added.photo_id, added.suspected) == (P2, False)
    assert knowing.hold_files.objects[added.files[0].key(JOB)] == broken


def test_no_photo_passes_while_the_list_cannot_be_read(knowing):
    knowing.hash_list.down = True
    upload = knowing.upload(KNOWN)

    with pytest.raises(Unavailable):
        upload()
    knowing.fail(upload, died=False)

    assert knowing.photo().state is PhotoState.CHECKING
    assert knowing.photos.uploads(JOB), "it is inspected again"
    knowing.hash_list.down = False
    (again,) = knowing.requests(after=PAUSE)
    again()
    assert knowing.holds.get(JOB)


def test_while_a_known_picture_cannot_be_preserved_nothing_of_it_is_deleted(knowing):
    knowing.hold_files.down = True
    upload = knowing.upload(KNOWN)
    with pytest.raises(Unavailable):
        upload()

    knowing.fail(upload, died=False)
    knowing.move(JobState.EXPIRED)
    assert upload() is None, "the event is delivered again"

    assert knowing.photos.bucket.listing() == [f"photos/{JOB}/p01.jpg", f"uploads/{JOB}/p01"]
    knowing.hold_files.down = False
    knowing.holding.complete(knowing.holds.get(JOB))
    assert len(knowing.holds.get(JOB).photos[0].files) == 2


def test_a_photo_that_was_checked_before_the_hold_is_not_deleted_while_it_is_copied(knowing):
    """The copies fail, so that they are incomplete when the other inspection ends."""
    known, other = knowing.upload(KNOWN), knowing.upload(b"other/view/a", P2)
    knowing.hold_files.down = True

    def holds():
        with pytest.raises(Unavailable):
            known()

    knowing.detector.during = holds
    knowing.detector.seen_faces[P2] = []
    assert other() is PhotoState.REFUSED

    assert {f"photos/{JOB}/p02.jpg", f"uploads/{JOB}/p02"} <= set(knowing.photos.bucket.listing())
    knowing.hold_files.down = False
    knowing.holding.complete(knowing.holds.get(JOB))
    assert [len(photo.files) for photo in knowing.holds.get(JOB).photos] == [2, 2]


def test_an_upload_of_a_photo_with_a_verdict_is_not_deleted_while_a_hold_forbids_it(knowing):
    knowing.upload(b"other/view/a", P2)()
    knowing.hold_files.down = True
    with pytest.raises(Unavailable):
        knowing.upload(KNOWN)()

    assert knowing.upload(b"scene/view/later", P2)() is None

    assert f"uploads/{JOB}/p02" in knowing.photos.bucket.listing()


def test_the_death_of_an_inspection_that_preserves_deletes_nothing(knowing, monkeypatch):
    """Not reported: the next delivery finds the expired lease and refuses the photo."""

    def killed(*_):
        raise Killed

    upload = knowing.upload(KNOWN)
    with monkeypatch.context() as patch:
        patch.setattr(knowing.hold_files, "store", killed)
        with pytest.raises(Killed):
            upload()
    knowing.clock.advance(LEASE)
    kept = knowing.photos.bucket.listing()

    assert upload() is PhotoState.REFUSED
    knowing.upload(b"another/view/a")()  # with the same presigned POST

    assert (
        knowing.photos.bucket.listing()
        == kept
        == [
            f"photos/{JOB}/p01.jpg",
            f"uploads/{JOB}/p01",
        ]
    )


def test_a_known_picture_is_inspected_again_once_it_can_be_preserved(knowing):
    knowing.hold_files.down = True
    upload = knowing.upload(KNOWN)
    with pytest.raises(Unavailable):
        upload()
    knowing.fail(upload, died=False)
    knowing.hold_files.down = False

    (again,) = knowing.requests(after=PAUSE)

    assert again() is PhotoState.ACCEPTED
    assert knowing.holds.get(JOB).photos[0].suspected


def test_without_a_list_nothing_is_held():
    world = World()

    assert world.upload(KNOWN)() is PhotoState.ACCEPTED
    assert world.holds.get(JOB) is None
