"""The work folder of generation: the fake, and S3."""

import io
import tarfile

import pytest

from likeness.adapters.generation import endpoint_tar
from likeness.adapters.generation.work_bucket import WorkBucket
from likeness.contracts.container import (
    AvatarOrder,
    GenerationOrder,
    GenerationProgress,
    OrderedPhoto,
)
from likeness.domain.deletion.receipt import WORK
from likeness.domain.errors import Conflict, Invalid, NotDeleted, NotFound
from tests.builders import JOB, OTHER_JOB, a_drawn, a_png, a_result, an_avatar, digest


def an_order_for_the_container(attempt: int = 1) -> GenerationOrder:
    return GenerationOrder(
        job_id=JOB,
        attempt=attempt,
        photos=(OrderedPhoto(photo_id="p01", sha256=digest(b"photo")),),
        avatars=(AvatarOrder(avatar_id="a01", style="comic", seed=2**62),),
    )


def checkpoint(buckets, name: str, content: bytes, *, job_id=JOB, attempt: int = 1) -> None:
    """A file that the container writes and SageMaker copies."""
    buckets.avatar_objects.put(f"work/{job_id}/r{attempt}/checkpoints/{name}", content)


@pytest.mark.parametrize("attempt", [1, 2])
def test_the_container_finds_its_order_in_its_channel(buckets, attempt):
    order = an_order_for_the_container(attempt)

    buckets.work.order(order)

    written = buckets.avatar_objects.get(f"work/{JOB}/r{attempt}/order/order.json", "order")
    assert GenerationOrder.model_validate_json(written) == order


def test_a_result_is_read_as_the_container_wrote_it(buckets):
    checkpoint(buckets, "result.json", a_result(2, 1).model_dump_json().encode())

    assert buckets.work.result(JOB, 1) == a_result(2, 1)
    with pytest.raises(NotFound):
        buckets.work.result(JOB, 2)


@pytest.mark.parametrize(
    "wrong", [a_result(1, attempt=2), a_result(1, job_id=OTHER_JOB)], ids=["attempt", "job"]
)
def test_a_result_of_another_job_or_attempt_is_refused(buckets, wrong):
    checkpoint(buckets, "result.json", wrong.model_dump_json().encode())

    with pytest.raises(Conflict):
        buckets.work.result(JOB, 1)


def test_there_is_no_progress_before_the_first_file(buckets):
    assert buckets.work.progress(JOB, 1) is None

    progress = GenerationProgress(stage="drawing", done=3, total=30)
    checkpoint(buckets, "progress.json", progress.model_dump_json().encode())

    assert buckets.work.progress(JOB, 1) == progress


def test_partially_written_progress_is_ignored(buckets):
    checkpoint(buckets, "progress.json", b'{"stage": "draw')

    assert buckets.work.progress(JOB, 1) is None


@pytest.mark.parametrize(
    ("drawn", "there", "verified"),
    [
        (a_drawn(), a_png(1), True),
        (a_drawn(), a_png(2), False),
        (a_drawn(), None, False),
        (a_drawn(file="a02.png"), a_png(1), False),
        (a_drawn(file="../a01.png"), a_png(1), False),
    ],
    ids=["as drawn", "other bytes", "gone", "under another name", "outside"],
)
def test_an_avatar_must_match_the_checksum_of_the_container(buckets, drawn, there, verified):
    if there:
        checkpoint(buckets, "a01.png", there)

    assert buckets.work.verify(drawn, JOB, 1) is verified


def test_a_promoted_avatar_is_not_deleted_with_the_work_folder(buckets):
    checkpoint(buckets, "a01.png", a_png(1), attempt=2)
    checkpoint(buckets, "result.json", b"{}", attempt=2)
    buckets.work.promote(an_avatar(1, attempt=2))
    buckets.work.promote(an_avatar(1, attempt=2))

    assert buckets.files.delete(JOB, WORK) == 2

    assert buckets.avatar_objects.listing() == [f"drawn/{JOB}/a01.png"]
    assert buckets.avatar_objects.get(f"drawn/{JOB}/a01.png", "avatar") == a_png(1)


def test_promoting_a_missing_avatar_is_not_found(buckets):
    with pytest.raises(NotFound):
        buckets.work.promote(an_avatar())


def test_deleting_work_covers_every_attempt_and_no_other_job(buckets):
    buckets.work.order(an_order_for_the_container(1))
    buckets.work.order(an_order_for_the_container(2))
    buckets.avatar_objects.put(f"work/{JOB}/r1/output/x/output/model.tar.gz", b"weights")
    checkpoint(buckets, "a01.png", b"theirs", job_id=OTHER_JOB)

    assert buckets.files.delete(JOB, WORK) == 3
    assert buckets.avatar_objects.listing() == [f"work/{OTHER_JOB}/r1/checkpoints/a01.png"]
    assert buckets.files.delete(JOB, WORK) == 0


def test_work_that_could_not_be_deleted_is_not_reported_deleted(buckets):
    checkpoint(buckets, "a01.png", b"avatar")
    buckets.avatar_objects.locked = True

    with pytest.raises(NotDeleted):
        buckets.files.delete(JOB, WORK)


# --- the endpoint's archives ---------------------------------------------------------------------


def answered(buckets, files: dict[str, bytes], *, attempt: int = 1) -> None:
    """The file that SageMaker writes with the endpoint's response."""
    key = f"work/{JOB}/r{attempt}/endpoint/response.tar"
    buckets.avatar_objects.put(key, endpoint_tar.pack(files))


def files_of(result) -> dict[str, bytes]:
    pictures = {avatar.file: a_png(int(avatar.avatar_id[1:])) for avatar in result.avatars}
    return {"result.json": result.model_dump_json().encode(), **pictures}


def test_the_request_contains_only_the_order_and_its_photos(buckets):
    buckets.work.order(an_order_for_the_container())
    buckets.photos.store(JOB, "p01", b"photo")
    buckets.photos.store(JOB, "p02", b"not ordered")

    buckets.work.pack(JOB, 1)
    first = buckets.avatar_objects.get(f"work/{JOB}/r1/endpoint/request.tar", "request")
    buckets.work.pack(JOB, 1)

    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        assert archive.getnames() == ["order.json", "photos/p01.jpg"]
        assert archive.extractfile("photos/p01.jpg").read() == b"photo"
    assert buckets.avatar_objects.get(f"work/{JOB}/r1/endpoint/request.tar", "it") == first


def test_a_missing_photo_is_not_skipped_when_packing(buckets):
    buckets.work.order(an_order_for_the_container())

    with pytest.raises(NotFound):
        buckets.work.pack(JOB, 1)


def test_an_unpacked_archive_looks_like_a_training_jobs_output_and_both_archives_are_deleted(
    buckets,
):
    buckets.work.order(an_order_for_the_container())
    buckets.photos.store(JOB, "p01", b"photo")
    buckets.work.pack(JOB, 1)
    answered(buckets, files_of(a_result(1, 2)))

    assert buckets.work.unpack(JOB, 1) == 2

    assert buckets.work.result(JOB, 1) == a_result(1, 2)
    assert buckets.work.verify(a_drawn(2), JOB, 1)
    assert not [key for key in buckets.avatar_objects.listing() if "/endpoint/" in key]
    assert buckets.work.unpack(JOB, 1) == 2, "a replay says the same"


def test_without_an_output_archive_there_is_nothing_to_unpack(buckets):
    with pytest.raises(NotFound):
        buckets.work.unpack(JOB, 1)


@pytest.mark.parametrize(
    "files",
    [
        {"a01.png": b"png"},
        {"result.json": b"{}", "../a01.png": b"png"},
        {"result.json": b"{}", "a01.png.exe": b"png"},
        {"result.json": b"{}", "order.json": b"{}"},
    ],
    ids=["no result", "outside", "another name", "another file"],
)
def test_an_archive_with_an_unexpected_member_is_refused_as_a_whole(buckets, files):
    answered(buckets, files)

    with pytest.raises(Invalid):
        buckets.work.unpack(JOB, 1)

    assert not [key for key in buckets.avatar_objects.listing() if "/checkpoints/" in key]


def test_a_file_in_the_archive_may_have_32_mib_and_not_a_byte_more(buckets):
    largest = 32 * 2**20
    files = {"result.json": a_result(1).model_dump_json().encode()}
    answered(buckets, files | {"a01.png": bytes(largest)})
    assert buckets.work.unpack(JOB, 1) == 1

    answered(buckets, files | {"a01.png": bytes(largest + 1)})
    with pytest.raises(Invalid):
        buckets.work.unpack(JOB, 1)


def test_a_truncated_archive_is_refused(buckets):
    whole = endpoint_tar.pack(files_of(a_result(1)))
    for part in (whole[:1000], b"", b"no archive"):
        buckets.avatar_objects.put(f"work/{JOB}/r1/endpoint/response.tar", part)

        with pytest.raises(Invalid):
            buckets.work.unpack(JOB, 1)


def test_a_link_in_the_archive_is_refused(buckets):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("a01.png")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(member)
    buckets.avatar_objects.put(f"work/{JOB}/r1/endpoint/response.tar", packed.getvalue())

    with pytest.raises(Invalid):
        buckets.work.unpack(JOB, 1)


def test_unwanted_output_is_deleted_idempotently(buckets):
    answered(buckets, {"result.json": b"{}"})
    buckets.avatar_objects.put("work/failures/x-error.out", b"{}")

    for _ in range(2):
        buckets.work.delete_response(JOB, 1)
        buckets.work.delete_failure("s3://avatars/work/failures/x-error.out")

    assert buckets.avatar_objects.listing() == []


@pytest.mark.parametrize("uri", ["s3://avatars/drawn/x", "s3://others/work/x", "drawn/x", ""])
def test_a_failure_file_elsewhere_is_left_alone(buckets, uri):
    buckets.avatar_objects.put("drawn/x", b"an avatar")

    buckets.work.delete_failure(uri)

    assert buckets.avatar_objects.listing() == ["drawn/x"]


def test_a_response_too_large_for_the_functions_memory_is_refused(s3, monkeypatch):
    monkeypatch.setattr(endpoint_tar, "LARGEST_RESPONSE", 10)
    s3.put_object(Bucket="avatars", Key=f"work/{JOB}/r1/endpoint/response.tar", Body=bytes(11))

    with pytest.raises(Invalid, match="more than 10 bytes"):
        WorkBucket(s3, "avatars", "photos").unpack(JOB, 1)


def test_the_progress_of_a_test_job_is_read_like_the_containers(buckets):
    progress = GenerationProgress(stage="drawing", done=3, total=20)

    buckets.work.report(JOB, 1, progress)

    assert buckets.work.progress(JOB, 1) == progress
